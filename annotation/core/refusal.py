"""What cannot be done as asked: one sentence for the person who asked."""


class Refusal(Exception):
    """Base of every `UnableTo…`, each of which lives beside the function that raises it. `str()` of it is one sentence
    for whoever asked: what is wrong, where, and what to do. Pages, commands and jobs catch this one class."""
