"""Who may open which door, and what is said to those who knock too often."""
