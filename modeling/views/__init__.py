"""Pages of models and proof: guard, load, one call, respond."""
