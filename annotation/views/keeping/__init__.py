"""Pages about a dataset as a whole: the files that came in, its name, its end."""
