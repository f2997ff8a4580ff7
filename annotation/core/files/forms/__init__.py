"""How each form of file becomes rows of text cells under a header."""
