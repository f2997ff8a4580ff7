"""What people fill in about labels and datasets."""
