"""Doors to the classes of a dataset: for leads."""
