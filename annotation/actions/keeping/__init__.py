"""A backup of the whole site, and a site made from one, on either database."""
