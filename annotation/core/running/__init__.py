"""How processes run: that they show life, and what they write into the log."""
