"""Datasets as a whole, and what came into them."""
