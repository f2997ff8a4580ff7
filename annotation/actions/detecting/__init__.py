"""Runs the detectors, and turns what they or a person found into flags, findings and cases."""
