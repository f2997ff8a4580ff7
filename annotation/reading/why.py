"""Why an item was flagged, put together for a person: sentences first, the numbers they rest on beneath."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from annotation.core.artifacts import UnableToLoad, bytes_to_arrays, load_bytes
from annotation.core.intervals import Interval, wilson
from annotation.core.order.explaining import (
    Explanation,
    explanation_of,
    model_sentence,
    neighbour_sentence,
    record_sentence,
    suspects_sentence,
)
from annotation.core.order.ranking import doubted_members
from annotation.models import (
    DECIDED_ROW,
    Annotator,
    Case,
    CurrentLabel,
    Dataset,
    Decision,
    Detection,
    Finding,
    FindingItem,
    Flag,
    Item,
    Label,
    LabelClass,
    User,
    name_now,
)
from annotation.reading.classes.order_then import class_names_at
from annotation.reading.learned_order import prior_evidence_of

NEIGHBOURS, ANNOTATORS = 5, 5
# Whose reasons count the labels of an item's nearest neighbours and give the model's word.
BY_NEIGHBOURS = ("label_error",)
# Of an annotator's labels of a class that others labelled too the latest so many are read.
LATEST = 2000
FEW = 10


@dataclass(frozen=True)
class Neighbour:
    """`label`: what it carries now, or its state in words; hidden from an expert who may still be asked about it."""

    item: Item
    similarity: float
    label: str
    hidden: bool = False


@dataclass(frozen=True)
class Record:
    """Of an annotator's labels `given`, the share found to be `other`: judged by experts, or else beside others."""

    annotator: str
    given: str
    other: str
    share: Interval
    by_experts: bool

    @property
    def is_worth_saying(self) -> bool:
        """Worth a sentence: it happened before, or never in many."""
        return self.share.n > 0 and (self.share.value > 0 or self.share.n >= FEW)

    @property
    def sentence(self) -> str:
        return record_sentence(self.annotator, self.given, self.other, self.share, self.by_experts)


@dataclass(frozen=True)
class Why:
    """label: what the item carried when the detection ran. best: (class, probability), likeliest first."""

    item: Item
    label: str
    sentences: tuple[str, ...]
    flags: tuple[Flag, ...]
    neighbours: tuple[Neighbour, ...]
    best: tuple[tuple[str, float], ...]
    given: float | None
    records: tuple[Record, ...]
    findings: tuple[Finding, ...]

    @property
    def label_is_likely(self) -> bool:
        """Its label is among the likeliest classes."""
        return any(name == self.label for name, _ in self.best)


def told_reason(items: Sequence[Item], detection: Detection | None, expert: User) -> str:
    """The strongest flag's reason that `explain` would tell this expert of any of `items`; "" where it tells none."""
    for flag in Flag.objects.filter(detection=detection, item__in=items).order_by("-score", "id"):
        if flag.detector not in BY_NEIGHBOURS:
            return flag.reason
        kept = explanation_of(_arrays(detection), flag.item_id)
        if kept is None or not any(one.hidden for one in _neighbours(kept, expert)):
            return flag.reason
    return ""


def explain(dataset: Dataset, item: Item, detection: Detection | None, expert: User | None = None) -> Why:
    """Why `detection` suspects `item`.

    For an `expert` each case is answered without knowing its label: where neighbours wait in an open case that this
    expert has not answered, their labels stay hidden, and so do the reasons that count them; findings stay hidden while
    any of their items waits so, and no annotator's record counts one that does.
    """
    label_class = _label_seen(item, detection)
    label = label_class.name if label_class else ""
    flags = tuple(
        Flag.objects.filter(detection=detection, item=item).select_related("suggested").order_by("-score", "id")
    )
    kept = explanation_of(_arrays(detection), item.pk)
    classes = _names_now(dataset, detection)
    neighbours = _neighbours(kept, expert) if kept else ()
    best = tuple((classes[code], share) for code, share in kept.best if code < len(classes)) if kept else ()
    other = _other(dataset, flags, best, label)
    records = _records(dataset, item, label_class, other, expert) if label_class else ()
    findings = _findings(dataset, item, detection, expert)
    seen = [one.label for one in neighbours if not one.hidden]
    hidden = len(seen) < len(neighbours)
    told = [flag for flag in flags if not (hidden and flag.detector in BY_NEIGHBOURS)]
    said_by_flag = any(flag.detector in BY_NEIGHBOURS for flag in told)
    sentences = [
        *(flag.reason for flag in told),
        neighbour_sentence(seen, label) if not said_by_flag else "",
        model_sentence(kept, label, classes) if kept and not said_by_flag else "",
        *(one.sentence for one in records if one.is_worth_saying),
    ]  # fmt: skip
    unique = tuple(dict.fromkeys(sentence for sentence in sentences if sentence))
    return Why(item, label, unique, flags, neighbours, best, kept.given if kept else None, records, findings)


