"""Comparisons on production, and what errors cost."""
