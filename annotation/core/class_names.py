"""What a class may be called."""

from collections.abc import Iterable

from annotation.core.files.class_names import folded
from annotation.core.refusal import Refusal

LONGEST = 100


class UnableToName(Refusal):
    """A class can't be called that."""


def tidy_name(typed: str) -> str:
    """The name as it is kept: what of it can be seen, as files are read. Raises UnableToName."""
    name = folded(typed)
    if not name or "\0" in name:
        raise UnableToName("A class needs a name.")
    if len(name) > LONGEST:
        raise UnableToName(f"A class has at most {LONGEST} characters in its name; this one has {len(name)}.")
    return name


def refuse_twice(names: Iterable[str]) -> None:
    """Raises UnableToName where one stands among `names` twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UnableToName(f"The class {name!r} is named twice; name each once.")
        seen.add(name)
