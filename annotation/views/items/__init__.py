"""The table of items, one item, and what a lead does with many."""
