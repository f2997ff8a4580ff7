"""What a tool's object says, whichever the tool: an item, and who answered which question about it how."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Left = Counter[str]  # what is not carried over, by what it is called: ("span", "spans") as "span|spans"


@dataclass(frozen=True)
class ToolAnswer:
    """One person's labels for a question; with `accepted` False that person says the label does not hold."""

    question: str
    labels: tuple[str, ...]
    annotator: str = ""
    at: str = ""
    accepted: bool = True


@dataclass(frozen=True)
class ToolItem:
    """`fields`: what the item says, by name, as the tool wrote it, `texts` those that surely are texts; `id` "" where
    the tool gives none."""

    id: str
    fields: Mapping[str, Any]
    answers: Sequence[ToolAnswer] = ()
    texts: Collection[str] = ("text",)


@dataclass(frozen=True)
class Tool:
    """`name`: with its article. `unit`: what its objects are. `fits`: whether an object has the tool's shape.
    `read`: what it says, counting in Left what is not carried over, whatever the object is like."""

    name: str
    unit: str
    fits: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any], Left], ToolItem]


def text(value: Any) -> str:
    """A name or a time as a cell; "" for nothing, and for what is no single value."""
    if value is None or isinstance(value, (list, dict)):
        return ""
    return str(value)


def objects_in(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none where it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def mapping_in(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
