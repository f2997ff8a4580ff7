"""What members say to one another, and what they take away to answer elsewhere."""
