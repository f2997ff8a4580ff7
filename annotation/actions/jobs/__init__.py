"""The life of background work: asked for, worked, in parts, cancelled, given back."""
