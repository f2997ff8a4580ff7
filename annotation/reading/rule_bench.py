"""What a rule typed by hand does on the pool's labels, and how much of that somebody may see who answers them blind."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings

from annotation import frames
from annotation.core.artifacts import UnableToLoad, bytes_to_arrays, load_bytes
from annotation.core.rules.coarse_rules import judge_coarsely
from annotation.core.rules.typed_rules import Followers, Share, TypedRule, applies, followers, judge
from annotation.models import Case, CaseItem, Dataset, Gold, QuestionOfTest
from annotation.reading.classes.order_then import class_names_at
from annotation.reading.pool_evidence import pool_frame, state_of, votes_of
from annotation.reading.sampling.drawn import DrawnSample, draw_items
from annotation.reading.sampling.kept import KeptByMark

EXAMPLES = 5
# Items of a pool that is kept in memory between two letters typed: some tens of megabytes of texts.
MOST_KEPT = 50_000
# Items of a larger pool that a page tries rules on.
SAMPLE = 10_000


@dataclass(frozen=True, eq=False)
class Pool:
    """The pool as rules see it, n items in the order of import. frame: item, code (class of the current label, −1 =
    none), basis, source; table: one column per field; votes: item (position), annotator, label (code). place: where
    each stands among `of` items, int (n,); of a sample nearly so."""

    frame: pd.DataFrame
    table: pd.DataFrame
    sources: np.ndarray
    votes: pd.DataFrame
    annotators: tuple[str, ...]
    place: np.ndarray
    of: int
    is_sample: bool = False


@dataclass(frozen=True)
class Tried:
    """What a rule does. n: items of the pool, n_matching: where the rule holds. given: its shares by class of the
    current labels; said: of the classes of the newest detection's out-of-fold model, empty with `no_model` saying why.
    annotators: how often each gives the class the rule predicts best, where it holds and where not;
    annotator_names: by their code. `coarse`: as somebody sees it who answers cases blind, from the items that may be
    counted only; which items fit is no secret, for their texts are none. `of_sample`: n counts items drawn at random
    from a larger pool."""

    rule: TypedRule
    n: int
    n_matching: int
    given: list[Share]
    said: list[Share]
    no_model: str
    annotators: list[Followers]
    annotator_names: tuple[str, ...]
    examples: list[dict[str, Any]]
    coarse: bool = False
    of_sample: bool = False


_kept: dict[tuple[int, datetime, str], Pool] = {}


def pool_of(dataset: Dataset) -> Pool:
    """The whole pool as it is now. The last is kept unless it is large, so that each letter typed does not read the
    tables again and a web process never holds on to much."""
    key = (dataset.pk, dataset.created_at, state_of(dataset))
    pool = _kept.get(key)
    if pool is None:
        pool = _read_pool(dataset, None)
        _kept.clear()
        if len(pool.frame) <= MOST_KEPT:
            _kept[key] = pool
    return pool


def _read_shown(dataset: Dataset) -> Pool:
    return _read_pool(dataset, draw_items(dataset, SAMPLE))


# What a page tries rules on: the pool, or a sample of a large one.
_shown = KeptByMark(_read_shown, state_of, lambda pool: pool.is_sample, most=2)


def _read_pool(dataset: Dataset, drawn: DrawnSample | None) -> Pool:
    only = None if drawn is None else drawn.ids.tolist()
    pool = pool_frame(dataset, only)
    votes, annotators = votes_of(dataset, pool, only)
    table = frames.content_table(pool["content"], dataset.typed_fields)
    sources = pool["source"].fillna("").to_numpy(dtype=object)
    place, of = np.arange(len(pool)), len(pool)
    if drawn is not None and of:
        of = round(of / drawn.share)
        place = (drawn.place * of).astype(np.int64)
    frame = pool[["item", "code", "basis"]]
    return Pool(frame, table, sources, votes, annotators, place, of, drawn is not None)


def try_rule(dataset: Dataset, rule: TypedRule) -> Tried:
    """How far the rule predicts the given labels, each annotator and the model."""
    pool, fields = _shown.of(dataset), dataset.typed_fields
    holds = applies(rule, pool.table, fields, pool.sources, (pool.place, pool.of))
    n_classes = len(dataset.class_names)
    given = judge(holds, pool.frame["code"].to_numpy(), n_classes)
    says, no_model = model_classes(dataset, pool.frame["item"].to_numpy(dtype=np.int64))
    best = given[0].label if given else 0
    examples = pool.table[holds].head(EXAMPLES).to_dict("records")
    return Tried(
        rule, len(holds), int(holds.sum()), given, judge(holds, says, n_classes) if len(says) else [], no_model,
        followers(holds, pool.votes, best), pool.annotators, examples, of_sample=pool.is_sample,
    )  # fmt: skip


def try_rule_blind(dataset: Dataset, rule: TypedRule) -> Tried:
    """How far the rule predicts labels and model, for whoever answers cases of the dataset: items that wait in any open
    case and items whose answer is known are left out of every share, and what is left is told of many items only and
    rounded. No annotator is named."""
    pool, fields = _shown.of(dataset), dataset.typed_fields
    items = pool.frame["item"].to_numpy(dtype=np.int64)
    told = ~np.isin(items, untold_items(dataset))
    holds = applies(rule, pool.table, fields, pool.sources, (pool.place, pool.of))
    n_classes = len(dataset.class_names)
    given = judge_coarsely(holds[told], pool.frame["code"].to_numpy()[told], n_classes)
    says, no_model = model_classes(dataset, items[told])
    said = judge_coarsely(holds[told], says, n_classes) if len(says) and given else []
    examples = pool.table[holds].head(EXAMPLES).to_dict("records")
    return Tried(
        rule, len(holds), int(holds.sum()), given, said, no_model, [], (), examples, coarse=True,
        of_sample=pool.is_sample,
    )  # fmt: skip


def untold_items(dataset: Dataset) -> np.ndarray:
    """Ids of the items of which nothing is told to whoever answers cases, int (n,): those in an open case of any kind,
    and those of known label. Read anew each time, for a case opens without a label changing."""
    waiting = CaseItem.objects.filter(case__dataset=dataset, case__status=Case.OPEN).values_list("item_id", flat=True)
    gold = Gold.objects.known().filter(dataset=dataset).values_list("item_id", flat=True)
    asked = QuestionOfTest.objects.filter(test__dataset=dataset).values_list("item_id", flat=True)
    return np.unique(np.array([*waiting, *gold, *asked], dtype=np.int64))


def model_classes(dataset: Dataset, items: np.ndarray) -> tuple[np.ndarray, str]:
    """The class the newest detection's out-of-fold model gives each of `items` (ids), int (n,), −1 = item is newer; or
    nothing and why."""
    detection = dataset.detections.order_by("-id").first()
    nothing = np.empty(0, dtype=np.int64)
    if detection is None or not detection.arrays:
        return nothing, "No detection has run yet, so there is no model to compare with."
    try:
        stored = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, detection.arrays))
    except UnableToLoad as error:
        return nothing, f"The newest detection's model cannot be read: {error}"
    if "says" not in stored:
        return nothing, "The newest detection kept nothing of its model; detect again to compare with it."
    place = pd.Index(stored["item"]).get_indexer(items)
    known = dataset.classes
    then = [known.now(name) for name in class_names_at(dataset, detection.created_at)]
    # by today's codes; the last place stands for an item that is newer
    codes = np.append(frames.codes(then, known.names), -1)
    return codes[np.where(place >= 0, stored["says"][np.maximum(place, 0)], -1)], ""
