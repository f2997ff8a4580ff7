"""The cheap models that judge labels, each out of fold: class probabilities float32 (n, K), rows sum to 1.

labels: int (n,), −1 = none. folds: int (n,). learned: bool (n,), the items to learn from; all are judged.
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy import sparse
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from annotation.core.compiled import compiled

# Few items are gone through more often, so that every model takes enough steps; more than a few passes fit the labels
# that are wrong.
FEWEST_PASSES, MOST_PASSES, STEPS = 1, 6, 20_000
# Inverse strength of the penalty on the dense rows, and how many items are enough to learn their weights from.
PENALTY, ENOUGH, ITERATIONS = 1.0, 20_000, 100
TREES, LEAF = 100, 3
# Items whose probabilities are worked out at a time, so that what is needed on the way does not grow with all of them.
ROWS = 20_000


def passes(n: int) -> int:
    return int(np.clip(STEPS // max(n, 1), FEWEST_PASSES, MOST_PASSES))


def terms_view(
    matrix: sparse.csr_matrix, labels: np.ndarray, folds: np.ndarray, learned: np.ndarray, n_classes: int, seed: int
) -> np.ndarray:
    """Multinomial logistic regression on a sparse matrix with rows of length 1, one item a step at a falling rate, and
    few passes instead of a penalty (early stopping; Bottou 2010)."""
    out = np.zeros((len(labels), n_classes), dtype=np.float32)
    data, indices, indptr = matrix.data.astype(np.float32, copy=False), matrix.indices, matrix.indptr
    codes = labels.astype(np.int64)  # a copy: a table's column can't be written to, which is another type to a kernel
    for learn, judge in _splits(folds, learned):
        rng = np.random.default_rng(seed)
        order = np.concatenate([rng.permutation(learn) for _ in range(passes(len(learn)))])
        weights, bias = np.zeros((matrix.shape[1], n_classes), np.float32), np.zeros(n_classes, np.float32)
        _descend(data, indices, indptr, codes, order, weights, bias, 2.0)
        _logits(data, indices, indptr, judge, weights, bias, out)
    return _softmax_within(out)


def vectors_view(
    vectors: np.ndarray, labels: np.ndarray, folds: np.ndarray, learned: np.ndarray, n_classes: int, seed: int
) -> np.ndarray:
    """Multinomial logistic regression with an L2 penalty on dense rows of length 1."""

    def model() -> LogisticRegression:
        return LogisticRegression(C=PENALTY, max_iter=ITERATIONS, tol=1e-3)

    return _fitted(model, vectors, labels, folds, learned, n_classes, seed)


def trees_view(
    columns: np.ndarray, labels: np.ndarray, folds: np.ndarray, learned: np.ndarray, n_classes: int, seed: int
) -> np.ndarray:
    """Extremely randomised trees (Geurts, Ernst & Wehenkel 2006) on typed columns: they see interactions."""

    def model() -> ExtraTreesClassifier:
        return ExtraTreesClassifier(TREES, min_samples_leaf=LEAF, random_state=seed)

    return _fitted(model, columns, labels, folds, learned, n_classes, seed)


def _fitted(
    make: Callable[[], LogisticRegression | ExtraTreesClassifier], rows: np.ndarray, labels: np.ndarray,
    folds: np.ndarray, learned: np.ndarray, n_classes: int, seed: int,
) -> np.ndarray:  # fmt: skip
    """What a model fitted on the items outside a fold, on ENOUGH of them where there are more, says of those inside."""
    out = np.zeros((len(labels), n_classes), dtype=np.float32)
    for learn, judge in _splits(folds, learned):
        if len(learn) > ENOUGH:
            learn = np.sort(np.random.default_rng(seed).choice(learn, ENOUGH, replace=False))
        there = np.unique(labels[learn])
        if len(there) == 1:
            out[judge, there[0]] = 1
            continue
        # Rounded to single precision for the sake of memory: these are opinions, and are pooled.
        model = make().fit(rows[learn], labels[learn])
        for start in range(0, len(judge), ROWS):
            some = judge[start : start + ROWS]
            out[np.ix_(some, there)] = model.predict_proba(rows[some])
    out[out.sum(axis=1) == 0] = 1 / n_classes
    return out


def naive_bayes(
    matrix: sparse.csr_matrix, labels: np.ndarray, folds: np.ndarray, learned: np.ndarray, n_classes: int
) -> np.ndarray:
    """Multinomial naive Bayes on a non-negative matrix, Lidstone smoothing 0.02 (Manning et al. 2008, chapter 13)."""
    out = np.zeros((len(labels), n_classes), dtype=np.float32)
    data, indices, indptr = matrix.data.astype(np.float32, copy=False), matrix.indices, matrix.indptr
    for learn, judge in _splits(folds, learned):
        member = sparse.csr_matrix(
            (np.ones(len(learn), np.float32), (labels[learn], learn)), shape=(n_classes, len(labels))
        )
        counts = np.ascontiguousarray((member @ matrix).toarray().T) + np.float32(0.02)
        weights = np.log(counts) - np.log(counts.sum(axis=0))
        size = np.bincount(labels[learn], minlength=n_classes)
        prior = np.log(np.maximum(size, 1e-9) / size.sum()).astype(np.float32)
        _logits(data, indices, indptr, judge, weights, prior, out)
    return _softmax_within(out)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Exponentials of the rows, made to sum to 1."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _softmax_within(logits: np.ndarray) -> np.ndarray:
    """`softmax`, in the place of its rows (n, K)."""
    for start in range(0, len(logits), ROWS):
        rows = slice(start, start + ROWS)
        logits[rows] = softmax(logits[rows])
    return logits


def _splits(folds: np.ndarray, learned: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions to learn from and to judge, for each fold that leaves any to learn from."""
    for fold in np.unique(folds):
        learn = np.flatnonzero((folds != fold) & learned)
        if len(learn):
            yield learn, np.flatnonzero(folds == fold)


