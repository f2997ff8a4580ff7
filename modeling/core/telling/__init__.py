"""What a run says of itself on rows it has not seen: reliability, confusions, slices, robustness."""
