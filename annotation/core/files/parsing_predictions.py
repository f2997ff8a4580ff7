"""Table -> per-class probabilities for items, out of anybody's own model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotation.core.files.checking import (
    Faults,
    UnableToParse,
    check_columns,
    converted,
    listed,
    names,
    refuse_unfit,
)
from annotation.core.files.class_names import folded, visible
from annotation.core.files.conventions import as_number
from annotation.core.files.tables import Table
from annotation.core.wording import counted

# A float32 that a program wrote out, or a sum of many, is no further outside than this.
HAIR = 1e-5
# A row is taken to have been written with so many decimals at least: 0.50 is often written 0.5, and at most so many.
FEWEST_DECIMALS, MOST_DECIMALS = 2, 17
NOT_A_PROBABILITY = "is not a probability; write a number from 0 to 1"
ROUND_THE_NAME = (
    "p_{}", "prob_{}", "proba_{}", "probability_{}", "{}_p", "{}_prob", "{}_proba", "{}_probability", "p({})", "P({})",
)  # fmt: skip


@dataclass(frozen=True)
class PredictionColumns:
    """`of`: class → its column, in the order of the classes; `ignored`: those that are neither class nor id; `notes`:
    how they were matched."""

    of: dict[str, str]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]


def prediction_columns(columns: Sequence[str], id: str, classes: Sequence[str]) -> PredictionColumns:
    """The column of each class: of its name, else of one that looks like it, else of one of ROUND_THE_NAME.

    Raises UnableToParse where a class has none, or might have two.
    """
    here = [name for name in columns if name != id]
    found: dict[str, str] = {}
    for reading in (_same, _alike, _round_about):
        rest: dict[str, list[str]] = {}
        taken = set(found.values())
        for column in here:
            if column not in taken:
                rest.setdefault(column if reading is _same else folded(column), []).append(column)
        for name in classes:
            matching = [] if name in found else [column for one in reading(name) for column in rest.get(one, [])]
            if len(matching) > 1:
                said = f"the columns {listed(matching)} may both be meant by the class {visible(name)}; rename one"
                raise UnableToParse(said, column=matching[1])
            if matching:
                found[name] = matching[0]
    missing = [name for name in classes if name not in found]
    if missing:
        names_here = ", ".join(f"'{name}'" for name in columns[:10])
        more = "" if len(missing) == 1 else f" ({len(missing) - 1} more have none)"
        raise UnableToParse(
            f"each class needs a column of its name{more}; the file has {names_here}", column=missing[0]
        )
    if len(set(found.values())) < len(found):
        twice = next(one for one in found.values() if list(found.values()).count(one) > 1)
        raise UnableToParse("the column might be two of the classes; rename it", column=twice)
    found = {name: found[name] for name in classes}
    check_columns(columns, {"id": [id], "class": list(found.values())})
    ignored = tuple(name for name in here if name not in found.values())
    return PredictionColumns(found, ignored, tuple(_matching_notes(found, ignored)))


def _same(name: str) -> list[str]:
    return [name]


def _alike(name: str) -> list[str]:
    return [folded(name)]


def _round_about(name: str) -> list[str]:
    return [one.format(folded(name)) for one in ROUND_THE_NAME]


def _matching_notes(found: dict[str, str], ignored: Sequence[str]) -> list[str]:
    others = [f"{visible(column)} as {visible(name)}" for name, column in found.items() if name != column]
    said = [f"Columns were read as classes: {', '.join(others[:10])}{_more(others)}."] if others else []
    if ignored:
        is_one = len(ignored) == 1
        said.append(f"{'A column was' if is_one else f'{len(ignored)} columns were'} ignored: {listed(ignored)}.")
    return said


def _more(listed_ones: Sequence[str]) -> str:
    return f" and {len(listed_ones) - 10} more" if len(listed_ones) > 10 else ""


class PredictionParser:
    """Reads a file of probabilities part by part: `read` every part, then ask what was mended.

    A value within HAIR of [0, 1] is taken as 0 or 1. The sum of a row may be off by what rounding its cells to the
    decimals they show can do, half a unit of the last one for each class, and by HAIR; what it is off is divided out. A
    row that is further off is no distribution, and which one was meant is not ours to guess.
    """

    def __init__(self, id: str, columns: PredictionColumns) -> None:
        self.id, self.columns = id, columns
        self.n_rows = self.clipped = self.scaled = 0
        self.furthest = 0.0
        self.seen = _Seen()

    def read(self, table: Table) -> tuple[Faults, list[str], np.ndarray]:
        """(faults, ids (n,), probabilities float32 (n, K)) of a part; faulty rows hold anything."""
        faults = Faults(table)
        refuse_unfit(faults, (self.id, *self.columns.of.values()))
        ids = names(faults, self.id, needed=True)
        given = self._numbers(faults)
        self._refuse_outside(faults, given)
        held = np.clip(given, 0, 1)
        sums, decimals = held.sum(axis=1), self._decimals(table)
        allowed = given.shape[1] * 0.5 * 10.0**-decimals + HAIR
        for position in np.flatnonzero(np.abs(sums - 1) > allowed).tolist():
            said = (
                f"the probabilities of the row sum to {sums[position]:.4g}, not to 1, which rounding does not explain; "
                "give one for every class"
            )
            faults.add(position, said, next(iter(self.columns.of.values())))
        good = faults.good()
        self.n_rows += int(good.sum())
        off = np.abs(sums[good] - 1)
        self.clipped += int((held[good] != given[good]).any(axis=1).sum())
        self.scaled += int((off > HAIR).sum())
        self.furthest = max(self.furthest, float(off.max(initial=0.0)))
        return faults, ids, (held / np.where(sums > 0, sums, 1)[:, None]).astype(np.float32)

    @property
    def looks_like(self) -> str:
        """Once all parts are read: a sentence where nearly all numbers look like percents or scores, else ""."""
        return self.seen.looks_like()

    def notes(self) -> list[str]:
        """What was mended, in how many rows and by how much."""
        said = list(self.columns.notes)
        if self.clipped:
            said.append(f"In {counted(self.clipped, 'row')} a value a hair outside 0 to 1 was taken as 0 or 1.")
        if self.scaled:
            rows = f"{counted(self.scaled, 'row')} of {self.n_rows:,}"
            said.append(f"The values of {rows} were scaled to sum to 1, from sums off by {self.furthest:.2g} at most.")
        return said

    def _numbers(self, faults: Faults) -> np.ndarray:
        """Float64 (n, K); a cell that holds no number is a fault, and 0."""
        values = []
        for column in self.columns.of.values():
            numbers = converted(faults, column, as_number, NOT_A_PROBABILITY)
            for position, value in enumerate(numbers):
                if value is None:
                    faults.add(position, f"{_nothing(faults, column, position)} {NOT_A_PROBABILITY}", column)
            values.append([0.0 if value is None else value for value in numbers])
        return np.array(values, dtype=np.float64).reshape(len(values), len(faults.table)).T

    def _refuse_outside(self, faults: Faults, given: np.ndarray) -> None:
        good = faults.good()
        self.seen.add(given[good])
        rows, places = np.nonzero((given < -HAIR) | (given > 1 + HAIR))
        order = list(self.columns.of.values())
        for position, place in zip(rows.tolist(), places.tolist(), strict=True):
            cell = faults.table.cells[order[place]][position].strip()
            faults.add(position, f"'{cell}' {NOT_A_PROBABILITY}", order[place])

    def _decimals(self, table: Table) -> np.ndarray:
        """The most decimals that a cell of each row shows, int (n,)."""
        most = np.full(len(table), FEWEST_DECIMALS)
        for column in self.columns.of.values():
            np.maximum(most, np.array([_shown(cell) for cell in table.cells[column]], dtype=int), out=most)
        return most


@dataclass
class _Seen:
    """What the rows whose cells are numbers look like as a whole."""

    rows: int = 0
    percents: int = 0
    scores: int = 0
    largest: float = 0.0
    lowest: float = 0.0

    def add(self, given: np.ndarray) -> None:
        if not given.size:
            return
        sums = given.sum(axis=1)
        self.rows += len(given)
        self.percents += int(((given >= -HAIR).all(axis=1) & (np.abs(sums - 100) <= given.shape[1])).sum())
        outside = ((given < -HAIR) | (given > 1 + HAIR)).any(axis=1)
        self.scores += int((outside & (np.abs(sums - 1) > 0.05)).sum())
        self.largest, self.lowest = max(self.largest, float(given.max())), min(self.lowest, float(given.min()))

    def looks_like(self) -> str:
        """What the numbers look like where they are no probabilities in nearly every row, "" where they may be."""
        if self.rows and self.percents > 0.9 * self.rows:
            return f"The numbers look like percents ({self._range()}, rows sum to about 100); divide them by 100"
        if self.rows and self.scores > 0.9 * self.rows:
            what = "log probabilities" if self.largest <= HAIR else "scores of a model before its softmax (logits)"
            advice = "exponentiate them" if self.largest <= HAIR else "turn them into probabilities"
            return f"The numbers look like {what} ({self._range()}); {advice} before they come in"
        return ""

    def _range(self) -> str:
        return f"from {self.lowest:.4g} to {self.largest:.4g}"


def _nothing(faults: Faults, column: str, position: int) -> str:
    """What a cell without a number says."""
    cell = faults.table.cells[column][position].strip()
    return f"'{cell}'" if cell else "the empty cell"


def _shown(cell: str) -> int:
    """Decimals that a number shows: 2 for 0.25, 5 for 1e-5."""
    mantissa, _, exponent = cell.strip().lower().partition("e")
    shown = len(mantissa.partition(".")[2])
    if exponent:
        try:
            shown -= int(exponent)
        except ValueError:
            return MOST_DECIMALS
    return min(max(shown, 0), MOST_DECIMALS)
