"""Items as lines of the table: what each says, what it carries and carried, and who said what."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from annotation.core.items.asked import Asked
from annotation.models import CurrentLabel, Dataset, Flag, Item, Label, PredictionSet
from annotation.reading.cases import excerpt_of
from annotation.reading.items.conditions import sets_asked
from annotation.reading.items.predicted import predicted_by
from annotation.reading.items.scores import scores_now

SHOWN_LABELS = 4


@dataclass(frozen=True)
class PredictedClass:
    """What a prediction set says: the likeliest class and its probability, in [0, 1]."""

    by: str
    label: str
    share: float


@dataclass
class ItemLine:
    """An item: `now` and `was` are classes or states in words, "no label" where it has none. `given`: (annotator,
    class), each annotator's counting answer; `flags`: reasons, the strongest first. `score`, `probability`: None where
    there is none or nobody asked."""

    item: Item
    excerpt: str
    now: str = "no label"
    state: str = ""
    basis: str = ""
    was: str = ""
    given: list[tuple[str, str]] = field(default_factory=list)
    flags: list[tuple[str, str]] = field(default_factory=list)
    said: list[PredictedClass] = field(default_factory=list)
    score: float | None = None
    probability: float | None = None

    @property
    def changed(self) -> bool:
        return bool(self.was) and self.was != self.now

    @property
    def first_given(self) -> list[tuple[str, str]]:
        return self.given[:SHOWN_LABELS]

    @property
    def n_more_given(self) -> int:
        return max(0, len(self.given) - SHOWN_LABELS)


def lines_of(dataset: Dataset, asked: Asked, ids: Sequence[int]) -> list[ItemLine]:
    """These items in this order, with their scores where the filter asks for them."""
    items = Item.objects.in_bulk(ids)
    lines = {pk: ItemLine(items[pk], excerpt_of(dataset, items[pk].content)) for pk in ids if pk in items}
    _label(lines)
    _flag(dataset, lines)
    for one in sets_asked(dataset, asked):
        _predict(one, lines)
    if asked.sort in ("score", "probability") or {"score", "probability"} & set(asked.between):
        _score(dataset, lines)
    return list(lines.values())


def _label(lines: dict[int, ItemLine]) -> None:
    current = CurrentLabel.objects.in_force().filter(item__in=lines)
    for item, name, state, basis in current.values_list("item_id", "label_class__name", "state", "basis"):
        line = lines[item]
        line.now, line.state, line.basis = name or CurrentLabel.STATES[state], state, basis
    first = CurrentLabel.objects.as_imported().filter(item__in=lines)
    for item, name in first.values_list("item_id", "label_class__name"):
        lines[item].was = name
    given = Label.objects.counting().filter(item__in=lines).order_by("id")
    for item, annotator, name in given.values_list("item_id", "annotator__name", "label_class__name"):
        lines[item].given.append((annotator, name or ""))


def _flag(dataset: Dataset, lines: dict[int, ItemLine]) -> None:
    newest = dataset.detections.order_by("-id").values_list("id", flat=True).first()
    flags = Flag.objects.filter(detection=newest, item__in=lines).order_by("-score", "id")
    for item, detector, reason in flags.values_list("item_id", "detector", "reason") if newest else ():
        lines[item].flags.append((detector, reason))


def _predict(one: PredictionSet, lines: dict[int, ItemLine]) -> None:
    predicted = predicted_by(one)
    ids = np.array(list(lines), dtype=np.int64)
    for pk, at in zip(ids.tolist(), predicted.where(ids).tolist(), strict=True):
        if at >= 0:
            lines[pk].said.append(PredictedClass(one.name, one.classes[predicted.best[at]], float(predicted.share[at])))


def _score(dataset: Dataset, lines: dict[int, ItemLine]) -> None:
    scores = scores_now(dataset)
    if scores is None:
        return
    ids = np.array(list(lines), dtype=np.int64)
    for what in ("score", "probability"):
        for pk, value in zip(ids.tolist(), scores.of(ids, what).tolist(), strict=True):
            setattr(lines[pk], what, None if value != value else value)
