"""Changes of the classes: each a fact of its own that writes no label, decision or snapshot anew."""
