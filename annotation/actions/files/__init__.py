"""Files in and out: items, labels, predictions, decisions, cases."""
