"""The making of a production set: what is drawn, and what is frozen of it."""
