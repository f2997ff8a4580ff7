"""What is done with a run: described, probed, put to use, exported."""
