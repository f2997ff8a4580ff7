"""All that the detectors look at, gathered once per detection: labels, votes, groups, an out-of-fold model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import pandas as pd

from annotation.core.features.vectorizer import typed
from annotation.core.fields import Field
from annotation.core.judging.gathered import Gathered, gather_at_once
from annotation.core.likeness.near_duplicates import Groups
from annotation.core.progress import Report

T = TypeVar("T")


def needed(value: T | None) -> T:
    """Evidence that a detector names in its `needs`, and that is there when it runs."""
    if value is None:
        raise ValueError("This evidence is missing; a detector names what it takes in its needs.")
    return value


# Compared by identity: two gatherings are never the same evidence, and arrays have no one equality.
@dataclass(frozen=True, eq=False)
class Evidence:
    """One dataset at one moment; n items, K classes. Arrays are row-aligned with `table`.

    labels: int (n,), class code of the current label, −1 = none.
    votes: DataFrame of annotators' counting labels in time order, experts' decisions not among them: item (position),
    annotator (code), label (code), seconds (float, nan = not known), at (datetime64, NaT = not known).
    probabilities: float (n, K), out of fold, rows sum to 1, or None.
    neighbours: (item positions int (n, k), −1 = none; cosine similarities float (n, k), 0 where none), best first,
    members of the item's own near-duplicate group left out, or None.
    decided: bool (n,), an expert has decided on the label; None = on none.
    sources: str (n,), "" = none. received: datetime64 (n,), NaT = not known. embeddings: float (n, d), rows of length
    1, or None where there is no text. production: typed table (m rows) of production inputs, or None.
    reversed: bool (n,), the decision gave another class than the item had before; None = none did.
    closed: int (p, 2), positions of pairs that an expert called legitimately different, or None.
    index: arrays by name that spare the next grouping what was worked out for this one, empty where there are none.
    overlap: float (K, K), how likely a model fitted without doubted labels finds class i for items that belong to class
    j, or None. learnable: False where there are no probabilities because models predict the labels no better than how
    common each class is. place: float (n, d), where each item lies by what it says, or None.
    """

    table: pd.DataFrame
    fields: tuple[Field, ...]
    classes: tuple[str, ...]
    labels: np.ndarray
    votes: pd.DataFrame
    annotators: tuple[str, ...]
    groups: Groups
    probabilities: np.ndarray | None = None
    neighbours: tuple[np.ndarray, np.ndarray] | None = None
    decided: np.ndarray | None = None
    sources: np.ndarray | None = None
    received: np.ndarray | None = None
    embeddings: np.ndarray | None = None
    production: pd.DataFrame | None = None
    reversed: np.ndarray | None = None
    closed: np.ndarray | None = None
    index: Mapping[str, np.ndarray] = field(default_factory=dict)
    overlap: np.ndarray | None = None
    learnable: bool = True
    place: np.ndarray | None = None

    @property
    def as_annotated(self) -> np.ndarray:
        """The labels int (n,) that no expert has decided on, −1 elsewhere: what they follow is annotators' doing."""
        return self.labels if self.decided is None else np.where(self.decided, -1, self.labels)

    @property
    def available(self) -> frozenset[str]:
        """Names of the evidence there is; a detector can run when its `needs` are among them."""
        there = {
            "labels": bool((self.labels >= 0).any()),
            "votes": len(self.votes) > 0,
            "groups": len(self.groups.of) > 0,
            "probabilities": self.probabilities is not None,
            "neighbours": self.neighbours is not None,
            "sources": self.sources is not None and bool((self.sources != "").any()),
            "received": self.received is not None and not np.isnat(self.received).all(),
            "embeddings": self.embeddings is not None,
            "production": self.production is not None and len(self.production) > 0,
            "texts": len(self.labels) > 0 and any(field.type == "text" for field in self.fields),
        }
        return frozenset(name for name, present in there.items() if present)


def build_evidence(
    table: pd.DataFrame,
    fields: Sequence[Field],
    classes: Sequence[str],
    labels: np.ndarray,
    votes: pd.DataFrame,
    annotators: Sequence[str],
    seed: int = 0,
    report: Report = lambda stage, share: None,
    decided: np.ndarray | None = None,
    sources: np.ndarray | None = None,
    received: np.ndarray | None = None,
    production: pd.DataFrame | None = None,
    reversed: np.ndarray | None = None,
    closed: np.ndarray | None = None,
    index: Mapping[str, np.ndarray] | None = None,
    gathered: Gathered | None = None,
) -> Evidence:
    """Evidence for the n rows of `table`, which has one column per field.

    labels: int (n,), −1 = no current label. votes, decided, sources, received, production, reversed, closed: as in
    `Evidence`. index: what an earlier gathering left in `Evidence.index`. gathered: what was worked out of these rows
    already, None = nothing. `report` is called with a stage in words and the share done, 0 to 1. The same input and
    seed give the same evidence.
    """
    table, labels = typed(table, fields).reset_index(drop=True), np.asarray(labels, dtype=np.int64)
    if gathered is None:
        gathered = gather_at_once(table, fields, labels, len(classes), seed, report, index or {})
    groups, judged = gathered.groups, gathered.judged
    told = judged if judged is not None and judged.learnable else None
    report("evidence gathered", 1.0)
    return Evidence(
        table,
        tuple(fields),
        tuple(classes),
        labels,
        votes,
        tuple(annotators),
        groups,
        told.probabilities if told else None,
        gathered.neighbours,
        decided,
        sources,
        received,
        gathered.embeddings,
        None if production is None else typed(production, fields).reset_index(drop=True),
        reversed,
        closed,
        gathered.index,
        told.overlap if told else None,
        judged is None or judged.learnable,
        gathered.place,
    )
