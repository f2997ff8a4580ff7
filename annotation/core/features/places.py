"""Where items lie by what they say, in few directions: what the order of review tells nearness by."""

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

# Directions kept of the vectors and of the terms; rows that the latter are found on; of more items than MOST none.
OF_VECTORS, OF_TERMS, SAMPLE, MOST = 64, 32, 2_000, 200_000


def places(terms: sparse.csr_matrix, vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """Float16 (n, ≤ OF_VECTORS + OF_TERMS), rows of length 1 or less: the principal directions of `vectors` float
    (n, d) (Pearson 1901) and of `terms` float (n, t), found on SAMPLE rows (Deerwester et al. 1990; Halko et al. 2011),
    each half of what is near. Of more than MOST items (n, 0)."""
    n = len(vectors)
    if n > MOST or n < 2:
        return np.zeros((n, 0), dtype=np.float16)
    middled = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh((middled.T @ middled).astype(np.float64))
    dense = middled @ directions[:, ::-1][:, :OF_VECTORS].astype(np.float32)
    halves = [_unit(dense), _unit(_of_terms(terms, seed))]
    return (np.hstack(halves) / np.sqrt(2)).astype(np.float16)


def _of_terms(terms: sparse.csr_matrix, seed: int) -> np.ndarray:
    rows = np.sort(np.random.default_rng(seed).permutation(terms.shape[0])[:SAMPLE])
    kept = min(OF_TERMS, min(len(rows), terms.shape[1]) - 1)
    if kept < 1:
        return np.zeros((terms.shape[0], 0))
    _, _, directions = randomized_svd(terms[rows], kept, n_iter=3, random_state=seed)
    found = np.asarray(terms @ directions.T)
    return found - found.mean(axis=0)


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-6)
