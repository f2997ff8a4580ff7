"""The cheap model that accuses labels: several views of the same items, each item judged by what the others say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from annotation.core.features.matrices import Features
from annotation.core.judging.confident_learning import confident_class, honest_overlap
from annotation.core.judging.folds import grouped_folds
from annotation.core.judging.judges import ROWS, naive_bayes, softmax, terms_view, trees_view, vectors_view

# More folds leave each model more to learn from; few items make them cheap.
FEWEST_FOLDS, MOST_FOLDS, FOLDS_TIMES_ITEMS = 5, 10, 40_000
# Below this a probability is as good as none: no single view may veto a class.
FLOOR = 1e-3
# Items enough to weigh the views by.
WEIGHED = 20_000
# Standard errors by which the first round has to beat the shares of the classes, and how few labels can't tell.
SURELY, TELLING = 3.0, 100

Tick = Callable[[float], None]


# Compared by identity: arrays have no one equality.
@dataclass(frozen=True, eq=False)
class Judged:
    """What models say of n items they did not learn from, K classes.

    probabilities: float32 (n, K), rows sum to 1. overlap: float (K, K), how likely those fitted without the doubted
    labels find class i for items that confidently belong to class j: what honest confusion alone explains. learnable:
    whether they predict labels that they have not seen better than how common each class is.
    """

    probabilities: np.ndarray
    overlap: np.ndarray
    learnable: bool = True


def out_of_fold(
    features: Features,
    labels: np.ndarray,
    groups: np.ndarray,
    n_classes: int,
    seed: int,
    tick: Tick = lambda share: None,
) -> Judged:
    """Class probabilities of models that saw neither the item nor its group, and how far classes overlap.

    labels: int (n,), −1 = none: judged but not learned from. The `views` are pooled, each weighed by how well it
    predicts labels it has not seen; once from all labels, and once without those that the first round doubts. Both
    rounds count alike. `tick` is called with the share done.
    """
    if n_classes < 2:
        return Judged(np.ones((len(labels), n_classes)), np.eye(n_classes))
    n_folds = int(np.clip(FOLDS_TIMES_ITEMS // max(len(labels), 1), FEWEST_FOLDS, MOST_FOLDS))
    folds = grouped_folds(groups, labels, n_folds, seed)
    weighed = np.random.default_rng(seed).permutation(np.flatnonzero(labels >= 0))[:WEIGHED]

    def judged(learned: np.ndarray) -> np.ndarray:
        own = views(features, labels, folds, learned, n_classes, seed)
        return pool(own, view_weights(own, labels, weighed), out=own[0])

    first = judged(labels >= 0)
    tick(0.5)
    if not learnable(first, labels):
        return Judged(first, honest_overlap(confident_class(first, labels), first), learnable=False)
    second = judged((labels >= 0) & (confident_class(first, labels) == labels))
    probabilities = pool([first, second], np.full(2, 0.5), out=first)
    tick(1.0)
    return Judged(probabilities, honest_overlap(confident_class(probabilities, labels), second))


def learnable(probabilities: np.ndarray, labels: np.ndarray) -> bool:
    """Whether probabilities (n, K) out of fold give the labels int (n,), −1 = none, a higher likelihood than the shares
    of the classes do: by SURELY standard errors of the mean difference. True of under TELLING labels: they can't tell.
    """
    labelled = np.flatnonzero(labels >= 0)
    if len(labelled) < TELLING:
        return True
    given = labels[labelled]
    share = np.bincount(given) / len(given)
    gain = np.log(probabilities[labelled, given] + 1e-9) - np.log(share[given])
    return bool(gain.mean() > SURELY * gain.std() / np.sqrt(len(gain)))


def views(
    features: Features, labels: np.ndarray, folds: np.ndarray, learned: np.ndarray, n_classes: int, seed: int
) -> list[np.ndarray]:
    """What each model says of the items it did not learn from: logistic regression on terms and on vectors, naive
    Bayes, and trees where there are typed columns; arguments and answers as in `judges`."""
    said = [
        terms_view(features.terms, labels, folds, learned, n_classes, seed),
        vectors_view(features.vectors, labels, folds, learned, n_classes, seed),
        naive_bayes(features.terms, labels, folds, learned, n_classes),
    ]
    if features.columns is not None:
        said.append(trees_view(features.columns, labels, folds, learned, n_classes, seed))
    return said


def pool(views: Sequence[np.ndarray], weights: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Weighted geometric mean of probabilities (n, K), rows sum to 1; weights (views,) need not sum to 1: less in all
    means less sure (logarithmic opinion pool, Genest and Zidek 1986). Worked out in double precision, some rows at a
    time, and kept in single: into `out`, which may be one of the views, or float32 (n, K)."""
    out = np.empty(views[0].shape, dtype=np.float32) if out is None else out
    for start in range(0, len(out), ROWS):
        rows = slice(start, start + ROWS)
        out[rows] = softmax(
            sum(weight * np.log(view[rows] + FLOOR) for view, weight in zip(views, weights, strict=True))
        )
    return out


def view_weights(views: Sequence[np.ndarray], labels: np.ndarray, items: np.ndarray) -> np.ndarray:
    """The non-negative weights (views,) under which the pooled views give the labels of `items` the highest
    likelihood (stacking, Wolpert 1992). A view that reads nothing gets 0."""
    logs = np.stack([np.log(view[items] + FLOOR) for view in views])
    given = (np.arange(len(items)), labels[items])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        pooled = softmax(np.tensordot(weights, logs, axes=1))
        gradient = np.array([((pooled * view).sum(axis=1) - view[given]).mean() for view in logs])
        return -np.log(pooled[given] + 1e-300).mean(), gradient

    start = np.full(len(views), 1 / len(views))
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(views)).x
