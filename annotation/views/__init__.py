"""Pages of labels and people: guard, load, one call, respond."""
