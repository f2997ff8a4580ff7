"""A file of any kind to checked, typed columns; every refusal names its row and column."""