def _names_now(dataset: Dataset, detection: Detection | None) -> tuple[str, ...]:
    """By the codes of the detection its classes, by the name of now where one stands for them."""
    then = class_names_at(dataset, detection.created_at) if detection else dataset.class_names
    now = dataset.classes
    return tuple(now.now(name) or name for name in then)


def detection_behind(case: Case) -> Detection | None:
    """The newest detection from before the case's first decision; while nobody has decided the newest of all."""
    detections = case.dataset.detections.order_by("-id")
    first = case.decisions.order_by("id").first()
    return (detections.filter(created_at__lte=first.created_at) if first else detections).first()


@dataclass(frozen=True)
class Suspects:
    """Of the items of a case those most likely wrong among near-identical ones, and who they are in a sentence."""

    items: frozenset[int] = frozenset()
    sentence: str = ""


def suspects_in(case: Case, detection: Detection | None) -> Suspects:
    """The suspicious members of a group in conflict, as `detection` saw their labels."""
    if detection is None or not case.group_digest:
        return Suspects()
    items = list(Item.objects.filter(case_items__case=case).order_by("id"))
    labels = _labels_seen(items, detection)
    try:
        prior = prior_evidence_of(detection)
    except UnableToLoad:
        return Suspects()
    # not by the index of all items: this page needs a few, and it is large
    at = np.flatnonzero(np.isin(prior.item, [item.pk for item in items]))
    score = dict(zip(prior.item[at].tolist(), prior.score[at].tolist(), strict=True))
    known = [item for item in items if item.pk in score]
    carried = [labels.get(item.pk, "") for item in known]
    doubted = doubted_members(carried, [score[item.pk] for item in known])
    suspects = frozenset(item.pk for item, one in zip(known, doubted, strict=True) if one)
    return Suspects(suspects, suspects_sentence(carried, doubted, [item.external_id for item in known]))


def _labels_seen(items: Sequence[Item], detection: Detection) -> dict[int, str]:
    """item → the label it carried when the detection ran, the newest version before it."""
    versions = CurrentLabel.objects.filter(item__in=items, created_at__lte=detection.created_at).order_by("id")
    return {item: name or "" for item, name in versions.values_list("item_id", name_now())}


def _label_seen(item: Item, detection: Detection | None) -> LabelClass | None:
    versions = CurrentLabel.objects.filter(item=item).select_related("label_class").order_by("-id")
    if detection:
        versions = versions.filter(created_at__lte=detection.created_at)
    row = versions.select_related("label_class__became").first()
    if row is None or row.label_class is None:
        return None
    return row.label_class.became or row.label_class


def _arrays(detection: Detection | None) -> dict[str, np.ndarray]:
    if detection is None or not detection.arrays:
        return {}
    try:
        return _stored(str(settings.ARTIFACTS_DIR), detection.arrays)
    except UnableToLoad:
        return {}


# An artifact is known by its hash and never changes.
@lru_cache(maxsize=4)
def _stored(folder: str, name: str) -> dict[str, np.ndarray]:
    return {key: one for key, one in bytes_to_arrays(load_bytes(folder, name)).items() if key.startswith("why_")}


