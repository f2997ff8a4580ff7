"""The demo: filings made by a generator, and the whole loop played on them."""
