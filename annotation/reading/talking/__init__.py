"""Notices, comments, items alike and batches out, as pages show them."""
