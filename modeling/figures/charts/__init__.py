"""Where the parts of a chart stand; the templates draw them."""
