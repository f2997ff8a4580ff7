"""What a lead reads of the newest consensus: which method, the annotators, and the items they differ on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings

from annotation.core.artifacts import bytes_to_arrays, load_bytes
from annotation.core.crowd.consensus_choice import METHODS
from annotation.core.crowd.contested_items import ERROR, READINGS
from annotation.core.crowd.skill import shrunk_rate
from annotation.core.crowd.stored import AnnotatorEntry, CostlyPair, MethodScores
from annotation.core.intervals import Interval
from annotation.core.stored import IntervalJson
from annotation.models import Annotator, Consensus, CurrentLabel, Dataset, Item, Job, Label, name_now
from annotation.reading.cases import excerpt_of
from annotation.reading.classes.order_then import class_names_at, names_now
from annotation.reading.pool_evidence import newest_label

SHOWN_ITEMS = 20
SHOWN_ANNOTATORS = 25
MOST = 1_000
SHOWN_MISTAKES = 3
# Labels among which those that came since are counted.
LOOKED = 20_000


@dataclass(frozen=True)
class MethodRow:
    """A method, how much of the held-out labels it predicted, in [0, 1], and the expected `difference` to majority in
    right labels, its n the items on which the two differ."""

    name: str
    chosen: bool
    labels: int
    accuracy: Interval | None
    difference: Interval | None
    why_not: str


@dataclass(frozen=True)
class AnnotatorSkill:
    """`skill` is the share of labels that are right; `pair` the confusion that costs most labels, None = none does."""

    pk: int
    name: str
    user: str
    labels: int
    skill: Interval | None
    pair: CostlyPair | None
    seconds: float | None


@dataclass(frozen=True)
class ConfusionRow:
    """How an annotator labels the items that truly are `true`: the share called so, and what else they are called."""

    true: str
    right: Interval
    mistakes: tuple[tuple[str, Interval], ...]


@dataclass(frozen=True)
class ContestedRow:
    """An item whose annotators differ. `said`: (label, how many). `dissenters`: who gave another label than the
    consensus, where that looks like an error. `ask`: whose answer would tell most, "" = nobody known."""

    excerpt: str
    said: tuple[tuple[str, int], ...]
    consensus: str
    reading: str
    dissenters: tuple[str, ...]
    ask: str


@dataclass(frozen=True)
class Annotators:
    """The page: its counts are of the whole estimate, its rows of what is shown. `changes`: current labels that the
    estimate would change, None where they were settled by it. `superseded`: labels that the same annotator's later one
    for the item replaced. `newer`: labels that came in since, at least so many where not `all_newer`."""

    consensus: Consensus
    methods: tuple[MethodRow, ...]
    annotators: tuple[AnnotatorSkill, ...]
    contested: tuple[ContestedRow, ...]
    n_annotators: int
    readings: dict[str, int]
    changes: int | None
    superseded: int
    newer: int
    all_newer: bool


def list_annotators(dataset: Dataset, everyone: bool = False) -> Annotators | None:
    """The newest estimate of the dataset, None before the first. `everyone` shows up to 1,000 annotators."""
    row = dataset.consensus_runs.select_related("created_by").order_by("-id").first()
    if row is None:
        return None
    arrays = _contested_arrays(row.arrays)
    counts = Counter(READINGS[code] for code in arrays["reading"].tolist())
    outcome, (newer, all_newer) = _outcome(dataset, row), _labels_since(row)
    return Annotators(
        consensus=row,
        methods=tuple(_method(name, row) for name in METHODS),
        annotators=_annotators(dataset, row.skills[: MOST if everyone else SHOWN_ANNOTATORS]),
        contested=_contested(dataset, arrays, row),
        n_annotators=len(row.skills),
        readings={reading: counts[reading] for reading in READINGS},
        changes=None if row.applied else outcome.get("changes"),
        superseded=outcome.get("superseded", 0),
        newer=newer,
        all_newer=all_newer,
    )


def confusion_of(dataset: Dataset, annotator: Annotator) -> tuple[ConfusionRow, ...]:
    """The annotator's confusion matrix by the newest estimate, a row per class they met, the commonest first."""
    row = dataset.consensus_runs.order_by("-id").first()
    if row is None:
        return ()
    arrays = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, row.arrays))
    mine = arrays["pair_annotator"] == annotator.pk
    counts = np.zeros_like(arrays["pool"])
    counts[arrays["pair_label"][mine]] = arrays["pair_counts"][mine]
    met = [true for true in np.argsort(-counts.sum(axis=0), kind="stable").tolist() if counts[:, true].sum() >= 0.5]
    return tuple(_confusion(true, counts, arrays, class_names_at(dataset, row.created_at)) for true in met)


