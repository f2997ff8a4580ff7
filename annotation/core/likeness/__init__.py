"""Which items say the same, and what differs between two of them."""
