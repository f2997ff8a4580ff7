"""How much of a file is ever read, and readers that may crash or swell in a process of their own."""
