"""Datasets, members, annotators and guidelines."""
