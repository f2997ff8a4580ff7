"""Pure mathematics of models and proof: numpy or pandas in, arrays or small dataclasses out, no Django."""
