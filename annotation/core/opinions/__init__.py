"""A language model's second opinion: what it is asked, what counts as an answer, what that may cost, how good it is."""
