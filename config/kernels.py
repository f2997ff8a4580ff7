"""Compile every kernel once and keep it, so that nobody's first job waits for a compiler: `python -m config.kernels`.

Part of `make install` and of the image. What is kept already and still fits is loaded, not compiled again.
"""

import numpy as np
from scipy import sparse

from annotation.core.features.hashing import hashed_terms
from annotation.core.judging.confident_learning import confident_class
from annotation.core.judging.judges import naive_bayes, terms_view
from annotation.core.likeness.neighbours import nearest
from modeling.core.solvers.elastic_net import NARROW, solve_path
from modeling.core.solvers.ridge import Ridge

ROWS = 40


def main() -> None:
    """Call whatever has a kernel behind it, with few rows of the types that a job hands it."""
    rng = np.random.default_rng(0)
    labels = np.arange(ROWS) % 2
    items = np.arange(ROWS)
    terms = hashed_terms([f"item {row} is a{row % 3}, b{row % 5}" for row in range(ROWS)])
    terms_view(terms, labels, items[ROWS // 5 :], items[: ROWS // 5], n_classes=2, seed=0)
    naive_bayes(terms, labels, items[ROWS // 5 :], items[: ROWS // 5], n_classes=2)
    confident_class(rng.dirichlet((1, 1), ROWS), labels)
    nearest(rng.normal(size=(ROWS, 8)).astype(np.float32), np.arange(ROWS), k=3)
    wide = sparse.random(ROWS, NARROW, density=0.1, format="csr", random_state=0)
    list(solve_path(wide, labels, [10.0], l1_ratio=0.5))
    Ridge(wide, np.arange(ROWS) % 3, n_classes=3, l2=0.1).scale()


if __name__ == "__main__":
    main()
