"""What a dataset's columns hold. No mathematics stands behind it: every process knows the fields."""

from dataclasses import dataclass
from typing import TypedDict


class FieldJson(TypedDict):
    """A Field as a dataset keeps it."""

    name: str
    type: str


@dataclass(frozen=True)
class Field:
    """A named column of a dataset; `type` is "text", "number" or "category"."""

    name: str
    type: str

    def as_json(self) -> FieldJson:
        return {"name": self.name, "type": self.type}