def _neighbours(kept: Explanation, expert: User | None) -> tuple[Neighbour, ...]:
    ids = [item for item, _ in kept.neighbours[:NEIGHBOURS]]
    items = Item.objects.filter(split__in=Item.HERE).in_bulk(ids)
    rows = CurrentLabel.objects.in_force().filter(item__in=ids).values_list("item_id", "label_class__name", "state")
    labels = {item: name or CurrentLabel.STATES[state] for item, name, state in rows}
    waiting = _waiting(ids, expert) if expert else set()
    return tuple(
        Neighbour(items[item], similarity, labels.get(item, "no label"), item in waiting)
        for item, similarity in kept.neighbours[:NEIGHBOURS]
        if item in items
    )


def _waiting(ids: Sequence[int], expert: User) -> set[int]:
    return set(unanswered(expert).filter(pk__in=ids).values_list("id", flat=True))


def unanswered(expert: User) -> QuerySet[Item]:
    """Items in an open case on which this expert gave neither a label nor, there, another answer."""
    mine = Label.objects.counting().filter(annotator__user=expert, item=OuterRef("pk"))
    said = Decision.objects.standing().filter(expert=expert, items=OuterRef("pk"), case__status=Case.OPEN)
    return Item.objects.filter(case_items__case__status=Case.OPEN).filter(~Exists(mine), ~Exists(said)).distinct()


def _other(dataset: Dataset, flags: Sequence[Flag], best: Sequence[tuple[str, float]], label: str) -> LabelClass | None:
    """The class to which the item's label may be mistaken: the strongest suggestion, else the model's best."""
    suggested = next((flag.suggested for flag in flags if flag.suggested and flag.suggested.name != label), None)
    if suggested or not best:
        return suggested
    name = next((name for name, _ in best if name != label), None)
    return dataset.label_classes.in_use().filter(name=name).first()


def _records(
    dataset: Dataset, item: Item, given: LabelClass, other: LabelClass | None, expert: User | None
) -> tuple[Record, ...]:
    """One per annotator out of a file who gave the item this label."""
    if other is None:
        return ()
    labels = Label.objects.counting().filter(_means(given), item=item, origin=Label.IMPORT)
    annotators = Annotator.objects.filter(pk__in=labels.values("annotator")).order_by("name")[:ANNOTATORS]
    return tuple(_record(dataset, item, annotator, given, other, expert) for annotator in annotators)


def _record(
    dataset: Dataset, item: Item, annotator: Annotator, given: LabelClass, other: LabelClass, expert: User | None
) -> Record:
    theirs = Label.objects.counting().filter(_means(given), annotator=annotator).exclude(item=item)
    if expert is not None:
        theirs = theirs.exclude(item__in=unanswered(expert).filter(dataset=dataset))
    current = CurrentLabel.objects.in_force().filter(
        item__dataset=dataset, item__split__in=Item.HERE, label_class__isnull=False
    )
    # decision is indexed and seldom set: the database starts there and not at the annotator's labels
    judged = _counted(current.filter(DECIDED_ROW, decision__isnull=False, item__in=theirs.values("item")), other)
    if judged.n:
        return Record(annotator.name, given.name, other.name, judged, True)
    beside = Label.objects.filter(item=OuterRef("item"), label_class__isnull=False).exclude(annotator=annotator)
    latest = list(theirs.filter(Exists(beside)).order_by("-id").values_list("item_id", flat=True)[:LATEST])
    return Record(annotator.name, given.name, other.name, _counted(current.filter(item__in=latest), other), False)


def _means(given: LabelClass) -> Q:
    return Q(label_class=given) | Q(label_class__became=given)


def _counted(current: Any, other: LabelClass) -> Interval:
    counts = current.aggregate(n=Count("id"), times=Count("id", filter=Q(label_class=other)))
    return wilson(counts["times"], counts["n"])


def _findings(dataset: Dataset, item: Item, detection: Detection | None, expert: User | None) -> tuple[Finding, ...]:
    """Those of the detection that cover the item, and those that somebody wrote."""
    covering = Finding.objects.filter(dataset=dataset, covered__item=item)
    found = covering.filter(Q(detection=detection) | Q(detection=None)).distinct().order_by("id")
    if expert is not None:
        waiting = FindingItem.objects.filter(item__in=unanswered(expert).filter(dataset=dataset))
        found = found.exclude(pk__in=waiting.values("finding"))
    return tuple(found)
