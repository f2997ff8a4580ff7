"""Some of a pool too large to be read for a page, drawn at random; the page says so."""
