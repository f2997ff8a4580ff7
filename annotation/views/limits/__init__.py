"""What no request may ask for, and how that is said: a page without the database."""
