import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from modeling.core.learners.later_settings import weights_of_classes
from modeling.core.solvers import elastic_net
from modeling.core.solvers.elastic_net import UnableToSolve, first_C, solve_path
from modeling.core.solvers.newton import centre


@pytest.fixture(params=["few weights", "many weights"], autouse=True)
def solver(request, monkeypatch):
    """Every test twice: by Newton steps on all weights, and by the solvers for more of them than that."""
    if request.param == "many weights":
        monkeypatch.setattr(elastic_net, "NARROW", 0)
    return request.param


def made(n_classes=3, n=150, p=8, seed=0):
    """Dense rows with correlated columns, of which the first three tell the classes apart, and many zeros."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * (rng.random((n, p)) < 0.6)
    X[:, -1] = X[:, 0] + 0.1 * rng.normal(size=n)
    scores = 2 * X[:, :3] @ rng.normal(size=(3, n_classes)) + rng.gumbel(size=(n, n_classes))
    return X, scores.argmax(axis=1)


def objective(X, y, weights, intercepts, C, l1_ratio):
    """scikit-learn's definition, worked out apart."""
    scores = X @ weights + intercepts
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y]
    return C * losses.sum() + l1_ratio * np.abs(weights).sum() + (1 - l1_ratio) / 2 * (weights**2).sum()


def solved(X, y, C, l1_ratio, tol=1e-7, **more):
    [solution] = solve_path(X, y, [C], l1_ratio, tol, **more)
    return solution


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("C", [0.1, 3.0])
def test_the_minimum_is_that_of_scikit_learn(n_classes, l1_ratio, C):
    X, y = made(n_classes)
    ours = solved(X, y, C, l1_ratio)
    solver = "saga" if l1_ratio else "lbfgs"
    theirs = LogisticRegression(C=C, l1_ratio=l1_ratio, solver=solver, tol=1e-9, max_iter=100_000).fit(X, y)
    least = objective(X, y, theirs.coef_.T, theirs.intercept_, C, l1_ratio)
    assert ours.objective == pytest.approx(least, rel=1e-7)
    assert ours.objective == pytest.approx(objective(X, y, ours.weights, ours.intercepts, C, l1_ratio), rel=1e-10)
    assert np.allclose(ours.weights, theirs.coef_.T, atol=1e-5 * max(1, np.abs(theirs.coef_).max()) * 10)
    ours_gap, gap = ours.intercepts - ours.intercepts[0], theirs.intercept_ - theirs.intercept_[0]
    assert np.allclose(ours_gap, gap, atol=1e-4)
    assert ours.converged and ours.status.startswith("Converged in ")


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
def test_the_minimum_with_balanced_classes_is_that_of_scikit_learn(n_classes, l1_ratio):
    X, y = made(n_classes)
    y = np.where((y == 1) & (np.arange(len(y)) % 4 > 0), 0, y)
    worth = weights_of_classes(y, "balanced")
    assert np.isclose(worth[y].mean(), 1) and np.allclose(np.bincount(y) * worth, len(y) / n_classes)
    solver = "saga" if l1_ratio else "lbfgs"
    theirs = LogisticRegression(
        C=1.0, l1_ratio=l1_ratio, solver=solver, tol=1e-9, max_iter=100_000, class_weight="balanced"
    ).fit(X, y)
    for rows in (X, sparse.csr_matrix(X)):
        [ours] = solve_path(rows, y, [1.0], l1_ratio, 1e-7, worth=worth)
        assert ours.converged
        assert np.allclose(ours.weights, theirs.coef_.T, atol=1e-4 * max(1, np.abs(theirs.coef_).max()) * 10)
        gap = ours.intercepts - ours.intercepts[0] - (theirs.intercept_ - theirs.intercept_[0])
        assert np.allclose(gap, 0, atol=1e-3)


# With few weights the products of sparse and dense rows differ in the last digit.
@pytest.mark.parametrize("solver", ["many weights"], indirect=True)
@pytest.mark.parametrize("l1_ratio", [0.5, 1.0])
def test_sparse_and_dense_rows_give_the_identical_path(l1_ratio, solver):
    X, y = made(4)
    for one, other in zip(
        solve_path(X, y, [0.1, 1, 10], l1_ratio), solve_path(sparse.csr_matrix(X), y, [0.1, 1, 10], l1_ratio),
        strict=True,
    ):  # fmt: skip
        assert (one.weights == other.weights).all() and (one.intercepts == other.intercepts).all()
        assert (one.objective, one.residual, one.n_iter) == (other.objective, other.residual, other.n_iter)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_sparse_and_dense_rows_give_the_same_path(l1_ratio):
    X, y = made(4)
    paths = [solve_path(rows, y, [0.1, 1, 10], l1_ratio, tol=1e-8) for rows in (X, sparse.csr_matrix(X))]
    for one, other in zip(*paths, strict=True):
        assert one.weights == pytest.approx(other.weights, abs=1e-6)
        assert one.objective == pytest.approx(other.objective, rel=1e-9)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.3, 1.0])
