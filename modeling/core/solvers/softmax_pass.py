"""Log loss of several classes over sparse rows and its slope, in one pass that keeps nothing as large as the scores."""

import numpy as np

from annotation.core.compiled import compiled


@compiled()
def softmax_pass(
    data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, codes: np.ndarray, worth: np.ndarray,
    point: np.ndarray, gradient: np.ndarray,
) -> float:  # fmt: skip
    """The sum over n rows of worth · log loss; its slope is added to `gradient`.

    data, indices, indptr: CSR (n, p); codes: int64 (n,), classes in 0 … k − 1; worth: (k,), what the loss of a row of
    each class counts; point and gradient: (p + 1, k), the last row the intercepts. Floats are all of one type.
    """
    k, bias = point.shape[1], point.shape[0] - 1
    residual = np.empty(k, dtype=point.dtype)
    loss = 0.0
    for row in range(len(codes)):
        for one in range(k):
            residual[one] = point[bias, one]
        for cell in range(indptr[row], indptr[row + 1]):
            value, line = data[cell], point[indices[cell]]
            for one in range(k):
                residual[one] += value * line[one]
        given = codes[row]
        top, own = residual[0], residual[given]
        for one in range(k):
            top = max(top, residual[one])
        total = top - top
        for one in range(k):
            residual[one] = np.exp(residual[one] - top)
            total += residual[one]
        each = worth[given]
        loss += each * (np.log(total) + top - own)
        each_share = each / total
        for one in range(k):
            residual[one] *= each_share
        residual[given] -= each
        for one in range(k):
            gradient[bias, one] += residual[one]
        for cell in range(indptr[row], indptr[row + 1]):
            value, line = data[cell], gradient[indices[cell]]
            for one in range(k):
                line[one] += value * residual[one]
    return loss
