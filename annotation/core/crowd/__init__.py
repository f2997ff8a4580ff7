"""What several annotators together say, and how good each of them is."""
