"""The classes of a dataset as a lead sees them: what each is called and means, and how many items carry it now."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from annotation import frames
from annotation.core.intervals import Interval, wilson
from annotation.models import ClassChange, CurrentLabel, Dataset, Item, LabelClass
from annotation.reading.classes.sentences import said_of
from annotation.reading.classes.undoing import stands_in_the_way
from annotation.reading.sampling.counts import count_items
from annotation.reading.sampling.drawn import draw_items

# Items of a larger pool by which it is said how many carry each class.
SAMPLE = 5_000


@dataclass(frozen=True)
class ClassLine:
    """`n`: items of the pool and of production whose current label it is. share: of a large pool, in [0, 1], by a
    sample; n is then what that makes of all its items."""

    label_class: LabelClass
    n: int
    share: Interval | None = None


@dataclass(frozen=True)
class ChangeLine:
    """A change in words; `can_undo`: nothing stands in the way of taking it back."""

    change: ClassChange
    said: str
    can_undo: bool


def classes_in_use(dataset: Dataset) -> list[ClassLine]:
    drawn = draw_items(dataset, SAMPLE)
    if drawn is not None:
        return _of_sample(dataset, drawn.ids.tolist())
    held = CurrentLabel.objects.in_force().filter(item__dataset=dataset, label_class__isnull=False).order_by()
    counts = dict(held.values_list("label_class").annotate(n=Count("id")))
    return [ClassLine(one, counts.get(one.pk, 0)) for one in dataset.label_classes.in_use()]


def _of_sample(dataset: Dataset, ids: Sequence[int]) -> list[ClassLine]:
    said = frames.current(dataset, only=ids)["label"].value_counts()
    of, lines = count_items(dataset, Item.POOL), []
    for one in dataset.label_classes.in_use():
        share = wilson(int(said.get(one.name, 0)), len(ids))
        lines.append(ClassLine(one, round(share.value * of), share))
    return lines


def retired_classes(dataset: Dataset) -> Sequence[LabelClass]:
    """Those that are offered no more, with what became of them."""
    return list(dataset.label_classes.filter(retired_at__isnull=False).select_related("became").order_by("-retired_at"))


def changes_of(dataset: Dataset, shown: int = 50) -> list[ChangeLine]:
    """The newest first."""
    rows = dataset.class_changes.select_related("author", "undoes", "undone_by", "dataset").order_by("-id")
    found = rows.prefetch_related("sources", "targets", "undoes__sources", "undoes__targets")[:shown]
    return [ChangeLine(one, said_of(one), stands_in_the_way(one) is None) for one in found]
