"""Records under a header -> rows of its named columns; what programs leave around a table is passed over and said."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from annotation.core.files.bounded.limits import refuse_wide, twice
from annotation.core.files.formulas import names_as_they_were
from annotation.core.files.unreadable import Broken, UnableToRead

SAMPLE = 20  # records that show the habits of a file
MARK = "\ufeff"  # a byte order mark inside a text: two files were put one after the other
Record = tuple[int, list[str] | str]  # the line on which it starts; its cells, or what is wrong with them


@dataclass(frozen=True)
class Grid:
    """Which cells of a record count.

    `header`: its cells as they stand. `lead`: 1 where each record begins with a number that counts the rows, as pandas
    and R write it without a name. `spare`: how many blank cells may follow the named ones. `columns`: the names.
    """

    header: tuple[str, ...]
    lead: int
    spare: int
    columns: tuple[str, ...]

    @classmethod
    def of(cls, header: list[str], row: int, sample: Sequence[list[str]]) -> "Grid":
        """The habits that a header, on line `row`, and the first records show. Raises UnableToRead."""
        cells = list(names_as_they_were(tuple(name.strip() for name in header)))
        named = len(cells)
        while named > 1 and not cells[named - 1]:
            named -= 1
        sample = [record for record in sample if record != header]
        widths = {len(record) for record in sample if any(record)}
        if named == len(cells) and len(cells) > 1 and widths == {named + 1} and _counts(sample):
            return cls(tuple(header), 1, 0, _names(cells, 0, row))  # R names every column but the one that counts
        lead = int(len(cells) > 1 and not cells[0] and _counts(sample))
        spare = len(cells) - named
        if widths and min(widths) > named and not any(any(_beyond(record, named)) for record in sample):
            spare = max(spare, max(widths) - named)
        return cls(tuple(header), lead, spare, _names(cells[lead:named], lead, row))

    @property
    def notes(self) -> tuple[str, ...]:
        first = "The first column, which has no name and counts the rows, was left out."
        last = "Each row ends with a separator that no column needs; it was passed over."
        return (first,) * bool(self.lead) + (last,) * bool(self.spare)

    def rows(
        self, records: Iterable[Record], counts: Counter[str], advice: str
    ) -> Iterator[tuple[int, list[str]] | Broken]:
        """The rows that follow the header; one of another width is broken. `counts`: how many were passed over."""
        lead, last, width = self.lead, self.header[-1], self.lead + len(self.columns)
        most, exact = width + self.spare, not self.lead and not self.spare
        for row, cells in records:
            if isinstance(cells, str):
                yield Broken(row, (), cells)
                continue
            first = cells[0]
            if (not first or first.isspace()) and not any(map(str.strip, cells)):
                counts["blank"] += 1
            elif cells[-1] == last and self._is_header(cells):
                counts["header"] += 1
            elif exact and len(cells) == width:
                yield row, cells
            elif width <= len(cells) <= most and not any(_beyond(cells, width)):
                yield row, cells[lead:width]
            else:
                yield Broken(row, tuple(cells[lead:]), f"{self._width(len(cells) - lead)}; {advice}")

    def _width(self, cells: int) -> str:
        here = "1 cell" if cells == 1 else f"{max(cells, 0)} cells"
        return f"the row has {here}, the header has {len(self.columns)}"

    def _is_header(self, cells: list[str]) -> bool:
        first = cells[0].lstrip(MARK)
        if first != cells[0]:
            first = first.strip('"')
        return (first, *cells[1:]) == self.header


def passed_over(counts: Counter[str]) -> tuple[str, ...]:
    """What a reader was not shown, in sentences."""
    said = []
    if n := counts["header"]:
        times = "once more" if n == 1 else f"{n:,} times more"
        said.append(f"The header stands {times} among the rows and was passed over there.")
    if n := counts["blank"]:
        said.append(
            f"{'1 row' if n == 1 else f'{n:,} rows'} without any text {'was' if n == 1 else 'were'} passed over."
        )
    return tuple(said)


def _counts(sample: Sequence[list[str]]) -> bool:
    """Whether the first cells go up one by one, from 0 or 1."""
    found = [record[0].strip() for record in sample if any(map(str.strip, record))]
    return bool(found) and any(found == [str(start + at) for at in range(len(found))] for start in (0, 1))


def _beyond(cells: list[str], width: int) -> Iterator[str]:
    return map(str.strip, cells[width:])


def _names(names: list[str], lead: int, row: int) -> tuple[str, ...]:
    refuse_wide(len(names))
    for position, name in enumerate(names, 1):
        if not name:
            raise UnableToRead(f"column {position + lead} has no name; give it one or delete it", row)
    if found := twice(names):
        first, again = found
        said = f"the name stands twice, in columns {first + lead} and {again + lead}; rename one"
        raise UnableToRead(said, row, names[again - 1])
    return tuple(names)
