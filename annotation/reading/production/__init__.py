"""Sets made of production: what was drawn, how far its answers are, and what is frozen beside its labels."""
