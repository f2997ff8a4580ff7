"""Doors for whoever runs the site: health, readiness, metrics, the operator's page and the lines of access."""
