import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from modeling.core.learners import LEARNERS, Fold, LogisticLearner, UnableToConfigure, learner_settings
from modeling.core.learners.logistic import GRID
from modeling.core.learners.softmax import Problem, merged, minimise
from tests.modeling.core.data import worded


def matrix(n_classes, **options):
    table, labels = worded(n_classes=n_classes, **options)
    return TfidfVectorizer().fit_transform(table["text"]), labels


def folds_of(X, y, k=4):
    part = np.arange(len(y)) % k
    return [Fold(X[part != fold], y[part != fold], X[part == fold], y[part == fold]) for fold in range(k)]


@pytest.mark.parametrize("n_classes", [2, 4])
def test_l2_is_what_scikit_learn_finds(n_classes):
    X, y = matrix(n_classes)
    ours = LogisticLearner(C=5.0, tol=1e-7).fit(X, y)
    theirs = LogisticRegression(C=5.0, tol=1e-9, max_iter=10_000).fit(X, y)
    assert np.allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)
    assert np.allclose(ours.estimator_.coef_, theirs.coef_, atol=1e-4)
    assert (ours.converged_, ours.C_, ours.path_) == (True, 5.0, [])


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_l1_and_elastic_net_reach_the_minimum_of_scikit_learn_or_a_lower_one(n_classes, l1_ratio):
    X, y = matrix(n_classes)
    ours = LogisticLearner(C=2.0, l1_ratio=l1_ratio, tol=1e-5).fit(X, y)
    theirs = LogisticRegression(C=2.0, l1_ratio=l1_ratio, solver="saga", tol=1e-6, max_iter=5000).fit(X, y)
    problem = Problem.of(X, y, n_classes, 2.0, l1_ratio)

    def objective(estimator):
        return problem.objective(np.vstack([estimator.coef_.T, estimator.intercept_]))

    assert objective(ours.estimator_) <= objective(theirs) + 1e-6
    assert np.allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-2)
    assert 0 < (ours.estimator_.coef_ != 0).mean() < 0.9


def test_the_slope_is_the_derivative_of_the_objective():
    X, y = matrix(3, n=60)
    for l1_ratio in (0.0, 0.4):
        problem = Problem.of(X, y, 3, 1.0, l1_ratio)
        point = np.random.default_rng(0).normal(size=(X.shape[1] + 1, 3))
        slope = problem.slope(point)
        for cell in ((0, 1), (7, 2), (-1, 0)):
            step = np.zeros_like(point)
            step[cell] = 1e-6
            numeric = (problem.objective(point + step) - problem.objective(point - step)) / 2e-6
            assert np.isclose(slope[cell], numeric, atol=1e-7)


def test_one_row_two_classes_by_hand():
    # Rows x = ±1, classes 1 and 0, l2 = 1/(C n) = 0.5: w minimises log(1 + e^−w) + w²/4, so w = 2 / (1 + e^w).
    X, y = sparse.csr_matrix([[1.0], [-1.0]]), np.array([1, 0])
    point, _ = minimise(Problem.of(X, y, 2, 1.0, 0.0), tol=1e-10)
    assert np.isclose(point[0, 0], 2 / (1 + np.exp(point[0, 0])), atol=1e-8)
    assert np.isclose(point[1, 0], 0, atol=1e-8)


def test_so_strong_an_l1_penalty_that_no_feature_is_worth_it_is_the_minimum():
    X, y = matrix(3)
    learner = LogisticLearner(C=1e-3, l1_ratio=1.0).fit(X, y)
    assert (learner.n_iter_, learner.converged_) == (0, True)
    assert np.allclose(learner.predict_proba(X[:1]), np.bincount(y) / len(y))


def test_merging_columns_of_one_row_changes_no_weight():
    X = sparse.csr_matrix([[1.0, 2, 0, 0, 3], [1, 0, 4, 0, 0], [1, 0, 0, 0, 0]])
    E = merged(X).toarray()
    # Column 0 is shared, 1 and 4 are row 0's alone, 2 is row 1's, 3 is nobody's.
    assert E.shape == (5, 3)
    assert np.allclose(E.T @ E, np.eye(3))
    assert np.allclose(E[[1, 4], 1], np.array([2, 3]) / np.sqrt(13))
    assert np.allclose(X @ E @ E.T, X.toarray())
    X, y = matrix(3)
    whole, _ = minimise(Problem.of(X, y, 3, 5.0, 0.0), tol=1e-8)
    E = merged(X)
    part, _ = minimise(Problem.of(X @ E, y, 3, 5.0, 0.0), tol=1e-8)
    assert np.allclose(E @ part[:-1], whole[:-1], atol=1e-6)


def test_too_few_iterations_are_said_to_be_too_few():
    X, y = matrix(3)
    learner = LogisticLearner(C=100.0, max_iter=1).fit(X, y)
    assert not learner.converged_
    assert learner.n_iter_ == 1
    assert learner.status_.startswith("Not converged: stopped after 1 iteration at ")


