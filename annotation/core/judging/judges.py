"""The cheap models that judge labels, each out of fold: class probabilities float32 (m, K), rows sum to 1.

labels: int (n,), −1 = none. learn: int (l,), the items to learn from; judge: int (m,), those to judge. With nothing to
learn from every class is as likely.
"""

from collections.abc import Callable

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
    matrix: sparse.csr_matrix, labels: np.ndarray, learn: np.ndarray, judge: np.ndarray, n_classes: int, seed: int
) -> np.ndarray:
    """Multinomial logistic regression on a sparse matrix with rows of length 1, one item a step at a falling rate, and
    few passes instead of a penalty (early stopping; Bottou 2010)."""
    out = np.zeros((len(judge), n_classes), dtype=np.float32)
    data, indices, indptr = matrix.data.astype(np.float32, copy=False), matrix.indices, matrix.indptr
    codes = labels.astype(np.int64)  # a copy: a table's column can't be written to, which is another type to a kernel
    if len(learn):
        rng = np.random.default_rng(seed)
        order = np.concatenate([rng.permutation(learn) for _ in range(passes(len(learn)))])
        weights, bias = np.zeros((matrix.shape[1], n_classes), np.float32), np.zeros(n_classes, np.float32)
        _descend(data, indices, indptr, codes, order, weights, bias, 2.0)
        _logits(data, indices, indptr, judge, weights, bias, out)
    return _softmax_within(out)


def vectors_view(
    vectors: np.ndarray, labels: np.ndarray, learn: np.ndarray, judge: np.ndarray, n_classes: int, seed: int
) -> np.ndarray:
    """Multinomial logistic regression with an L2 penalty on dense rows of length 1."""

    def model() -> LogisticRegression:
        return LogisticRegression(C=PENALTY, max_iter=ITERATIONS, tol=1e-3)

    return _fitted(model, vectors, labels, learn, judge, n_classes, seed)


def trees_view(
    columns: np.ndarray, labels: np.ndarray, learn: np.ndarray, judge: np.ndarray, n_classes: int, seed: int
) -> np.ndarray:
    """Extremely randomised trees (Geurts, Ernst & Wehenkel 2006) on typed columns: they see interactions."""

    def model() -> ExtraTreesClassifier:
        return ExtraTreesClassifier(TREES, min_samples_leaf=LEAF, random_state=seed)

    return _fitted(model, columns, labels, learn, judge, n_classes, seed)


def _fitted(
    make: Callable[[], LogisticRegression | ExtraTreesClassifier], rows: np.ndarray, labels: np.ndarray,
    learn: np.ndarray, judge: np.ndarray, n_classes: int, seed: int,
) -> np.ndarray:  # fmt: skip
    """What a model says that is fitted on the items to learn from, on ENOUGH of them where there are more."""
    if len(learn) > ENOUGH:
        learn = np.sort(np.random.default_rng(seed).choice(learn, ENOUGH, replace=False))
    there = np.unique(labels[learn])
    out = np.zeros((len(judge), n_classes), dtype=np.float32)
    if len(there) < 2:
        out[:, there] = 1
    else:
        # Rounded to single precision for the sake of memory: these are opinions, and are pooled.
        model = make().fit(rows[learn].astype(np.float32, copy=False), labels[learn])
        for start in range(0, len(judge), ROWS):
            some = rows[judge[start : start + ROWS]].astype(np.float32, copy=False)
            out[start : start + ROWS, there] = model.predict_proba(some)
    out[out.sum(axis=1) == 0] = 1 / n_classes
    return out


def naive_bayes(
    matrix: sparse.csr_matrix, labels: np.ndarray, learn: np.ndarray, judge: np.ndarray, n_classes: int
) -> np.ndarray:
    """Multinomial naive Bayes on a non-negative matrix, Lidstone smoothing 0.02 (Manning et al. 2008, chapter 13)."""
    out = np.zeros((len(judge), n_classes), dtype=np.float32)
    data, indices, indptr = matrix.data.astype(np.float32, copy=False), matrix.indices, matrix.indptr
    if len(learn):
        # of many terms and classes the largest array there is: worked on in its place
        weights = np.zeros((matrix.shape[1], n_classes), dtype=np.float32)
        _add_up(data, indices, indptr, labels.astype(np.int64), learn, weights)
        weights += np.float32(0.02)
        total = np.log(weights.sum(axis=0))
        np.log(weights, out=weights)
        weights -= total
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
    """bias + matrix[rows] @ weights into `out` (rows, K)."""
    n_classes = weights.shape[1]
    for place in range(len(rows)):
        row = rows[place]
        line_out = out[place]
        for k in range(n_classes):
            line_out[k] = bias[k]
        for cell in range(indptr[row], indptr[row + 1]):
            value, line = data[cell], weights[indices[cell]]
            for k in range(n_classes):
                line_out[k] += value * line[k]


@compiled()
def _add_up(
    data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, labels: np.ndarray, rows: np.ndarray, sums: np.ndarray
) -> None:  # fmt: skip
    """Add what is in each of the rows to `sums` (columns, K) of its label."""
    for place in range(len(rows)):
        row = rows[place]
        for cell in range(indptr[row], indptr[row + 1]):
            sums[indices[cell], labels[row]] += data[cell]
