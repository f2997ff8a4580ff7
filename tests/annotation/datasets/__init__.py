"""Datasets as a whole: their imports, names, archive and erasure."""
