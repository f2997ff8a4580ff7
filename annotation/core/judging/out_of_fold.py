"""The cheap model that accuses labels: several views of the same items, each item judged by what the others say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

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
# Of more items views are kept in half precision until they are pooled: a probability moves by a two-thousandth of it.
HALVED = 200_000
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
        return one_class(len(labels), n_classes)
    folds = folds_of(labels, groups, seed)

    def judged(learned: np.ndarray, begun: float, dtype: type[np.floating] = np.float32) -> np.ndarray:
        said = []
        for fold in range(folds.max(initial=-1) + 1):
            said.append(views(features, labels, folds, learned, n_classes, seed, fold))
            tick(begun + (fold + 1) / (folds.max() + 1) / 2)
        return pool_folds(said, folds, labels, weighed_of(labels, seed), dtype)

    first = judged(labels >= 0, 0.0)
    if not learnable(first, labels):
        return both_rounds(first, None, labels)
    return both_rounds(first, judged(undoubted(first, labels), 0.5, kept_in(len(labels))), labels)


def kept_in(n: int) -> type[np.floating]:
    """The precision in which what is said of n items is kept until it is pooled."""
    return np.float16 if n > HALVED else np.float32


def one_class(n: int, n_classes: int) -> Judged:
    """What is to say of n items of the only class there is."""
    return Judged(np.ones((n, n_classes)), np.eye(n_classes))


def undoubted(first: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Bool (n,): the labels that the first round, float (n, K), does not doubt."""
    return np.asarray((labels >= 0) & (confident_class(first, labels) == labels))


def both_rounds(first: np.ndarray, second: np.ndarray | None, labels: np.ndarray) -> Judged:
    """What both rounds say together, in the place of the first, float32 (n, K); second: float (n, K), None where
    nothing can be learned."""
    if second is None:
        return Judged(first, honest_overlap(confident_class(first, labels), first), learnable=False)
    probabilities = pool([first, second], np.full(2, 0.5), out=first)
    return Judged(probabilities, honest_overlap(confident_class(probabilities, labels), second))


def folds_of(labels: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    """Int (n,), the fold of each item."""
    n_folds = int(np.clip(FOLDS_TIMES_ITEMS // max(len(labels), 1), FEWEST_FOLDS, MOST_FOLDS))
    return grouped_folds(groups, labels, n_folds, seed)


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
    features: Features, labels: np.ndarray, folds: np.ndarray, learned: np.ndarray, n_classes: int, seed: int, fold: int
) -> np.ndarray:
    """What each model says of the items of a fold, ascending, once it learned from those outside that are `learned`,
    bool (n,): float (views, m, K), of logistic regression on terms and on vectors, naive Bayes, and trees where there
    are typed columns; arguments and answers as in `judges`."""
    learn, judge = np.flatnonzero((folds != fold) & learned), np.flatnonzero(folds == fold)
    models = [
        partial(terms_view, features.terms, labels, learn, judge, n_classes, seed),
        partial(vectors_view, features.vectors, labels, learn, judge, n_classes, seed),
        partial(naive_bayes, features.terms, labels, learn, judge, n_classes),
    ]
    if features.columns is not None:
        models.append(partial(trees_view, features.columns, labels, learn, judge, n_classes, seed))
    said = np.empty((len(models), len(judge), n_classes), kept_in(len(labels)))
    for number, model in enumerate(models):
        said[number] = model()
    return said


def weighed_of(labels: np.ndarray, seed: int) -> np.ndarray:
    """The items that views are weighed by, int (≤ WEIGHED,)."""
    return np.random.default_rng(seed).permutation(np.flatnonzero(labels >= 0))[:WEIGHED]


def pool_folds(
    said: list[np.ndarray], folds: np.ndarray, labels: np.ndarray, weighed: np.ndarray,
    dtype: type[np.floating] = np.float32,
) -> np.ndarray:  # fmt: skip
    """Of `dtype` (n, K): what is `said` of each fold by several views (views, m, K), pooled under the weights at which
    it gives the items `weighed` their labels. The list is empty afterwards: each fold gives way to its pool."""
    n_views, _, n_classes = said[0].shape
    place = np.empty(len(folds), dtype=np.int64)
    asked = np.empty((n_views, len(weighed), n_classes), dtype=np.float32)
    for fold, views_of_fold in enumerate(said):
        judge = np.flatnonzero(folds == fold)
        place[judge] = np.arange(len(judge))
        of_fold = folds[weighed] == fold
        asked[:, of_fold] = views_of_fold[:, place[weighed[of_fold]]]
    weights = view_weights(asked, labels[weighed])
    # each in the place of its views: `out` is touched all over by the first fold that goes into it
    pooled = [pool(said.pop(), weights).astype(dtype, copy=False) for _ in range(len(said))]
    out = np.empty((len(folds), n_classes), dtype=dtype)
    for fold in range(len(pooled)):
        out[folds == fold] = pooled.pop()
    return out


def pool(views: Sequence[np.ndarray] | np.ndarray, weights: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Weighted geometric mean of probabilities (n, K), rows sum to 1; weights (views,) need not sum to 1: less in all
    means less sure (logarithmic opinion pool, Genest and Zidek 1986). Worked out in double precision, some rows at a
    time, and kept in single: into `out`, which may be one of the views, or float32 (n, K)."""
    out = np.empty(views[0].shape, dtype=np.float32) if out is None else out
    for start in range(0, len(out), ROWS):
        rows = slice(start, start + ROWS)
        out[rows] = softmax(
            sum(
                weight * np.log(view[rows].astype(np.float32, copy=False) + FLOOR)
                for view, weight in zip(views, weights, strict=True)
            )
        )
    return out


def view_weights(views: Sequence[np.ndarray] | np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The non-negative weights (views,) under which the pooled views, each (w, K), give the labels int (w,) the highest
    likelihood (stacking, Wolpert 1992). A view that reads nothing gets 0."""
    logs = np.stack([np.log(view + FLOOR) for view in views])
    given = (np.arange(len(labels)), labels)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        pooled = softmax(np.tensordot(weights, logs, axes=1))
        gradient = np.array([((pooled * view).sum(axis=1) - view[given]).mean() for view in logs])
        return -np.log(pooled[given] + 1e-300).mean(), gradient

    start = np.full(len(views), 1 / len(views))
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(views)).x
