"""What a dataset's columns hold. No mathematics stands behind it: every process knows the fields."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """A named column of a dataset; `type` is "text", "number" or "category"."""

    name: str
    type: str
