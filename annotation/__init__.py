"""People and labels: flags, routing, relabelling."""
