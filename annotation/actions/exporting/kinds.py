"""The kinds of tables a dataset can leave as. To add one: its sheet in reading/exports and a line in KINDS."""

from collections.abc import Callable
from dataclasses import dataclass

from annotation.core.exporting.columns import Sheet, stepping_aside
from annotation.core.exporting.forms import UnableToExport
from annotation.core.wording import counted
from annotation.models import Dataset, Item
from annotation.reading.datasets.imports import refuse_half_shown
from annotation.reading.exports.answers import decisions_sheet, labels_sheet, n_decisions, n_labels
from annotation.reading.exports.cases import JUDGED, PLACES, cases_sheet, n_in_cases
from annotation.reading.exports.items import BEFORE, CARRIED, PROVENANCE, corrected_sheet, items_sheet
from annotation.reading.sampling.counts import MOST_COUNTED, count_items


@dataclass(frozen=True)
class Kind:
    """A table: what it is called on the page and in the file's name, what a row of it is, and how many there are: all
    of them by `count` where it is `exact`, else as `count_up_to` counts.

    `ours`: columns of ours beside the fields.
    """

    title: str
    stem: str
    says: str
    sheet: Callable[[Dataset], Sheet]
    count: Callable[[Dataset], int]
    ours: tuple[str, ...] = ()
    exact: bool = False

    def aside(self, dataset: Dataset) -> dict[str, str]:
        """Those of our columns beside the dataset's fields that have another name in its file → that name."""
        shown = stepping_aside(self.ours, [one.name for one in dataset.typed_fields] if self.ours else [])
        return {name: other for name, other in shown.items() if name != other}

    def holds(self, dataset: Dataset) -> str:
        """How many rows, for a page."""
        n = self.count(dataset)
        return counted(n, "row") if self.exact or n <= MOST_COUNTED else f"more than {counted(MOST_COUNTED, 'row')}"


def _n_items(dataset: Dataset) -> int:
    return count_items(dataset, *Item.HERE)


KINDS = {
    "corrected": Kind(
        "Corrected labels", "corrected-labels",
        "An item a row: its fields, the label in force, on what it rests, since when, what the file said before "
        "(“was”), who decided and whether blind, and whose labels stand behind it.",
        corrected_sheet, _n_items, (*BEFORE, *PROVENANCE), exact=True,
    ),
    "cases": Kind(
        "Open cases", "cases",
        "An item of an open case a row, with its text, the label most likely wrong first. Decide in a spreadsheet in a "
        "column of your own; import_decisions brings it back.",
        cases_sheet, n_in_cases, (*PLACES, *JUDGED),
    ),
    "decisions": Kind(
        "Decisions", "decisions",
        "A decision and an item it covers a row: who, when, outcome, label, confidence, reasons, note, seconds, "
        "whether blind, and when it was taken back. Answers to tests and checks are left out: they settle nothing.",
        decisions_sheet, n_decisions,
    ),
    "items": Kind(
        "Items", "items", "An item a row: its fields as the file had them, and the label in force.",
        items_sheet, _n_items, (*BEFORE, *CARRIED), exact=True,
    ),
    "labels": Kind(
        "Labels of every annotator", "labels",
        "An answer a row: who labelled which item with what and when, abstentions too, and whether a later answer of "
        "the same annotator counts in its place.",
        labels_sheet, n_labels,
    ),
}  # fmt: skip
EVERYTHING = "everything"


def sheet_of(kind: str, dataset: Dataset, *, everything: bool = False) -> Sheet:
    """The table of a kind; `everything`: with the cases, all other labelled pool items. Raises UnableToExport."""
    if kind not in KINDS:
        raise UnableToExport(
            f"There is nothing called {kind!r} to export; there is {', '.join(KINDS)} or {EVERYTHING}."
        )
    refuse_half_shown(dataset)
    return cases_sheet(dataset, everything=everything) if kind == "cases" else KINDS[kind].sheet(dataset)
