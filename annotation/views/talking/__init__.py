"""Pages on which members talk, answer items alike at once, and take cases away."""
