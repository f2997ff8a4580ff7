"""Rules that labels may follow: typed by a person, counted words, habits, parts of a dataset."""