def _confusion(true: int, counts: np.ndarray, arrays: dict[str, np.ndarray], classes: Sequence[str]) -> ConfusionRow:
    strength, of, pool = float(arrays["strength"][0]), counts[:, true].sum(), arrays["pool"]

    def rate(said: int) -> Interval:
        return shrunk_rate(counts[said, true], of, pool[said, true], strength)

    others = [said for said in np.argsort(-counts[:, true], kind="stable").tolist() if said != true]
    mistakes = [said for said in others if counts[said, true] >= 0.5][:SHOWN_MISTAKES]
    return ConfusionRow(classes[true], rate(true), tuple((classes[said], rate(said)) for said in mistakes))


def _method(name: str, row: Consensus) -> MethodRow:
    figures = row.methods.get(name, {})
    found = "value" in figures
    return MethodRow(
        METHODS[name], name == row.method, figures.get("labels", 0), _interval(figures) if found else None,
        _interval(figures["difference"]) if found else None, figures.get("why_not", ""),
    )  # fmt: skip


def _interval(figures: IntervalJson | MethodScores) -> Interval:
    return Interval(figures["value"], figures["low"], figures["high"], figures["n"])


def _annotators(dataset: Dataset, entries: Sequence[AnnotatorEntry]) -> tuple[AnnotatorSkill, ...]:
    linked = Annotator.objects.filter(dataset=dataset, user__isnull=False).values_list("id", "user__username")
    users = dict(linked)
    return tuple(
        AnnotatorSkill(
            one["annotator"], one["name"], users.get(one["annotator"], ""), one["labels"],
            _interval(one["skill"]) if one["skill"] else None, one["pair"], one["seconds"],
        )
        for one in entries
    )  # fmt: skip


# named by content, so what was read once stays true
@lru_cache(maxsize=16)
def _contested_arrays(name: str) -> dict[str, np.ndarray]:
    arrays = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, name))
    first = {key: arrays[key][: 2 * SHOWN_ITEMS] for key in ("contested_item", "contested_label", "ask")}
    return {**first, "reading": arrays["reading"]}


def _contested(dataset: Dataset, arrays: dict[str, np.ndarray], row: Consensus) -> tuple[ContestedRow, ...]:
    """The first items that no expert has decided since."""
    ids = arrays["contested_item"].tolist()
    since = CurrentLabel.objects.in_force().decided().filter(item__in=ids).values_list("item_id", flat=True)
    decided = set(since)
    places = [place for place, item in enumerate(ids) if item not in decided]
    items = Item.objects.filter(split=Item.POOL).in_bulk(ids)
    places = [place for place in places if ids[place] in items][:SHOWN_ITEMS]
    said = _said([ids[place] for place in places])
    askable = dict(Annotator.objects.filter(pk__in=arrays["ask"].tolist()).values_list("id", "name"))
    classes = names_now(dataset, row.created_at)
    rows = []
    for place in places:
        label, reading = int(arrays["contested_label"][place]), READINGS[arrays["reading"][place]]
        consensus = classes[label] if label >= 0 else ""
        answers = said.get(ids[place], [])
        rows.append(
            ContestedRow(
                excerpt_of(dataset, items[ids[place]].content),
                tuple(Counter(name for _, name in answers).most_common()),
                consensus,
                reading,
                tuple(who for who, name in answers if name != consensus) if reading == ERROR else (),
                askable.get(int(arrays["ask"][place]), ""),
            )  # fmt: skip
        )
    return tuple(rows)


def _said(items: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """item → (annotator, label) of its counting labels, in order of time."""
    answers: dict[int, list[tuple[str, str]]] = {}
    labels = Label.objects.counting().filter(item__in=items, origin=Label.IMPORT).order_by("id")
    for item, who, name in labels.values_list("item_id", "annotator__name", name_now()):
        answers.setdefault(item, []).append((who, name))
    return answers


def _outcome(dataset: Dataset, row: Consensus) -> dict[str, Any]:
    """What the job that made the estimate counted."""
    done = dataset.jobs.filter(kind="consensus", status=Job.DONE, result__consensus=row.pk).first()
    return done.outcome if done else {}


def _labels_since(row: Consensus) -> tuple[int, bool]:
    """How many labels came since, of the newest LOOKED of the site, and whether these are all."""
    newest = newest_label(row.dataset) or 0
    before = Label.objects.filter(id__lte=newest - LOOKED).order_by("-id").values_list("created_at", flat=True).first()
    since = Label.objects.filter(id__gt=newest - LOOKED, id__lte=newest, created_at__gt=row.created_at)
    n = since.filter(annotator__dataset=row.dataset_id, item__split=Item.POOL).count()
    return n, before is None or before <= row.created_at
