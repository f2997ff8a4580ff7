"""What the next gain of a model is expected from: labels, fit, more data, coverage, or nothing that can be mended."""
