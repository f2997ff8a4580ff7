"""All that is known of one item, in the order in which it came to be."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.urls import reverse

from annotation.core.wording import counted, quoted
from annotation.models import (
    Case,
    CurrentLabel,
    Dataset,
    Decision,
    Finding,
    FindingItem,
    Flag,
    GroupMember,
    Item,
    Label,
    PredictionSet,
    Skip,
    SnapshotRow,
)
from annotation.reading.items.predicted import predicted_by
from annotation.reading.prediction_sets import UnableToAlign

# Of each kind so many are shown, the latest.
MOST = 200
# What a case or an answer of the same moment brought about.
CONSEQUENCES = ("label", "current label")
# Prediction sets that are read for one page.
MOST_SETS = 10


@dataclass(frozen=True)
class Event:
    """Something that happened to the item. `kind` is its heading; `said` the sentence; `who` "" = nobody or not known;
    `url` leads to what it is about."""

    at: datetime
    kind: str
    said: str
    who: str = ""
    url: str = ""


Read = Callable[[Item, QuerySet[Any]], Iterator[Event]]


@dataclass(frozen=True)
class ItemHistory:
    """`cut`: what there is more of than is shown, a sentence each."""

    events: list[Event]
    cut: list[str]


def history_of(item: Item) -> ItemHistory:
    """What happened to the item, the earliest first; of each kind the latest 200."""
    kinds: dict[str, tuple[Read, QuerySet[Any]]] = {
        "labels": (_labels, item.labels.all()),
        "current labels": (_current, item.current_labels.all()),
        "flags": (_flags, item.flags.all()),
        "cases": (_cases, Case.objects.filter(case_items__item=item)),
        "decisions": (_decisions, item.decisions.all()),
        "passes": (_skips, Skip.objects.filter(case__case_items__item=item)),
        "comments": (_comments, item.comments.all()),
        "groups": (_groups, GroupMember.objects.filter(item=item, group__detection__finished=True)),
        "findings": (_findings, FindingItem.objects.filter(item=item, finding__in=Finding.objects.all())),
        "snapshots": (_snapshots, SnapshotRow.objects.filter(item=item)),
    }  # fmt: skip
    events, cut = list(_brought(item)), []
    for name, (read, rows) in kinds.items():
        found: list[Any] = list(rows.order_by("-id")[: MOST + 1])
        if len(found) > MOST:
            cut.append(f"There are more than {MOST} {name}; the latest {MOST} are shown.")
        events += read(item, rows.model._default_manager.filter(pk__in=[one.pk for one in found[:MOST]]))
    events += _predictions(item, cut)
    return ItemHistory(sorted(events, key=lambda one: (one.at, one.kind in CONSEQUENCES, one.kind != "label")), cut)


def _brought(item: Item) -> Iterator[Event]:
    of = item.brought_by
    said = f"imported from {quoted(of.file_name)}" if of else "imported"
    yield Event(item.created_at, "import", f"{said} as {item.get_split_display()}", _name(of.user) if of else "")
    if item.split == Item.TAKEN_BACK and of and hasattr(of, "taken_back"):
        back = of.taken_back
        yield Event(back.created_at, "import", "taken back with its import", _name(back.user))


def _labels(item: Item, rows: QuerySet[Label]) -> Iterator[Event]:
    for one in rows.select_related("annotator", "label_class", "brought_by"):
        said = quoted(one.label_class.name) if one.label_class else "no label"
        of = f", from {quoted(one.brought_by.file_name)}" if one.brought_by else ""
        given = f", given {one.given_at:%-d %B %Y, %H:%M}" if one.given_at and one.given_at != one.created_at else ""
        url = reverse("annotator", args=[item.dataset.slug, one.annotator_id])
        yield Event(one.created_at, "label", f"{said}{of}{given}", one.annotator.name, url)


def _current(item: Item, rows: QuerySet[CurrentLabel]) -> Iterator[Event]:
    for one in rows.select_related("label_class", "decision__expert", "class_change__author"):
        said = quoted(one.label_class.name) if one.label_class else CurrentLabel.STATES[one.state]
        who = one.decision.expert if one.decision else one.class_change.author if one.class_change else None
        yield Event(one.created_at, "current label", f"{said}, by {one.get_basis_display()}", _name(who))


def _flags(item: Item, rows: QuerySet[Flag]) -> Iterator[Event]:
    for one in rows.select_related("detection", "suggested"):
        name = one.detector.replace("_", " ")
        other = f" It suggests {quoted(one.suggested.name)}." if one.suggested else ""
        yield Event(one.detection.created_at, "flag", f"{name}, score {one.score:.3f}: {one.reason}{other}")


def _cases(item: Item, rows: QuerySet[Case]) -> Iterator[Event]:
    for one in rows.select_related("reopens"):
        why = f", opens case {one.reopens_id} again: {one.reopen_reason}" if one.reopens_id else ""
        said = f"case {one.pk} ({one.kind}) opened{why}; it is {one.status}"
        yield Event(one.opened_at, "case", said, url=reverse("case", args=[item.dataset.slug, one.pk]))


def _decisions(item: Item, rows: QuerySet[Decision]) -> Iterator[Event]:
    for one in rows.select_related("expert", "label_class", "guideline", "undone_by"):
        said = "took the answer back" if one.outcome == Decision.UNDO else quoted(one.said)
        about = [
            "" if one.blind or one.outcome == Decision.UNDO else "not blind",
            "not sure" if one.confidence == "unsure" else "",
            f"guideline {one.guideline.version}" if one.guideline else "",
            "taken back since" if hasattr(one, "undone_by") else "",
            one.note,
        ]  # fmt: skip
        told = "; ".join([said, *(part for part in about if part)])
        url = reverse("case", args=[item.dataset.slug, one.case_id])
        yield Event(one.created_at, "decision", told, _name(one.expert), url)


def _skips(item: Item, rows: QuerySet[Skip]) -> Iterator[Event]:
    for one in rows.select_related("expert", "undone"):
        why = f": {one.get_reason_display()}" if one.reason else ""
        back = "; taken back since" if hasattr(one, "undone") else ""
        note = f". {one.note}" if one.note else ""
        url = reverse("case", args=[item.dataset.slug, one.case_id])
        yield Event(one.created_at, "pass", f"passed case {one.case_id} on{why}{note}{back}", _name(one.expert), url)


def _comments(item: Item, rows: QuerySet[Any]) -> Iterator[Event]:
    for one in rows.select_related("author"):
        yield Event(one.created_at, "comment", one.text or "closed a comment", _name(one.author))


def _groups(item: Item, rows: QuerySet[GroupMember]) -> Iterator[Event]:
    for one in rows.select_related("group__detection"):
        group = one.group
        conflict = ", whose labels differ" if group.in_conflict else ""
        said = f"one of {counted(group.size, 'near-identical item')}{conflict}"
        yield Event(group.detection.created_at, "group", said)


def _findings(item: Item, rows: QuerySet[FindingItem]) -> Iterator[Event]:
    for one in rows.select_related("finding__author"):
        yield Event(one.finding.created_at, "finding", one.finding.title, _name(one.finding.author))


def _snapshots(item: Item, rows: QuerySet[SnapshotRow]) -> Iterator[Event]:
    for one in rows.select_related("snapshot__created_by", "label_class"):
        said = f"frozen as {quoted(one.label_class.name)} in {one.snapshot}"
        yield Event(one.snapshot.created_at, "snapshot", said, _name(one.snapshot.created_by))


def _predictions(item: Item, cut: list[str]) -> Iterator[Event]:
    """What each of the newest sets says, of those that have the item."""
    sets = list(item.dataset.prediction_sets.order_by("-id")[: MOST_SETS + 1])
    if len(sets) > MOST_SETS:
        cut.append(f"There are more than {MOST_SETS} prediction sets; the newest {MOST_SETS} were read.")
    for one in sets[:MOST_SETS]:
        try:
            yield from _predicted(one, item)
        except UnableToAlign as fault:
            cut.append(str(fault))


def _predicted(one: PredictionSet, item: Item) -> Iterable[Event]:
    found = predicted_by(one)
    at = int(found.where(np.array([item.pk]))[0])
    if at < 0:
        return []
    label = one.classes[int(found.best[at])]
    return [Event(one.created_at, "prediction", f"{quoted(label)}, {found.share[at]:.0%} by {quoted(one.name)}")]


def _name(user: Any) -> str:
    return user.get_username() if user else ""


def fields_of(dataset: Dataset, item: Item) -> list[tuple[str, Any, bool]]:
    """(name, value as the file wrote it, whether it is a text) of every field, then of what else the content has."""
    written = item.written or {}
    types = {one.name: one.type for one in dataset.typed_fields}
    names = [*types, *(name for name in item.content if name not in types)]
    return [(name, written.get(name, item.content.get(name)), types.get(name) == "text") for name in names]