@compiled(fastmath=True)
def _descend(
    data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, labels: np.ndarray, order: np.ndarray,
    weights: np.ndarray, bias: np.ndarray, first_rate: float,
) -> None:  # fmt: skip
    """Stochastic gradient steps on the log loss, one row of `order` at a time; changes `weights` and `bias`."""
    # Plain loops only: each numpy call in here would cost a second of compiling.
    n_classes = weights.shape[1]
    error = np.empty(n_classes, dtype=np.float32)
    for step in range(len(order)):
        row = order[step]
        rate = np.float32(first_rate * (1 - step / len(order)))
        for k in range(n_classes):
            error[k] = bias[k]
        for cell in range(indptr[row], indptr[row + 1]):
            value, line = data[cell], weights[indices[cell]]
            for k in range(n_classes):
                error[k] += value * line[k]
        top, total = error[0], np.float32(0)
        for k in range(n_classes):
            top = max(top, error[k])
        for k in range(n_classes):
            error[k] = np.exp(error[k] - top)
            total += error[k]
        for k in range(n_classes):
            error[k] *= -rate / total
        error[labels[row]] += rate
        for k in range(n_classes):
            bias[k] += np.float32(0.1) * error[k]
        for cell in range(indptr[row], indptr[row + 1]):
            value, line = data[cell], weights[indices[cell]]
            for k in range(n_classes):
                line[k] += value * error[k]


@compiled(fastmath=True)
def _logits(
    data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, rows: np.ndarray, weights: np.ndarray,
    bias: np.ndarray, out: np.ndarray,
) -> None:  # fmt: skip
    """bias + matrix[rows] @ weights into the same rows of `out`."""
    n_classes = weights.shape[1]
    for place in range(len(rows)):
        row = rows[place]
        line_out = out[row]
        for k in range(n_classes):
            line_out[k] = bias[k]
        for cell in range(indptr[row], indptr[row + 1]):
            value, line = data[cell], weights[indices[cell]]
            for k in range(n_classes):
                line_out[k] += value * line[k]
