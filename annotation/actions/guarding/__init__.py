"""How often something may be tried, who came in by what, and what is kept of it."""
