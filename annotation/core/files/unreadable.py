"""What can be wrong with a file, with a row of it, and with one cell."""

from dataclasses import dataclass

from annotation.core.refusal import Refusal


class UnableToRead(Refusal):
    """The file cannot be read as a table; `str()` is one sentence: where (row, column), what, what to do."""

    def __init__(self, message: str, row: int | None = None, column: str | None = None) -> None:
        self.message, self.row, self.column = message.removesuffix("."), row, column
        where = [f"row {row}"] * (row is not None) + [f"column '{column}'"] * (column is not None)
        place = ", ".join(where)
        super().__init__(f"{place[0].upper()}{place[1:]}: {self.message}." if place else f"{self.message}.")


@dataclass(frozen=True)
class Broken:
    """A row that is no row of the table: where it starts, its cells as far as they could be read, what is wrong."""

    row: int
    cells: tuple[str, ...]
    message: str
    column: str | None = None


class Unfit(str):
    """A cell that is neither a text nor a number: shown as it stands in the file, a fault only in a column that
    plays a part. `why` says what is wrong with it."""

    __slots__ = ("why",)
    why: str

    @classmethod
    def cell(cls, shown: str, why: str) -> "Unfit":
        made = cls(shown)
        made.why = why
        return made
