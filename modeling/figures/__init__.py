"""Figures as words and as charts; pure."""
