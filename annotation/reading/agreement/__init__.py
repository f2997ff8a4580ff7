"""Whom annotators agree with: two at a time, and the items on which two of them differ."""
