"""What leads fill in to train, compare, sweep and price."""
