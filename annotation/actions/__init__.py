"""What writes: each door (page, command, task) calls one of these."""
