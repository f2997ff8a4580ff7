"""What annotators together say, estimated and made the current labels."""
