"""The tables a dataset can leave as: corrected labels, cases, decisions, items, and every annotator's labels."""
