"""What leaves as a file: columns of ours that meet nobody's, the forms there are, and the bytes of each."""