def test_a_fit_that_stopped_before_its_first_step_is_not_taken_for_converged():
    # So many classes that every slope is below an absolute 1e-2 before anything is learned: 0.3 / 40 at the steepest.
    y = np.arange(400) % 40
    X = sparse.csr_matrix(0.3 * np.eye(40)[y])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stopped = LogisticRegression(C=10.0, tol=1e-2).fit(X, y)
    assert stopped.n_iter_[0] == 0
    problem = Problem.of(X, y, 40, 10.0, 0.0)
    assert problem.relative_slope(np.vstack([stopped.coef_.T, stopped.intercept_])) > 0.9
    assert LogisticLearner(C=10.0, tol=1e-2).fit(X, y).n_iter_ > 0
    idle = LogisticLearner(C=10.0, tol=1.0).fit(X, y)
    assert (idle.n_iter_, idle.converged_) == (0, False)


def test_cross_validation_keeps_its_grid_and_takes_the_best():
    X, y = matrix(3, noise=0.3)
    learner = LogisticLearner().fit(X, y, folds_of(X, y))
    assert [entry["C"] for entry in learner.path_] == list(GRID)
    best = min(learner.path_, key=lambda entry: entry["log_loss"])
    assert learner.C_ == best["C"] not in (GRID[0], GRID[-1])
    assert learner.estimator_.C == learner.C_
    assert learner.status_.startswith("Converged in ")


def test_a_tie_goes_to_the_stronger_penalty_and_the_edge_of_the_grid_is_named():
    # On a feature that says nothing every C gives the same model.
    X, y = sparse.csr_matrix(np.ones((40, 1))), np.arange(40) % 2
    for l1_ratio in (0.0, 1.0):
        learner = LogisticLearner(l1_ratio=l1_ratio).fit(X, y, folds_of(X, y))
        assert min(GRID) == learner.C_ and learner.converged_
        assert "smallest on the grid" in learner.status_


def test_cross_validation_matches_scores_worked_out_apart():
    X, y = matrix(3)
    folds = folds_of(X, y)
    learner = LogisticLearner(tol=1e-6).fit(X, y, folds)
    at = GRID.index(3.0)
    losses = []
    for fold in folds:
        model = LogisticRegression(C=3.0, tol=1e-8, max_iter=5000).fit(fold.X, fold.y)
        losses.extend(-np.log(model.predict_proba(fold.X_out)[np.arange(len(fold.y_out)), fold.y_out]))
    assert np.isclose(learner.path_[at]["log_loss"], np.mean(losses), atol=1e-5)


def test_a_class_only_among_the_rows_held_out_and_a_fold_of_one_class_do_no_harm():
    X, y = matrix(3, n=60)
    lonely = Fold(X[y == 0], y[y == 0], X[y == 1], y[y == 1])
    missing = Fold(X[y < 2], y[y < 2], X, y)
    learner = LogisticLearner().fit(X, y, [lonely, missing])
    assert all(np.isfinite(entry["log_loss"]) for entry in learner.path_)


def test_class_names_and_dense_input():
    X, y = matrix(2)
    names = np.array(["yes", "no"])[y]
    learner = LogisticLearner(C=1.0).fit(X.toarray(), names)
    assert list(learner.classes_) == ["no", "yes"]
    plain = LogisticLearner(C=1.0).fit(X, y)
    assert np.allclose(learner.predict_proba(X)[:, 1], plain.predict_proba(X)[:, 0], atol=1e-3)


def test_every_learner_learns_and_says_whether_it_converged():
    X, y = matrix(3)
    for name, learner in LEARNERS.items():
        settings = learner_settings(name, {})
        fitted = learner(**settings).fit(X, y, folds_of(X, y))
        probabilities = fitted.predict_proba(X)
        assert np.allclose(probabilities.sum(axis=1), 1)
        assert (probabilities.argmax(axis=1) == y).mean() > 0.8
        assert fitted.converged_ is True
        assert fitted.status_.endswith(".")


def test_settings_are_read_and_the_rest_is_the_default():
    assert learner_settings("logistic", {}) == {"C": "cv", "l1_ratio": 0.0}
    assert learner_settings("logistic", {"C": "10", "l1_ratio": "0.5"}) == {"C": 10.0, "l1_ratio": 0.5}


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ({"gamma": "1"}, "has no setting 'gamma'; its settings are: C, l1_ratio."),
        ({"C": "0"}, "C=0 is not possible; C must be a number above 0, or cv."),
        ({"C": "-1"}, "C must be"),
        ({"C": "inf"}, "C must be"),
        ({"C": "nan"}, "C must be"),
        ({"C": "strong"}, "C must be"),
        ({"l1_ratio": "1.5"}, "l1_ratio=1.5 is not possible; l1_ratio must be a number from 0"),
        ({"l1_ratio": "nan"}, "l1_ratio must be"),
    ],
)
def test_a_wrong_setting_is_one_plain_sentence(pairs, sentence):
    with pytest.raises(UnableToConfigure, match="(?s)" + sentence.replace("(", r"\(")) as error:
        learner_settings("logistic", pairs)
    assert "\n" not in str(error.value)


def test_an_unknown_learner_is_named():
    with pytest.raises(UnableToConfigure, match="no learner 'forest'; choose one of: logistic"):
        learner_settings("forest", {})
