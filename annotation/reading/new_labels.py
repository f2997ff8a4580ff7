"""What the pool says of labels that come in: which of them look wrong, before any is written."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from django.db.models import Max, Min
from django.utils.formats import date_format

from annotation import bulk, frames
from annotation.core.intervals import wilson
from annotation.core.judging.new_batch import MOST, JudgedBatch, KnownLabels, UnableToJudge, judge_batch
from annotation.core.judging.said import UNSAID, NamedRowJson, NewLabelsJson
from annotation.core.wording import counted, percent
from annotation.models import CurrentLabel, Dataset, Detection, Flag, Item
from annotation.reading.cases import excerpt_of

# Rows that are named, those that look worst first.
NAMED = 20
# Items of the pool that are read, more than are learned from because some are doubted. In a pool of more than COUNTED
# they are drawn by their number, in so many rounds, for other datasets' items lie between.
DRAWN, COUNTED, ROUNDS = MOST + MOST // 4, 4 * MOST, 3


@dataclass(frozen=True)
class _Examples:
    """Labelled items of the pool: what they say, their label, and whether the newest detection doubts it."""

    content: list[dict[str, object]]
    label: list[str]
    doubted: list[bool]


def judge_new_labels(dataset: Dataset, new: pd.DataFrame, of: int) -> NewLabelsJson:
    """new: row, external_id, content and label of the labels to judge, drawn from the `of` labels of the file.

    Models that learned from the labels which the newest detection does not doubt say what they expect; no detection is
    run. Raises UnableToJudge where nothing can be said.
    """
    detection = dataset.detections.order_by("-id").first()
    if detection is None:
        raise UnableToJudge(f"{UNSAID}: no detection has run on {dataset.slug!r} yet.")
    examples = _examples(dataset, detection, frozenset(new["external_id"]))
    classes, fields = dataset.class_names, dataset.typed_fields
    known = KnownLabels(
        frames.content_table(examples.content, fields), frames.codes(examples.label, classes),
        np.array(examples.doubted, dtype=bool),
    )  # fmt: skip
    rows = frames.content_table(new["content"].tolist(), fields)
    found = judge_batch(known, rows, frames.codes(new["label"], classes), fields, classes)
    sentence = _sentence(found, len(new), of) + _beside(examples, detection)
    return {
        "sentence": sentence, "judged": found.judged, "doubted": len(found.doubted),
        "rows": _named(dataset, found, new),
    }  # fmt: skip


def _named(dataset: Dataset, found: JudgedBatch, new: pd.DataFrame) -> list[NamedRowJson]:
    rows = new.iloc[found.doubted[:NAMED]]
    expected = [dataset.class_names[code] for code in found.expected[:NAMED].tolist()]
    return [
        {"row": int(row), "excerpt": excerpt_of(dataset, content), "label": label, "expected": other}
        for row, content, label, other in zip(rows["row"], rows["content"], rows["label"], expected, strict=True)
    ]


def _sentence(found: JudgedBatch, asked: int, of: int) -> str:
    if not found.judged:
        return "None of these labels is of a class of which the pool has enough examples to judge it."
    n, share = len(found.doubted), found.share
    these = f"these {counted(found.judged, 'label')}" if asked == of else f"{found.judged:,} drawn of {of:,} labels"
    limits = f"{percent(share.value)}, 95 % interval {percent(share.low)} to {percent(share.high)}"
    many = f"{n:,} of {these} {'looks' if n == 1 else 'look'} wrong ({limits})"
    rest = asked - found.judged
    few = f" {counted(rest, 'label')} of classes with hardly an example in the pool could not be judged." * bool(rest)
    return f"{many} to models that learned from {counted(found.examples, 'label')} of the pool.{few}"


def _beside(examples: _Examples, detection: Detection) -> str:
    """How many of the pool's own labels look wrong, to compare."""
    doubted = wilson(sum(examples.doubted), len(examples.doubted))
    return (
        f" Of the pool's own labels {percent(doubted.value)} do (n = {doubted.n:,}), by the detection of "
        f"{date_format(detection.created_at, 'j F Y')}."
    )


def _examples(dataset: Dataset, detection: Detection, leave_out: frozenset[str]) -> _Examples:
    """Labelled items that the detection saw, without the batch's own. A label that an expert decided is not doubted."""
    found = _Examples([], [], [])
    for batch in bulk.in_batches(_drawn(dataset, detection)):
        current = CurrentLabel.objects.in_force().filter(item__in=batch, state=CurrentLabel.LABELLED)
        labels = dict(current.values_list("item_id", "label_class__name"))
        decided = set(current.decided().values_list("item_id", flat=True))
        flags = Flag.objects.filter(detection=detection, detector="label_error", item__in=batch)
        doubted = set(flags.values_list("item_id", flat=True)) - decided
        items = Item.objects.filter(pk__in=labels).order_by("id").values_list("id", "external_id", "content")
        for pk, name, content in items:
            if name not in leave_out:
                found.content.append(content)
                found.label.append(labels[pk])
                found.doubted.append(pk in doubted)
    return found


def _drawn(dataset: Dataset, detection: Detection) -> list[int]:
    """Pool items that the detection saw; of many some at random, without reading or counting them all."""
    there = Item.objects.filter(dataset=dataset, split=Item.POOL, created_at__lte=detection.created_at)
    rng = np.random.default_rng(detection.pk)
    if detection.n_items <= COUNTED:
        ids = np.array(there.order_by("id").values_list("id", flat=True), dtype=np.int64)
        return ids.tolist() if len(ids) <= DRAWN else np.sort(rng.choice(ids, DRAWN, replace=False)).tolist()
    ends = there.aggregate(low=Min("id"), high=Max("id"))
    found: set[int] = set()
    for _ in range(ROUNDS):
        numbers = rng.integers(ends["low"], ends["high"] + 1, DRAWN).tolist()
        for batch in bulk.in_batches(numbers):
            found.update(there.filter(pk__in=batch).values_list("id", flat=True))
        if len(found) >= DRAWN:
            break
    return sorted(found)
