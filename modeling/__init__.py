"""Models that learn from labels, and the proof of what changed."""