def test_a_path_comes_to_what_each_penalty_alone_comes_to(n_classes, l1_ratio):
    X, y = made(n_classes)
    Cs = [0.03, 0.3, 3.0, 30.0]
    for C, found in zip(Cs, solve_path(X, y, Cs, l1_ratio, 1e-7), strict=True):
        alone = solved(X, y, C, l1_ratio)
        assert found.C == C
        assert found.objective == pytest.approx(alone.objective, rel=1e-8)
        assert np.allclose(found.weights, alone.weights, atol=1e-4 * max(1, np.abs(alone.weights).max()))


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
def test_the_kkt_residual_is_the_largest_slope_there_is(l1_ratio):
    X, y = made(3)
    rough = solved(X, y, 2.0, l1_ratio, max_iter=1, tol=1e-9)
    scores = X @ rough.weights + rough.intercepts
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    error = shares - np.eye(3)[y]
    slope = 2.0 * X.T @ error + (1 - l1_ratio) * rough.weights
    at_zero = np.maximum(np.abs(slope) - l1_ratio, 0)
    kkt = np.where(rough.weights == 0, at_zero, np.abs(slope + l1_ratio * np.sign(rough.weights)))
    expected = max(kkt.max(), np.abs(2.0 * error.sum(axis=0)).max())
    assert rough.residual == pytest.approx(expected, rel=1e-9) and expected > 1e-4
    assert not rough.converged
    assert rough.status.startswith("Not converged: stopped after 1 iteration at ")
    null = np.abs(2.0 * X.T @ (np.bincount(y) / len(y) - np.eye(3)[y])).max()
    assert rough.slope == pytest.approx(expected / null)


def test_one_feature_two_rows_by_hand():
    # Rows x = ±1, classes 1 and 0, C = 1: w minimises 2 log(1 + e^−w) + w²/2, so w = 2 / (1 + e^w).
    X, y = np.array([[1.0], [-1.0]]), np.array([1, 0])
    found = solved(X, y, 1.0, 0.0, 1e-10)
    assert found.weights[0, 0] == pytest.approx(2 / (1 + np.exp(found.weights[0, 0])), abs=1e-8)
    assert found.intercepts[0] == pytest.approx(0, abs=1e-8)
    # With L1 the slope of the loss, 2 / (1 + e^w), must be 1 / C: at C = 1 just not, at C = 2 where e^w = 3.
    assert first_C(X, y, 1.0) == pytest.approx(1.0)
    assert solved(X, y, 0.99, 1.0).weights[0, 0] == 0
    assert solved(X, y, 2.0, 1.0, 1e-10).weights[0, 0] == pytest.approx(np.log(3), abs=1e-8)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("l1_ratio", [0.2, 1.0])
def test_no_feature_is_used_up_to_the_first_C_and_one_beyond(n_classes, l1_ratio):
    X, y = made(n_classes)
    first = first_C(X, y, l1_ratio)
    below, above = solve_path(X, y, [0.999 * first, 1.05 * first], l1_ratio)
    assert (below.active, below.n_iter, below.residual) == (0, 0, pytest.approx(0, abs=1e-9))
    assert above.active == 1
    shares = np.exp(below.intercepts) / np.exp(below.intercepts).sum() if n_classes > 2 else None
    if shares is not None:
        assert shares == pytest.approx(np.bincount(y) / len(y))


def test_a_feature_that_never_varies_gets_no_weight():
    X, y = made(3)
    X = np.hstack([X, np.ones((len(y), 1)), np.zeros((len(y), 1))])
    for l1_ratio in (0.0, 1.0):
        assert np.allclose(solved(X, y, 3.0, l1_ratio).weights[-2:], 0, atol=1e-5)
    assert first_C(np.ones((4, 1)), np.array([0, 1, 0, 1]), 1.0) == float("inf")
    assert solved(np.ones((4, 1)), np.array([0, 1, 0, 1]), 3.0, 0.5).converged


def test_rows_that_can_be_told_apart_entirely_stay_finite():
    X, y = np.vstack([np.eye(3)] * 4), np.tile(np.arange(3), 4)
    for l1_ratio in (0.0, 1.0):
        found = solved(X, y, 1e6, l1_ratio, 1e-3)
        assert np.isfinite(found.weights).all() and np.isfinite(found.objective) and found.converged


def test_centring_makes_the_penalty_least_and_shifts_all_classes_alike():
    rng = np.random.default_rng(0)
    for l1, l2 in ((0.0, 1.0), (1.0, 0.0), (0.6, 0.4)):
        weights = rng.normal(size=(5, 40)) + 1
        weights[rng.random((5, 40)) < 0.2] = 0
        moved = weights.copy()
        centre(moved, l1, l2)
        shift = weights - moved
        assert np.allclose(shift, shift[0])

        def price(w, l1=l1, l2=l2):
            return l1 * np.abs(w).sum(axis=0) + l2 / 2 * (w**2).sum(axis=0)

        for other in np.linspace(-3, 3, 601):
            assert (price(moved) <= price(weights - other) + 1e-9).all()


def test_twice_is_the_same():
    X, y = made(4)
    runs = [list(solve_path(X, y, [0.1, 1.0], 0.5)) for _ in range(2)]
    for one, other in zip(*runs, strict=True):
        assert (one.weights == other.weights).all() and one.n_iter == other.n_iter


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"y": np.zeros(4, int)}, "All rows have the same class"),
        ({"y": np.array([0, 2, 0, 2])}, "without a gap"),
        ({"y": np.array([0, 1])}, "There are 4 rows of features and 2 labels"),
        ({"X": np.array([[1.0], [np.nan], [0], [2]])}, "missing or infinite"),
        ({"X": sparse.csr_matrix([[1.0], [np.inf], [0], [2]])}, "missing or infinite"),
        ({"Cs": [1.0, 0.1]}, "ascending"),
        ({"Cs": [0.0, 1.0]}, "above 0"),
        ({"Cs": []}, "above 0"),
        ({"l1_ratio": 1.5}, "l1_ratio is 1.5; it must be"),
    ],
)
def test_what_cannot_be_solved_is_refused_with_a_sentence(change, sentence):
    given = {"X": np.array([[1.0], [2], [0], [2]]), "y": np.array([0, 1, 0, 1]), "Cs": [1.0], "l1_ratio": 0.5}
    with pytest.raises(UnableToSolve, match=sentence) as error:
        list(solve_path(**(given | change)))
    assert "\n" not in str(error.value)
