"""What a dataset's columns hold. No mathematics stands behind it: every process knows the fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict


class FieldJson(TypedDict):
    """A Field as a dataset keeps it. `meanings`: code -> what it means, of a category."""

    name: str
    type: str
    meanings: NotRequired[Mapping[str, str]]


@dataclass(frozen=True)
class Field:
    """A named column of a dataset; `type` is "text", "number" or "category"."""

    name: str
    type: str

    def as_json(self) -> FieldJson:
        return {"name": self.name, "type": self.type}
