"""What is said of labels that come in with a file."""

from typing import TypedDict

UNSAID = "Whether these labels look wrong can't be said"


class NamedRowJson(TypedDict):
    """A row of the file, the beginning of what it says, the label it gives, and the class that the models expect."""

    row: int
    excerpt: str
    label: str
    expected: str


class NewLabelsJson(TypedDict):
    """What is said of the labels of a file; `judged` is 0 where nothing can be, and `sentence` then says why."""

    sentence: str
    judged: int
    doubted: int
    rows: list[NamedRowJson]
