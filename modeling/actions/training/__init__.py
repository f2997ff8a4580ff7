"""Runs, sweeps and what they learn from."""
