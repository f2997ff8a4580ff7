"""Codes of a second factor, asked for as django-allauth does, and counted as log-ins are."""
