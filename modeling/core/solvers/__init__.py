"""Solvers of penalised models: arrays in, a point and how far it is from the minimum out."""
