"""Try a rule on the pool's labels, and open the items it applies to as a queue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings
from django.db import transaction

from annotation import bulk, frames
from annotation.actions.detect import pool_frame, state_of, votes_of
from annotation.actions.open_finding import open_items_of
from annotation.actions.settle import DECIDED
from annotation.actions.write_finding import finding_over, write_finding
from annotation.core.artifacts import UnableToLoad, bytes_to_arrays, load_bytes
from annotation.core.intervals import wilson
from annotation.core.rules import Followers, Rule, Share, applies, followers, judge
from annotation.models import Dataset, Finding

KIND = "rule"
# A rule for more than this is no hunch: nobody will look at so many.
MOST_ITEMS = 20_000
EXAMPLES = 5
# Items of a pool that is kept in memory between two letters typed: some tens of megabytes of texts.
MOST_KEPT = 50_000


class UnableToOpen(Exception):
    """The rule's items cannot be opened as a queue."""


@dataclass(frozen=True, eq=False)
class Pool:
    """The pool as rules see it, n items in the order of import. frame: item, code (class of the current label, −1 =
    none), basis, source; table: one column per field; votes: item (position), annotator, label (code)."""

    frame: pd.DataFrame
    table: pd.DataFrame
    sources: np.ndarray
    votes: pd.DataFrame
    annotators: tuple[str, ...]


@dataclass(frozen=True)
class Tried:
    """What a rule does. n: items of the pool, n_held: where the rule holds. given: its shares by class of the current
    labels; said: of the classes of the newest detection's out-of-fold model, empty with `no_model` saying why.
    annotators: how often each gives the class the rule tells best, where it holds and where not;
    annotator_names: by their code."""

    rule: Rule
    n: int
    n_held: int
    given: list[Share]
    said: list[Share]
    no_model: str
    annotators: list[Followers]
    annotator_names: tuple[str, ...]
    examples: list[dict[str, Any]]


_kept: dict[tuple[int, datetime, str], Pool] = {}


def pool_of(dataset: Dataset) -> Pool:
    """The pool as it is now. The last is kept unless it is large, so that each letter typed does not read the tables
    again and a web process never holds on to much."""
    key = (dataset.pk, dataset.created_at, state_of(dataset))
    pool = _kept.get(key)
    if pool is None:
        pool = _read_pool(dataset)
        _kept.clear()
        if len(pool.frame) <= MOST_KEPT:
            _kept[key] = pool
    return pool


def _read_pool(dataset: Dataset) -> Pool:
    pool = pool_frame(dataset)
    votes, annotators = votes_of(dataset, pool)
    table = frames.content_table(pool["content"], dataset.typed_fields)
    sources = pool["source"].fillna("").to_numpy(dtype=object)
    return Pool(pool[["item", "code", "basis"]], table, sources, votes, annotators)


def try_rule(dataset: Dataset, rule: Rule) -> Tried:
    """How far the rule predicts the given labels, each annotator and the model."""
    pool, fields = pool_of(dataset), dataset.typed_fields
    holds = applies(rule, pool.table, fields, pool.sources)
    n_classes = len(dataset.class_names)
    given = judge(holds, pool.frame["code"].to_numpy(), n_classes)
    says, no_model = model_classes(dataset, pool.frame["item"].to_numpy(dtype=np.int64))
    best = given[0].label if given else 0
    examples = pool.table[holds].head(EXAMPLES).to_dict("records")
    return Tried(
        rule, len(holds), int(holds.sum()), given, judge(holds, says, n_classes) if len(says) else [], no_model,
        followers(holds, pool.votes, best), pool.annotators, examples,
    )  # fmt: skip


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
    return np.where(place >= 0, stored["says"][np.maximum(place, 0)], -1).astype(np.int64), ""


@transaction.atomic
def open_queue(dataset: Dataset, user: Any, rule: Rule, label: str, now: datetime) -> Finding:
    """The labelled items for which the rule holds, as a finding of `user` with a case for each that has none.

    label: only items that carry this class, "" = any. Items on which experts decided are left as they are. The same
    rule over the same items is the same finding. Raises UnableToOpen with what to do.
    """
    bulk.lock_dataset(dataset)
    pool = pool_of(dataset)
    codes = pool.frame["code"].to_numpy()
    holds = applies(rule, pool.table, dataset.typed_fields, pool.sources) & (codes >= 0)
    decided = pool.frame["basis"].isin(DECIDED).to_numpy()
    wanted = holds & ~decided
    if label:
        wanted &= codes == dataset.class_names.index(label)
    items = pool.frame["item"].to_numpy(dtype=np.int64)[wanted].tolist()
    if not items:
        raise UnableToOpen("The rule holds for no labelled item that is still undecided; there is nothing to open.")
    if len(items) > MOST_ITEMS:
        raise UnableToOpen(f"The rule holds for {len(items):,} items; narrow it to {MOST_ITEMS:,} or fewer.")
    there = finding_over(dataset, _key(rule, label), items)
    finding = there or _written(dataset, user, rule, label, items, holds, codes)
    open_items_of(finding, now, MOST_ITEMS)
    return finding


def _key(rule: Rule, label: str) -> str:
    return f"{KIND}:{rule.key}→{label[:40]}"


def _written(
    dataset: Dataset, user: Any, rule: Rule, label: str, items: list[int], holds: np.ndarray, codes: np.ndarray
) -> Finding:
    shares = judge(holds, codes, len(dataset.class_names))
    told = dataset.class_names.index(label) if label else shares[0].label
    share = wilson(int((codes[holds] == told).sum()), int(holds.sum()))
    name = dataset.class_names[told]
    finding = Finding(
        dataset=dataset, author=user, kind=KIND, key=_key(rule, label), rule=rule.as_json() | {"label": label},
        title=f"{name} where the item {rule.words}"[:300] if label else f"Items of which each {rule.words}"[:300],
        reason=(
            f"A rule typed by {user.get_username()}: {round(share.value * share.n):,} of the {share.n:,} labelled "
            f"items for which it holds carry {name}."
        ),
        n=share.n, value=share.value, low=share.low, high=share.high,
    )  # fmt: skip
    return write_finding(finding, items)
