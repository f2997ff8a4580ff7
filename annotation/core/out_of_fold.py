"""The cheap model that accuses labels: three views of the same matrix, each item judged by what the others say."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from sklearn.naive_bayes import MultinomialNB

from annotation.core.folds import grouped_folds

# More folds leave each model more to learn from; few items make them cheap.
FEWEST_FOLDS, MOST_FOLDS, FOLDS_TIMES_ITEMS = 5, 20, 40_000
# Below this a probability is as good as none: no single view may veto a class.
FLOOR = 1e-3
# Items enough to weigh three views by.
WEIGHED = 5000

Neighbours = tuple[np.ndarray, np.ndarray]
Tick = Callable[[float], None]


def out_of_fold(
    matrix: sparse.csr_matrix,
    labels: np.ndarray,
    groups: np.ndarray,
    neighbours: Neighbours,
    n_classes: int,
    seed: int,
    tick: Tick = lambda share: None,
) -> np.ndarray:
    """Class probabilities float (n, n_classes), rows sum to 1, of models that saw neither the item nor its group.

    matrix: non-negative float32 (n, features). labels: int (n,), −1 = none: judged but not learned from. Ridge
    regression, naive Bayes and neighbours are pooled, each weighed by how well it foretells labels it has not seen;
    once from all labels, and once without those that the first round doubts. Both rounds count alike. `tick` is called
    with the share done.
    """
    if n_classes < 2:
        return np.ones((len(labels), n_classes))
    n_folds = int(np.clip(FOLDS_TIMES_ITEMS // max(len(labels), 1), FEWEST_FOLDS, MOST_FOLDS))
    folds = grouped_folds(groups, labels, n_folds, seed)
    weighed = np.random.default_rng(seed).permutation(np.flatnonzero(labels >= 0))[:WEIGHED]
    trusted, rounds = labels >= 0, []
    for start in (0.0, 0.5):
        views = _linear_views(matrix, labels, folds, trusted, n_classes, lambda share, at=start: tick(at + share / 2))
        views.append(vote(neighbours, labels, trusted, n_classes))
        rounds.append(pool(views, view_weights(views, labels, weighed)))
        trusted = trusted & (confident_class(rounds[0], labels) == labels)
    return pool(rounds, np.full(2, 0.5))


def confident_class(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The class each item confidently belongs to, int (n,): the likeliest of the classes whose probability reaches
    their usual one, that is their mean over the items that carry them; the given label where there is no such class
    (confident learning, Northcutt et al. 2021)."""
    reached = np.where(probabilities >= usual_probability(probabilities, labels), probabilities, -1.0)
    return np.where(reached.max(axis=1) < 0, labels, reached.argmax(axis=1))


def usual_probability(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean probability of each class over the items that carry it, float (K,); 1 for a class that no item carries."""
    held, n_classes = labels >= 0, probabilities.shape[1]
    count = np.bincount(labels[held], minlength=n_classes)
    total = np.bincount(labels[held], probabilities[held, labels[held]], minlength=n_classes)
    return np.where(count > 0, total / np.maximum(count, 1), 1.0)


def pool(views: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Weighted geometric mean of probabilities (n, K), rows sum to 1; weights (views,) need not sum to 1: less in all
    means less sure (logarithmic opinion pool, Genest and Zidek 1986)."""
    return _softmax(sum(weight * np.log(view + FLOOR) for view, weight in zip(views, weights, strict=True)))


def view_weights(views: Sequence[np.ndarray], labels: np.ndarray, items: np.ndarray) -> np.ndarray:
    """The non-negative weights (views,) under which the pooled views give the labels of `items` the highest
    likelihood (stacking, Wolpert 1992). A view that reads nothing gets 0."""
    logs = np.stack([np.log(view[items] + FLOOR) for view in views])
    given = (np.arange(len(items)), labels[items])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        pooled = _softmax(np.tensordot(weights, logs, axes=1))
        gradient = np.array([((pooled * view).sum(axis=1) - view[given]).mean() for view in logs])
        return -np.log(pooled[given] + 1e-300).mean(), gradient

    start = np.full(len(views), 1 / len(views))
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(views)).x


def vote(neighbours: Neighbours, labels: np.ndarray, trusted: np.ndarray, n_classes: int) -> np.ndarray:
    """Probabilities (n, K) from the labels of the neighbours that are trusted, by the cube of their similarity."""
    positions, similarities = neighbours
    weight = np.where((positions >= 0) & trusted[positions], similarities, 0.0) ** 3
    rows = np.repeat(np.arange(len(labels)), positions.shape[1])
    cells = rows * n_classes + np.maximum(labels[positions].ravel(), 0)
    votes = np.bincount(cells, weight.ravel(), minlength=len(labels) * n_classes).reshape(len(labels), n_classes)
    votes += 0.01 * (np.bincount(labels[trusted], minlength=n_classes) + 1) / (trusted.sum() + n_classes)
    return votes / votes.sum(axis=1, keepdims=True)


def ridge_regression(
    matrix: sparse.csr_matrix, labels: np.ndarray, judge: sparse.csr_matrix, n_classes: int
) -> np.ndarray:
    """Probabilities (m, K) for the rows of `judge`: least squares on ±1 targets, penalty 0.1, all classes at once by
    conjugate gradients (Hestenes and Stiefel 1952), and a softmax of five times the fitted values."""
    penalty, steps, sharpness = np.float32(0.1), 8, 5
    target = np.full((len(labels), n_classes), -1, np.float32)
    target[np.arange(len(labels)), labels] = 1
    mean = target.mean(axis=0)
    transposed = matrix.T.tocsr()
    residual = transposed @ (target - mean)
    weights, direction = np.zeros_like(residual), residual.copy()
    norm = (residual**2).sum(axis=0)
    for _ in range(steps):
        image = transposed @ (matrix @ direction) + penalty * direction
        step = norm / np.maximum((direction * image).sum(axis=0), 1e-12)
        weights += step * direction
        residual -= step * image
        previous, norm = norm, (residual**2).sum(axis=0)
        direction = residual + (norm / np.maximum(previous, 1e-12)) * direction
    return _softmax(sharpness * (judge @ weights + mean))


def naive_bayes(
    matrix: sparse.csr_matrix, labels: np.ndarray, judge: sparse.csr_matrix, n_classes: int
) -> np.ndarray:
    """Probabilities (m, K) for the rows of `judge`: multinomial naive Bayes; 0 for a class without a label."""
    model = MultinomialNB(alpha=0.02).fit(matrix, labels)
    probabilities = np.zeros((judge.shape[0], n_classes))
    probabilities[:, model.classes_] = model.predict_proba(judge)
    return probabilities


def _linear_views(
    matrix: sparse.csr_matrix, labels: np.ndarray, folds: np.ndarray, trusted: np.ndarray, n_classes: int, tick: Tick
) -> list[np.ndarray]:
    """Ridge regression and naive Bayes, each (n, K), of the trusted labels of the other folds."""
    models = (ridge_regression, naive_bayes)
    views = [np.full((len(labels), n_classes), 1 / n_classes) for _ in models]
    n_folds = folds.max() + 1
    for fold in range(n_folds):
        train, test = np.flatnonzero((folds != fold) & trusted), np.flatnonzero(folds == fold)
        if len(train) and len(test):
            for view, model in zip(views, models, strict=True):
                view[test] = model(matrix[train], labels[train], matrix[test], n_classes)
        tick((fold + 1) / n_folds)
    return views


def _softmax(logarithms: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
