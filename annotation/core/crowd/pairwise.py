"""Which two annotators agree, and how far."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, triu

from annotation.core.crowd.ordered_classes import LINEAR, NOMINAL, QUADRATIC, weighted_kappas
from annotation.core.crowd.votes import counting_labels
from annotation.core.intervals import Interval, wilson

# Two annotators with fewer items in common say nothing of one another.
LEAST_SHARED = 10


@dataclass(frozen=True)
class PairAgreement:
    """Two annotators on the items both labelled. same: share that has one label, in [0, 1], with Wilson's interval;
    kappa: Cohen's; linear, quadratic: weighted by how far apart the classes stand in their order, None of two."""

    one: str
    other: str
    same: Interval
    kappa: Interval
    linear: Interval | None
    quadratic: Interval | None


@dataclass(frozen=True)
class Pairwise:
    """pairs: those with most items in common, the least kappa first; n: how many have LEAST_SHARED items or more in
    common, of all annotators."""

    pairs: tuple[PairAgreement, ...]
    n: int


def pairwise_agreement(frame: pd.DataFrame, classes: Sequence[str], most: int = 45, seed: int = 0) -> Pairwise:
    """Agreement of each two annotators, of up to `most` pairs.

    frame: item, annotator and label, in time order; a missing label is an abstention, and an annotator's later label
    for an item counts in place of the earlier. classes: in their order.
    """
    labels = counting_labels(frame)
    codes = pd.Categorical(labels["label"], categories=list(classes)).codes.astype(np.int64)
    labels, codes = labels[codes >= 0], codes[codes >= 0]
    item, items = pd.factorize(labels["item"])
    who, names = pd.factorize(labels["annotator"], sort=True)
    given = csr_matrix((codes + 1, (item, who)), shape=(len(items), len(names))).tocsc()
    there = (given > 0).astype(np.int64)
    shared = triu(there.T @ there, k=1).tocoo()
    enough = np.flatnonzero(shared.data >= LEAST_SHARED)
    chosen = enough[np.lexsort((shared.col[enough], shared.row[enough], -shared.data[enough]))][:most]
    pairs = [_pair(given, names, int(shared.row[at]), int(shared.col[at]), len(classes), seed) for at in chosen]
    return Pairwise(tuple(sorted(pairs, key=lambda pair: _place(pair.kappa))), len(enough))


def _place(kappa: Interval) -> tuple[bool, float]:
    """By kappa, those without one last."""
    return (kappa.value != kappa.value, kappa.value if kappa.value == kappa.value else 0.0)


def _pair(given: csr_matrix, names: np.ndarray, one: int, other: int, n_classes: int, seed: int) -> PairAgreement:
    a, b = (given[:, at].toarray().ravel() - 1 for at in (one, other))
    both = (a >= 0) & (b >= 0)
    a, b = a[both], b[both]
    powers = (NOMINAL, LINEAR, QUADRATIC) if n_classes > 2 else (NOMINAL,)
    kappas = weighted_kappas(a, b, n_classes, powers, seed)
    return PairAgreement(
        str(names[one]), str(names[other]), wilson(int((a == b).sum()), len(a)), kappas[0],
        kappas[1] if len(kappas) > 1 else None, kappas[2] if len(kappas) > 1 else None,
    )  # fmt: skip
