import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from modeling.core.learners import LEARNERS, Fold, LogisticLearner, UnableToConfigure, learner_settings, recipe_words
from modeling.core.learners.later_settings import CLASS_WEIGHTS
from modeling.core.learners.logistic import GRID, RATIOS, choose, grid_for
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


def test_so_strong_an_l1_penalty_that_no_feature_is_worth_it_is_the_minimum():
    X, y = matrix(3)
    learner = LogisticLearner(C=1e-3, l1_ratio=1.0).fit(X, y)
    assert (learner.n_iter_, learner.converged_) == (0, True)
    assert np.allclose(learner.predict_proba(X[:1]), np.bincount(y) / len(y))


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
    assert LogisticLearner(C=10.0, tol=1e-2).fit(X, y).n_iter_ > 0
    idle = LogisticLearner(C=10.0, max_iter=0).fit(X, y)
    assert (idle.n_iter_, idle.converged_, idle.slope_) == (0, False, pytest.approx(1.0))


def test_cross_validation_keeps_its_grid_and_takes_the_best():
    X, y = matrix(3, noise=0.3)
    learner = LogisticLearner().fit(X, y, folds_of(X, y))
    # The path ends where the loss has only risen for a while.
    assert [entry["C"] for entry in learner.path_] == list(GRID[: len(learner.path_)])
    assert len(learner.path_) < len(GRID)
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


def test_the_standard_error_is_that_of_the_means_of_folds():
    X, y = matrix(3, n=90)
    folds = folds_of(X, y)
    entry = next(entry for entry in LogisticLearner(tol=1e-6).fit(X, y, folds).path_ if entry["C"] == 1.0)
    means = []
    for fold in folds:
        model = LogisticRegression(C=1.0, tol=1e-8, max_iter=5000).fit(fold.X, fold.y)
        means.append(-np.log(model.predict_proba(fold.X_out)[np.arange(len(fold.y_out)), fold.y_out]).mean())
    # 90 rows in four folds: 23, 23, 22, 22.
    weight = np.array([23, 23, 22, 22]) / 90
    spread = (weight * (np.array(means) - weight @ means) ** 2).sum()
    assert np.isclose(entry["error"], np.sqrt(spread / 3), atol=1e-5)


def test_one_standard_error_takes_the_strongest_penalty_that_is_as_good():
    path = [
        {"C": C, "l1_ratio": ratio, "log_loss": loss, "error": 0.1}
        for C, ratio, loss in [(1, 0, 0.5), (1, 1, 0.9), (2, 1, 0.55), (5, 1, 0.46), (10, 1, 0.48)]
    ]
    assert (choose(path, "min")["C"], choose(path, "min")["l1_ratio"]) == (5, 1)
    # Within .46 + .1: C = 2 at the same ratio; the other ratio is not looked at.
    assert (choose(path, "1se")["C"], choose(path, "1se")["l1_ratio"]) == (2, 1)
    assert choose([{"C": 1, "l1_ratio": 1, "log_loss": 0.0, "error": 0.0}], "1se")["C"] == 1


def test_both_settings_are_chosen_together_and_reported():
    X, y = matrix(3, n=90, noise=0.3)
    learner = LogisticLearner(l1_ratio="cv", rule="1se").fit(X, y, folds_of(X, y))
    assert {entry["l1_ratio"] for entry in learner.path_} == {0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0}
    assert learner.resolved_ == {
        "C": learner.C_, "l1_ratio": learner.l1_ratio_, "rule": "1se", "text": "words", "numbers": "ranges",
            "max_iter": 3000, "tol": 0.002,
    }  # fmt: skip
    assert learner.facts_["path"] is learner.path_
    solver = learner.facts_["solver"]
    assert solver["active_features"] == (learner.estimator_.coef_ != 0).any(axis=0).sum()
    assert solver["objective"] > 0 and 0 <= solver["relative_slope"] <= 1e-3 and solver["kkt_residual"] >= 0
    fixed = LogisticLearner(C=2.0, l1_ratio="cv").fit(X, y, folds_of(X, y))
    assert fixed.C_ == 2.0 and [entry["C"] for entry in fixed.path_] == [2.0] * 7


