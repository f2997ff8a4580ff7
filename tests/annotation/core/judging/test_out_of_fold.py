"""The views and their pool: nothing is learned from the item itself, and by hand what small cases say."""

import numpy as np
import pytest
from scipy import sparse

from annotation.core.features.matrices import Features
from annotation.core.judging.judges import naive_bayes, softmax, terms_view, trees_view, vectors_view
from annotation.core.judging.out_of_fold import learnable, out_of_fold, pool, view_weights

N, K = 200, 2
LABELS = np.arange(N) % K
GROUPS = np.arange(N)


def separable(seed=0):
    """Two columns that tell the class and one that is each item's own."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((N, 12), dtype=np.float32)
    rows[np.arange(N), LABELS] = 1
    rows[np.arange(N), 2 + rng.integers(0, 10, N)] = 0.3
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def in_folds(view, rows, labels, folds, learned, *more):
    """Each item as the view judges it that learned from the items outside its fold."""
    parts = [(np.flatnonzero((folds != fold) & learned), np.flatnonzero(folds == fold)) for fold in np.unique(folds)]
    said = [view(rows, labels, learn, judge, *more) for learn, judge in parts]
    return np.concatenate(said)[np.argsort(np.concatenate([judge for _, judge in parts]))]


def every_view(rows, labels, folds, learned):
    matrix = sparse.csr_matrix(rows)
    return {
        "terms": in_folds(terms_view, matrix, labels, folds, learned, K, 0),
        "vectors": in_folds(vectors_view, rows, labels, folds, learned, K, 0),
        "bayes": in_folds(naive_bayes, matrix, labels, folds, learned, K),
    }


@pytest.mark.parametrize("name", ["terms", "vectors", "bayes"])
def test_each_view_learns_the_classes_and_flips_are_seen_through(name):
    labels = LABELS.copy()
    labels[:10] = 1 - labels[:10]
    view = every_view(separable(), labels, np.arange(N) % 5, np.ones(N, bool))[name]
    assert np.allclose(view.sum(axis=1), 1, atol=1e-5)
    assert (view.argmax(axis=1) == LABELS).mean() > 0.98


@pytest.mark.parametrize("name", ["terms", "vectors", "bayes"])
def test_no_view_sees_its_own_fold(name):
    """A column that only the first fold has, and only with one label, must say nothing about that fold."""
    rows = np.zeros((N, 3), dtype=np.float32)
    rows[:, 0] = 1
    folds = np.arange(N) // 40
    rows[folds == 0] = [0.0, 1.0, 0.0]
    labels = LABELS.copy()
    labels[folds == 0] = 1
    view = every_view(rows, labels, folds, np.ones(N, bool))[name]
    assert abs(view[folds == 0, 1] - 0.5).max() < 0.2


def test_with_nothing_to_learn_from_every_class_is_as_likely():
    for view in every_view(separable(), LABELS, np.arange(N) % 5, np.zeros(N, bool)).values():
        assert np.allclose(view, 0.5)


def test_naive_bayes_by_hand():
    matrix = sparse.csr_matrix(np.array([[1, 0], [0, 1], [1, 1]], dtype=np.float32))
    labels, folds = np.array([0, 1, -1]), np.array([0, 0, 1])
    view = in_folds(naive_bayes, matrix, labels, folds, labels >= 0, 2)
    # Both classes smooth to 1.02 / 1.04 and .02 / 1.04; the third row holds one of each, so they tie.
    assert view[2] == pytest.approx([0.5, 0.5], abs=1e-6)


def test_trees_see_what_no_column_says_alone():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(600, 2)).astype(np.float32)
    labels = (columns[:, 0] * columns[:, 1] > 0).astype(int)
    folds, everybody = np.arange(600) % 5, np.ones(600, bool)
    assert (in_folds(trees_view, columns, labels, folds, everybody, K, 0).argmax(axis=1) == labels).mean() > 0.9
    assert (in_folds(vectors_view, columns, labels, folds, everybody, K, 0).argmax(axis=1) == labels).mean() < 0.6


@pytest.mark.parametrize("view", [trees_view, vectors_view])
def test_a_class_that_is_nowhere_else_is_not_expected(view):
    labels, folds = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 1, 1])
    rows = np.eye(6, dtype=np.float32)
    said = in_folds(view, rows, labels, folds, np.ones(6, bool), 3, 0)
    assert (said[folds == 1, 2] == 0).all() and (said[folds == 0, 2] > 0).all()
    alone = in_folds(view, rows, labels, folds, labels == 0, 3, 0)
    assert alone[folds == 0].tolist() == [[1, 0, 0]] * 2


def test_pool_and_weights():
    sure, blind = np.array([[0.9, 0.1], [0.2, 0.8]]), np.full((2, 2), 0.5)
    assert pool([sure, blind], np.array([1.0, 1.0])) == pytest.approx(sure, abs=2e-3)
    weights = view_weights([sure, blind], np.array([0, 1]))
    assert weights[0] > 1
    assert softmax(np.array([[0.0, np.log(3)]])) == pytest.approx(np.array([[0.25, 0.75]]))


def test_out_of_fold_is_repeatable_and_takes_one_class_and_unlabelled_items():
    rows = separable()
    features = Features(sparse.csr_matrix(rows), rows, None)
    labels = LABELS.copy()
    labels[::7] = -1
    first, second = (out_of_fold(features, labels, GROUPS, K, 3) for _ in range(2))
    assert first.probabilities.tolist() == second.probabilities.tolist()
    assert (first.overlap == second.overlap).all() and first.overlap.trace() > 0.9 * K
    assert (first.probabilities.argmax(axis=1) == LABELS).mean() > 0.98
    assert out_of_fold(features, labels, GROUPS, 1, 3).probabilities.tolist() == [[1.0]] * N


def test_labels_that_nothing_predicts_are_not_learnable():
    """By class shares: even ones, and one class in nine of ten items."""
    rng, sure = np.random.default_rng(0), np.tile([0.9, 0.1], (400, 1))
    assert not learnable(sure, (rng.random(400) < 0.1).astype(int))
    assert not learnable(np.full((400, 2), 0.5), rng.integers(0, 2, 400))
    labels = rng.integers(0, 2, 400)
    assert learnable(np.where(np.eye(2)[labels] > 0, 0.6, 0.4), labels)
    assert learnable(np.full((50, 2), 0.5), rng.integers(0, 2, 50))


def test_out_of_fold_says_so_where_labels_are_drawn_by_lot():
    rows, lot = separable(), np.random.default_rng(1).random(N) < 0.2
    features = Features(sparse.csr_matrix(rows), rows, None)
    assert not out_of_fold(features, lot.astype(int), GROUPS, K, 3).learnable
    assert out_of_fold(features, LABELS, GROUPS, K, 3).learnable
