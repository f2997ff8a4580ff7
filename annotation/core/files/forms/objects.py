"""JSON -> rows: one object a line, an array of objects, or an object with one such array inside, element by element."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from annotation.core.files.bounded.limits import refuse_wide
from annotation.core.files.forms.values import cell_of, unstorable
from annotation.core.files.unreadable import Broken, UnableToRead, Unfit

PART = 1 << 18  # characters read at once
MAX_OBJECT = 12 << 20  # characters of one object: as Python holds it, it can be twenty times as large
SPACES = " \t\n\r"
Opened = Callable[[], AbstractContextManager[io.TextIOWrapper]]
Found = tuple[int, dict[str, Any]]


class _Doubled(dict[str, Any]):
    """An object in which a name stands twice."""

    name: str


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        record = _Doubled(record)
        names = [name for name, _ in pairs]
        record.name = next(name for name in names if names.count(name) > 1)
    return record


# Numbers stay as written: an id such as 007.10 or 12345678901234567890 must not change its spelling.
DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=str, parse_float=str, parse_constant=lambda text: "" if text == "NaN" else text
)


@dataclass(frozen=True)
class Objects:
    """A .jsonl or .json file, opened anew for each reading.

    `lines`: one object a line, numbered by its line; else the objects of one array, numbered from 1. `columns`: the
    names in order of appearance; `odd`: those that hold a list, an object or a damaged text somewhere. What else a
    format keeps in its objects is reached through `objects`, which gives them as they are, numbers as text.
    """

    text: Opened
    lines: bool
    form: str
    columns: tuple[str, ...] = ()
    odd: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: Opened, name: str, form: str) -> "Objects":
        """Goes through the whole file for its columns. Raises UnableToRead."""
        made = cls(text, _by_line(text, name, form), form)
        columns: dict[str, None] = {}
        odd: set[str] = set()
        rows = 0
        for found in made.objects():
            fault = found if isinstance(found, Broken) else _fault(*found)
            if fault and not rows:
                raise UnableToRead(fault.message, fault.row, fault.column)
            if fault or isinstance(found, Broken):
                continue
            rows += 1
            for name, value in found[1].items():
                if name not in columns:
                    columns[name] = None
                    refuse_wide(len(columns))
                if type(value) is not str and name not in odd and isinstance(cell_of(value), Unfit):
                    odd.add(name)
        return replace(made, columns=tuple(columns), odd=frozenset(odd))

    def objects(self) -> Iterator[Found | Broken]:
        """Every object with its number; what is none is broken, and raises UnableToRead where no other can follow."""
        with self.text() as stream:
            yield from _lines(stream) if self.lines else _elements(stream)

    def rows(self, counts: Counter[str]) -> Iterator[tuple[int, list[str]] | Broken]:
        columns = self.columns
        for found in self.objects():
            if isinstance(found, Broken):
                yield found
            elif fault := _fault(*found):
                yield fault
            else:
                row, record = found
                for name, value in record.items():
                    if type(value) is not str:
                        record[name] = cell_of(value)
                yield row, [record.get(name, "") for name in columns]

    def notes(self, counts: Counter[str]) -> tuple[str, ...]:
        if self.form == "json" and self.lines:
            return ("The file holds one object a line and was read as .jsonl.",)
        if self.form == "jsonl" and not self.lines:
            return ("The file holds one array of objects and was read as .json.",)
        return ()


def _by_line(text: Opened, name: str, form: str) -> bool:
    """Whether the file has one object a line."""
    with text() as stream:
        reader = _Values(stream)
        start = reader.peek()
    if start not in ("{", "["):
        advice = "write one per line, or name a CSV file .csv"
        if form == "jsonl":
            raise UnableToRead(f"the line is not a JSON object {{…}}; {advice}", 1)
        raise UnableToRead(f"The file '{name}' is not JSON; write an array of objects, or name a CSV file .csv")
    if start == "[" or form == "jsonl":
        return start == "{"
    with text() as stream:
        filled = [line for line in (stream.readline(MAX_OBJECT) for _ in range(50)) if line and not line.isspace()][:2]
    if len(filled) < 2 or not filled[1].lstrip().startswith("{"):
        return False
    try:
        DECODER.decode(filled[0])
    except (json.JSONDecodeError, RecursionError):
        return False
    return True


def _lines(stream: io.TextIOWrapper) -> Iterator[Found | Broken]:
    for row, line in enumerate(stream, 1):
        if line.isspace():
            continue
        if len(line) > MAX_OBJECT:
            yield Broken(row, (), f"the object has more than {MAX_OBJECT >> 20} million characters; split it")
            continue
        if not line.lstrip().startswith("{"):
            said = "the line is not a JSON object {…}; write one per line, or name a CSV file .csv"
            yield Broken(row, (), said)
            continue
        try:
            record = DECODER.decode(line)
        except json.JSONDecodeError as error:
            reason = f"{error.msg}, character {error.pos + 1}"
            yield Broken(row, (), f"the line is not valid JSON ({reason}); write one whole object per line")
        except RecursionError:
            yield Broken(row, (), "the object is nested too deep; write its values as columns of their own")
        else:
            yield row, _checked(record) if "\\u" in line else record


def _fault(row: int, record: dict[str, Any]) -> Broken | None:
    if type(record) is _Doubled:
        return Broken(row, (), "the name stands twice in this object; remove one", record.name)
    if not all(map(str.strip, record)):
        return Broken(row, (), "a value has no name; give it one or delete it")
    return None


def _checked(value: Any) -> Any:
    """An object whose damaged texts are Unfit: only an escape can bring in a NUL or half a character."""
    if isinstance(value, dict):
        for name, text in value.items():
            if type(text) is str and unstorable(text):
                value[name] = cell_of(text)
    return value


class _Values:
    """JSON values one after the other out of a stream."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self.stream, self.buffer, self.at, self.ended = stream, "", 0, False

    def fill(self, size: int = PART) -> None:
        more = self.stream.read(size)
        self.ended = not more
        self.buffer, self.at = self.buffer[self.at :] + more, 0

    def peek(self) -> str:
        """The next character that is no space, "" at the end."""
        while True:
            while self.at < len(self.buffer) and self.buffer[self.at] in SPACES:
                self.at += 1
            if self.at < len(self.buffer):
                return self.buffer[self.at]
            if self.ended:
                return ""
            self.fill()

    def takes(self, character: str) -> bool:
        """Whether the next character is that one, which is passed then."""
        found = self.peek() == character
        self.at += found
        return found

    def value(self, row: int | None = None) -> Any:
        """The next value; `row` is named where it is none."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self.buffer, self.at)
                if end < len(self.buffer) or self.ended:  # a number may go on
                    escaped = self.buffer.find("\\u", self.at, end) >= 0
                    self.at = end
                    return _checked(value) if escaped else value
            except json.JSONDecodeError as error:
                if self.ended:
                    said = f"no valid JSON ({error.msg}, character {error.pos - self.at + 1} of the value)"
                    raise UnableToRead(f"{said}; write the file again", row) from None
            except RecursionError:
                raise UnableToRead("the value is nested too deep; write it as columns of its own", row) from None
            held = len(self.buffer) - self.at
            if held > MAX_OBJECT:
                raise UnableToRead(f"an object has more than {MAX_OBJECT >> 20} million characters; split it", row)
            self.fill(min(max(PART, held), MAX_OBJECT + 1))


def _elements(stream: io.TextIOWrapper) -> Iterator[Found | Broken]:
    reader = _Values(stream)
    if reader.takes("["):
        yield from _array(reader)
    elif reader.takes("{"):
        yield from _inside(reader)
    if reader.peek():
        raise UnableToRead("More text follows the end of the JSON; write one array of objects")


def _array(reader: _Values) -> Iterator[Found | Broken]:
    """The elements of an array whose bracket is passed."""
    row = 0
    if reader.takes("]"):
        return
    while True:
        row += 1
        value = reader.value(row)
        if isinstance(value, dict):
            yield row, value
        else:
            yield Broken(row, (), "the element is not a JSON object {…}; write an array of objects")
        if reader.takes("]"):
            return
        if not reader.takes(","):
            cut = "the array is cut short here" if not reader.peek() else "a comma is missing after this object"
            raise UnableToRead(f"{cut}; write the file again", row)


def _inside(reader: _Values) -> Iterator[Found | Broken]:
    """The one list of objects in an object whose brace is passed."""
    names: list[str] = []
    while not reader.takes("}"):
        name = reader.value()
        if not isinstance(name, str) or not reader.takes(":"):
            raise UnableToRead("The file is no valid JSON; write an array of objects")
        if reader.takes("["):
            if reader.peek() == "{":
                names.append(name)
                if len(names) > 1:
                    both = " and ".join(f"'{one}'" for one in names)
                    raise UnableToRead(f"The object holds more than one list of objects, {both}; keep one")
                yield from _array(reader)
            else:
                for _ in _array(reader):
                    pass
        else:
            reader.value()
        if not reader.takes(",") and reader.peek() != "}":
            raise UnableToRead("The JSON is cut short or damaged; write the file again")
    if not names:
        raise UnableToRead("The object holds no list of objects; write an array of objects, one for each row")
