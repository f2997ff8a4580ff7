"""Pure mathematics of labels: numpy or pandas in, arrays or small dataclasses out, no Django."""
