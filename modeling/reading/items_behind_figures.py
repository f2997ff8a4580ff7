"""The rows behind a figure of a run's page, one page at a time, and a queue of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotation.core.refusal import Refusal
from annotation.core.wording import quoted
from annotation.models import CaseItem, CurrentLabel, Dataset, Item
from annotation.reading.cases import excerpt_of
from modeling.models import ModelRun
from modeling.reading.rows_learned_from import OutOfFold, out_of_fold
from modeling.reading.run_description import description_of

CELL, CONFIDENT, MEMORIZED = "cell", "confident", "memorized"
PAGE = 50


class UnableToList(Refusal):
    """There is no such list of rows."""


@dataclass(frozen=True)
class RowsAsked:
    """Which rows: of a cell of the confusion table, by its two class names, or of one of the two named lists."""

    which: str
    given: str = ""
    predicted: str = ""

    @property
    def key(self) -> str:
        return f"{self.which}:{self.given[:60]}→{self.predicted[:60]}" if self.which == CELL else self.which

    @property
    def words(self) -> str:
        """Stands behind "42 rows "."""
        if self.which == CONFIDENT:
            return "on which it is surer of another class than the labels allow"
        if self.which == MEMORIZED:
            return "whose old, since corrected label it had learned"
        right = self.given == self.predicted
        return f"labelled {quoted(self.given)} and predicted {'so' if right else f'as {quoted(self.predicted)}'}"


@dataclass(frozen=True)
class RowLine:
    """confidence: of the class predicted out of fold. label: that it was learned with; now: the label in force, "" =
    the same. case: its open case, None = none. decided: an expert has given it its label."""

    item: Item
    excerpt: str
    label: str
    predicted: str
    confidence: float
    now: str
    case: int | None
    decided: bool


@dataclass(frozen=True)
class RowPage:
    """n: rows of the whole list. after: key of the next page, "" at the end."""

    n: int
    lines: tuple[RowLine, ...]
    after: str


def list_rows(run: ModelRun, choice: RowsAsked, after: str = "", size: int = PAGE) -> RowPage:
    """A page of the rows, the surest prediction first, those behind the key `after`. Raises UnableToList and
    UnableToLoad."""
    rows, chosen = chosen_rows(run, choice)
    confidence = rows.probabilities[chosen].max(axis=1)
    start = _behind(after, confidence, rows.item[chosen])
    shown = chosen[start : start + size]
    more = start + size < len(chosen)
    last = f"{confidence[start + size - 1]!s},{rows.item[shown[-1]]}" if more else ""
    return RowPage(len(chosen), _lines(run.dataset, rows, shown), last)


def chosen_rows(run: ModelRun, choice: RowsAsked) -> tuple[OutOfFold, np.ndarray]:
    """The run's rows, and the positions of those chosen in order."""
    rows = out_of_fold(run)
    wanted = PICKED[choice.which](rows, choice) if choice.which in PICKED else None
    if wanted is None:
        raise UnableToList(f"Run {run.pk} has no list {choice.which!r}; choose one on its page.")
    chosen = np.flatnonzero(wanted)
    # by item where the confidence is the same, as the key is
    return rows, chosen[np.lexsort((chosen, -rows.probabilities[chosen].max(axis=1)))]


def _cell(rows: OutOfFold, choice: RowsAsked) -> np.ndarray | None:
    if choice.given not in rows.classes or choice.predicted not in rows.classes:
        return None
    given, predicted = rows.classes.index(choice.given), rows.classes.index(choice.predicted)
    return (rows.truth == given) & (rows.predicted == predicted)


def _confident(rows: OutOfFold, choice: RowsAsked) -> np.ndarray | None:
    described = description_of(rows.run)
    sure = described is not None and rows.probabilities.max(axis=1) > described["confident"]["limit"]
    return sure & (rows.predicted != rows.truth)


def _memorized(rows: OutOfFold, choice: RowsAsked) -> np.ndarray | None:
    described = description_of(rows.run)
    return np.isin(rows.item, described["memorized"]["items"] if described else [])


PICKED: dict[str, Callable[[OutOfFold, RowsAsked], np.ndarray | None]] = {
    CELL: _cell, CONFIDENT: _confident, MEMORIZED: _memorized,
}  # fmt: skip


def _behind(after: str, confidence: np.ndarray, item: np.ndarray) -> int:
    """How many rows come up to the key; one that is no key is the beginning."""
    sure, _, pk = after.partition(",")
    try:
        least, last = np.float32(sure), int(pk)
    except ValueError:
        return 0
    return int(((confidence > least) | ((confidence == least) & (item <= last))).sum())


def _lines(dataset: Dataset, rows: OutOfFold, shown: np.ndarray) -> tuple[RowLine, ...]:
    ids = rows.item[shown].tolist()
    items = Item.objects.in_bulk(ids)
    current = CurrentLabel.objects.in_force().filter(item__in=ids).select_related("label_class")
    now = {one.item_id: one for one in current}
    cases = dict(_open(dataset, ids).values_list("item_id", "case_id"))
    lines, known = [], dataset.classes
    for at, pk in zip(shown.tolist(), ids, strict=True):
        label, code = rows.classes[rows.truth[at]], int(rows.predicted[at])
        today = _name(now[pk])
        meant = known.now(label) or label
        lines.append(RowLine(
            items[pk], excerpt_of(dataset, items[pk].content), label, rows.classes[code],
            float(rows.probabilities[at, code]), "" if today == meant else today, cases.get(pk),
            now[pk].is_decided,
        ))  # fmt: skip
    return tuple(lines)


def _name(current: CurrentLabel) -> str:
    return current.label_class.name if current.label_class else CurrentLabel.STATES[current.state]


def _open(dataset: Dataset, ids: list[int]) -> Any:
    """Open cases a lead may see; what only an audit opened would stand out."""
    return CaseItem.objects.filter(item__in=ids, case__in=dataset.cases.open().shown())
