"""Figures and settings as sentences."""
