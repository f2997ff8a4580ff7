"""What a run goes by, weight by weight, and what more labels would bring it."""
