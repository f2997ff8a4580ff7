"""Labels out of a file, part by part, into the database; the items they touch are settled once, at the end."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypedDict

import numpy as np
import pandas as pd
from django.utils import timezone

from annotation import bulk
from annotation.actions.classes.add import add
from annotation.actions.crowd.settle_consensus import settle_consensus
from annotation.core.refusal import Refusal
from annotation.models import Annotator, Dataset, FileImport, Label, LabelClass, User

LABEL_COLUMNS = [
    "item_id", "annotator_id", "label_class_id", "origin", "seconds", "given_at", "brought_by_id", "created_at",
]  # fmt: skip
SETTLED_AT_ONCE = 20_000  # items
OF_FILE = " (file)"


def add_classes(dataset: Dataset, names: tuple[str, ...], user: User | None = None) -> dict[str, int]:
    """Class name → id, adding those the first labelled import brought, and as a change of the classes those that a
    later one was told of. What a label says is kept, whatever stands for it now."""
    known = dataset.classes
    new = [name for name in names if name not in known.understood]
    if not known.names:
        _begin(dataset, names)
    elif ended := next((name for name in new if name in known.became), None):
        raise UnableToTakeUp(
            f"The class {ended!r} is given up; take it up again with classes add, or correct the file."
        )
    elif new:
        add(dataset, new, user, timezone.now())
    return dict(dataset.label_classes.values_list("name", "id"))


def _begin(dataset: Dataset, names: tuple[str, ...]) -> None:
    """The first classes. After the import that brought them was taken back the next one is the first, and may bring
    some of the same."""
    there = {one.name: one for one in dataset.label_classes.all()}
    for position, name in enumerate(names):
        one = there.get(name) or LabelClass(dataset=dataset, name=name)
        one.position, one.retired_at, one.became = position, None, None
        one.save()


class UnableToTakeUp(Refusal):
    """A file names a class that was split or retired."""


class WrittenLabels(TypedDict):
    """What was written, and how many items are contested by it, counted; reopened: cases that ask again about what was
    decided otherwise."""

    labels: int
    abstentions: int
    contested: int
    reopened: int
    notes: list[str]


class LabelWriter:
    """Appends the labels that are new, in the caller's transactions. Only touched item ids are kept, 8 bytes each."""

    def __init__(self, dataset: Dataset, classes: dict[str, int], brought: FileImport, now: datetime) -> None:
        self.dataset, self.classes, self.brought, self.now = dataset, classes, brought, now
        self.labels = self.abstentions = self.contested = self.reopened = 0
        self._annotators: dict[str, int] = {}
        self._users: list[str] = []
        self._touched = array("q")
        self._repeated: list[tuple[pd.DataFrame, dict[str, int]]] = []

    def add(self, labels: pd.DataFrame, ids: dict[str, int], fresh: frozenset[int] = frozenset()) -> None:
        """`labels`: external_id, annotator, label, repeated, …; `ids`: external id → item; `fresh` items have none yet.

        An annotator's several answers for one item belong together, however far apart they stand: they come last.
        """
        again = labels["repeated"].to_numpy(dtype=bool)
        if again.any():
            self._repeated.append((labels[again], {name: ids[name] for name in labels["external_id"][again]}))
        self._write(labels[~again], ids, fresh)

    def close(self) -> WrittenLabels:
        """Settle what was touched; returns what was written, counted."""
        if self._repeated:
            ids = {name: item for _, known in self._repeated for name, item in known.items()}
            self._write(pd.concat([labels for labels, _ in self._repeated]), ids, frozenset())
            self._repeated = []
        for items in self.touched():
            self.settle(items)
        return {
            "labels": self.labels, "abstentions": self.abstentions, "contested": self.contested,
            "reopened": self.reopened,
            "notes": [f"{one!r} in the file is {one + OF_FILE!r} here: users' own begin with @" for one in self._users],
        }  # fmt: skip

    def forget_touched(self) -> None:
        self._touched = array("q")

    def touched(self) -> Iterator[list[int]]:
        """Items that are to be settled, part by part; what is written from now on is touched anew."""
        touched = np.unique(np.frombuffer(self._touched, dtype=np.int64))
        self.forget_touched()
        for start in range(0, len(touched), SETTLED_AT_ONCE):
            yield touched[start : start + SETTLED_AT_ONCE].tolist()

    def settle(self, items: Sequence[int]) -> None:
        settled = settle_consensus(self.dataset, items, self.now, self.brought)
        self.contested += settled.contested
        self.reopened += settled.reopened

    def count(self, said: Sequence[tuple[int, int, int | None]]) -> None:
        """Labels (item, annotator, class) that were written otherwise, and are settled."""
        self.labels += len(said)
        self.abstentions += sum(label is None for _, _, label in said)

    def annotators_of(self, names: Iterable[str]) -> dict[str, int]:
        """Name in the file → annotator. What a file calls like the answers of a user never becomes that user's."""
        new = [name for name in dict.fromkeys(names) if name not in self._annotators]
        if new:
            there = set(self.dataset.annotators.filter(own=False).values_list("name", flat=True))
            kept = {name: name if name in there else _kept_apart(name) for name in new}
            Annotator.objects.bulk_create(
                [Annotator(dataset=self.dataset, name=name) for name in kept.values()], ignore_conflicts=True
            )
            ids = dict(self.dataset.annotators.filter(own=False).values_list("name", "id"))
            self._annotators |= {name: ids[said] for name, said in kept.items()}
            self._users += [name for name, said in kept.items() if said != name]
        return self._annotators

    def _write(self, labels: pd.DataFrame, ids: dict[str, int], fresh: frozenset[int]) -> None:
        annotators, by = self.annotators_of(labels["annotator"].unique().tolist()), self.brought.pk
        answers: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
        for row in labels.itertuples():
            key = ids[row.external_id], annotators[row.annotator]
            seconds, given_at = getattr(row, "seconds", None), getattr(row, "given_at", None)
            said = (*key, self.classes.get(row.label), Label.IMPORT, seconds, given_at, by, self.now)
            answers.setdefault(key, []).append(said)
        there = self._answers_so_far([item for item, _ in answers if item not in fresh])
        rows = [row for key, said in answers.items() if not _said_before(said, there.get(key, [])) for row in said]
        bulk.insert(Label, LABEL_COLUMNS, rows)
        self._touched.extend(row[0] for row in rows)
        self.labels += len(rows)
        self.abstentions += sum(row[2] is None for row in rows)

    def _answers_so_far(self, items: list[int]) -> dict[tuple[int, int], list[int | None]]:
        """(item, annotator) → class ids in order of time; an answer repeated by the same file is no new label."""
        there: dict[tuple[int, int], list[int | None]] = {}
        for batch in bulk.in_batches(sorted(set(items))):
            rows = Label.objects.filter(bulk.among("item", batch)).order_by("id")
            for item, annotator, label in rows.values_list("item_id", "annotator_id", "label_class_id"):
                there.setdefault((item, annotator), []).append(label)
        return there


def _kept_apart(name: str) -> str:
    """Answers of users stand under @ and their name, whether or not there is such a user yet."""
    return name + OF_FILE if name.startswith("@") and not name.endswith(OF_FILE) else name


def _said_before(said: list[tuple[Any, ...]], earlier: list[int | None]) -> bool:
    """The file's answers of one annotator for one item are the last ones already here, in the same order."""
    return earlier[-len(said) :] == [row[2] for row in said]
