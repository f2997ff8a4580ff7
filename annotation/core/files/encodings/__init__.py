"""In which encoding a text was written, where it does not say so itself."""