def test_a_ratio_between_is_chosen_where_columns_that_go_together_all_say_something():
    """Each of eight signals stands in three noisy copies: L1 keeps one of each, L2 all 200 columns besides."""
    rng = np.random.default_rng(3)
    signal = rng.normal(size=(300, 8))
    copies = np.repeat(signal, 3, axis=1) + rng.normal(size=(300, 24))
    X = np.hstack([copies, rng.normal(size=(300, 176))])
    y = (signal.sum(axis=1) + rng.logistic(size=300) > 0).astype(int)
    learner = LogisticLearner(l1_ratio="cv").fit(X, y, folds_of(X, y))
    least = {ratio: min(one["log_loss"] for one in learner.path_ if one["l1_ratio"] == ratio) for ratio in RATIOS}
    assert 0 < learner.l1_ratio_ < 1 and least[learner.l1_ratio_] == min(least.values()) < min(least[0.0], least[1.0])
    assert learner.used(learner.resolved_, None) == f"C = {learner.C_:g}, L1 ratio {learner.l1_ratio_:g}"


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_balanced_classes_find_the_rare_one(l1_ratio):
    rng = np.random.default_rng(0)
    y = (rng.random(1200) < 0.05).astype(int)
    X = rng.normal(size=(1200, 6)) + 1.2 * y[:, None] * (np.arange(6) < 2)
    recall = {}
    for kind in CLASS_WEIGHTS:
        learner = LogisticLearner(l1_ratio=l1_ratio, class_weight=kind).fit(X, y, folds_of(X, y))
        predicted = learner.predict_proba(X).argmax(axis=1)
        recall[kind] = [float((predicted == k)[y == k].mean()) for k in (0, 1)]
        assert learner.converged_ and learner.resolved_.get("class_weight", "none") == kind
    assert recall["none"][1] < 0.4 < 0.7 < recall["balanced"][1] and recall["balanced"][0] < recall["none"][0]


def test_a_class_weight_that_is_none_leaves_settings_as_they_were():
    assert "class_weight" not in learner_settings("logistic", {"class_weight": "none"})
    assert "class_weight" not in learner_settings("mlp", {}) and "class_weight" not in LogisticLearner().fit(
        *matrix(2), folds_of(*matrix(2))
    ).resolved_  # fmt: skip
    assert learner_settings("mlp", {"class_weight": "balanced"})["class_weight"] == "balanced"
    assert "classes balanced" in recipe_words("logistic", {"class_weight": "balanced"})
    assert "classes balanced" in recipe_words("mlp", {"class_weight": "balanced"})
    assert "balanced" not in recipe_words("logistic", {})
    with pytest.raises(UnableToConfigure, match="class_weight must be none or balanced"):
        learner_settings("logistic", {"class_weight": "rare"})


def test_one_standard_error_keeps_fewer_features_and_the_true_ones():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(600, 40))
    y = (X[:, :3].sum(axis=1) + rng.logistic(size=600) > 0).astype(int)
    kept = []
    for rule in ("1se", "min"):
        learner = LogisticLearner(l1_ratio=1.0, rule=rule).fit(X, y, folds_of(X, y))
        kept.append(learner.facts_["solver"]["active_features"])
        assert (learner.estimator_.coef_[0, :3] > 0).all()
    assert 3 <= kept[0] < kept[1] < 40


def test_the_grid_with_an_l1_term_begins_where_features_do():
    X, y = sparse.csr_matrix([[1.0], [-1.0]] * 10), np.array([1, 0] * 10)
    # Twenty rows with a slope of ½ each: 10 · C must pay for l1.
    assert grid_for(X, y, 1.0)[:4] == (0.2, 0.5, 1.0, 2.0)
    assert len(grid_for(X, y, 1.0)) == 13
    assert grid_for(X, y, 0.0) == GRID


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
    default = {"C": "cv", "l1_ratio": 0.0, "rule": "min", "text": "words", "numbers": "ranges"}
    assert learner_settings("logistic", {}) == default
    given = {"C": "10", "l1_ratio": "cv", "rule": "1se", "text": "words+embeddings", "numbers": "scaled"}
    assert learner_settings("logistic", given) == given | {"C": 10.0}


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ({"gamma": "1"}, "has no setting 'gamma'; its settings are: C, l1_ratio, rule."),
        ({"C": "0"}, "C=0 is not possible; C must be a number above 0, or cv."),
        ({"C": "-1"}, "C must be"),
        ({"C": "inf"}, "C must be"),
        ({"C": "nan"}, "C must be"),
        ({"C": "strong"}, "C must be"),
        ({"l1_ratio": "1.5"}, "l1_ratio=1.5 is not possible; l1_ratio must be a number from 0"),
        ({"l1_ratio": "nan"}, "l1_ratio must be"),
        ({"rule": "best"}, "rule=best is not possible; rule must be min or 1se."),
    ],
)
def test_a_wrong_setting_is_one_plain_sentence(pairs, sentence):
    with pytest.raises(UnableToConfigure, match="(?s)" + sentence.replace("(", r"\(")) as error:
        learner_settings("logistic", pairs)
    assert "\n" not in str(error.value)


def test_an_unknown_learner_is_named():
    with pytest.raises(UnableToConfigure, match="no learner 'forest'; choose one of: logistic"):
        learner_settings("forest", {})
