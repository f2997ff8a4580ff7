"""The cheap models that judge labels, each out of fold: class probabilities float32 (n, K), rows sum to 1.

labels: int (n,), −1 = none. folds: int (n,). learned: bool (n,), the items to learn from; all are judged.
"""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from annotation.core.compiled import compiled

# Few items are gone through more often, so that every model takes enough steps. The dense model, whose steps cost
# least, takes twice as many: with planted errors in banking77 more were found first so.
FEWEST_PASSES, MOST_PASSES, STEPS, DENSE_STEPS = 1, 30, 40_000, 80_000
BATCH = 128
Neighbours = tuple[np.ndarray, np.ndarray]


def passes(n: int, steps: int = STEPS) -> int:
    return int(np.clip(steps // max(n, 1), FEWEST_PASSES, MOST_PASSES * steps // STEPS))


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
    return softmax(out)


def vectors_view(
    vectors: np.ndarray, labels: np.ndarray, folds: np.ndarray, learned: np.ndarray, n_classes: int, seed: int
) -> np.ndarray:
    """Multinomial logistic regression on dense rows of length 1, `BATCH` items a step; else as `terms_view`."""
    out = np.zeros((len(labels), n_classes), dtype=np.float32)
    for learn, judge in _splits(folds, learned):
        rng = np.random.default_rng(seed)
        weights, bias = np.zeros((vectors.shape[1], n_classes), np.float32), np.zeros(n_classes, np.float32)
        orders = [rng.permutation(learn) for _ in range(passes(len(learn), DENSE_STEPS))]
        batches = [order[start : start + BATCH] for order in orders for start in range(0, len(order), BATCH)]
        for step, batch in enumerate(batches):
            rows, rate = vectors[batch], np.float32(60 * (1 - step / len(batches)))
            error = softmax(rows @ weights + bias)
            error[np.arange(len(batch)), labels[batch]] -= 1
            weights -= rate / np.float32(len(batch)) * (rows.T @ error)
            bias -= rate / 10 * error.mean(axis=0)
        out[judge] = vectors[judge] @ weights + bias
    return softmax(out)


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
    return softmax(out)


def vote(neighbours: Neighbours, labels: np.ndarray, learned: np.ndarray, n_classes: int) -> np.ndarray:
    """What the labels of the neighbours say, weighed by the eighth power of their similarity in [0, 1]."""
    positions, similarities = neighbours
    weight = np.where((positions >= 0) & learned[positions], np.maximum(similarities, 0), 0.0) ** 8
    rows = np.repeat(np.arange(len(labels)), positions.shape[1])
    cells = rows * n_classes + np.maximum(labels[positions].ravel(), 0)
    votes = np.bincount(cells, weight.ravel(), minlength=len(labels) * n_classes).reshape(len(labels), n_classes)
    votes += 0.003 * (np.bincount(labels[learned], minlength=n_classes) + 1) / (learned.sum() + n_classes)
    return (votes / votes.sum(axis=1, keepdims=True)).astype(np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Exponentials of the rows, made to sum to 1."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


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
