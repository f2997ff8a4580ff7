import numpy as np
import pytest

from annotation.core.crowd.consensus_choice import PredictedLabels, best, estimate, folds_of
from annotation.core.crowd.votes import majority_posterior
from annotation.core.intervals import Interval
from tests.annotation.core.crowd.crowd_by_hand import crowd, votes


def test_every_vote_is_held_out_once_and_an_items_votes_apart():
    said, _ = crowd(n_items=50, share=0.5)
    folds = folds_of(said)
    assert ((folds == -1) == (said.per_item[said.item] == 1)).all()
    out = folds >= 0
    pairs = set(zip(said.item[out].tolist(), folds[out].tolist(), strict=True))
    assert len(pairs) == out.sum()


def scored(value, low):
    return PredictedLabels(Interval(value, 0, 1, 9), Interval(value - 0.7, low, 1, 9), 90)


@pytest.mark.parametrize(
    ("others", "chosen"),
    [
        ({}, "majority"),
        ({"dawid_skene": scored(0.72, 0.005)}, "dawid_skene"),
        ({"dawid_skene": scored(0.72, -0.009)}, "dawid_skene"),
        ({"dawid_skene": scored(0.72, -0.011)}, "majority"),
        ({"dawid_skene": scored(0.69, -0.005)}, "majority"),
        ({"dawid_skene": scored(0.70, -0.005)}, "majority"),
        ({"dawid_skene": scored(0.72, 0.01), "crowdlab": scored(0.73, 0.01)}, "crowdlab"),
    ],
)
def test_another_method_has_to_be_better_and_not_clearly_worse(others, chosen):
    assert best({"majority": scored(0.7, 0.0)} | others) == chosen


def test_it_chooses_dawid_skene_where_annotators_differ():
    said, truth = crowd(accuracies=(0.95, 0.95, 0.4, 0.4, 0.4))
    found = estimate(said)
    assert found.method == "dawid_skene"
    assert (found.label == truth).mean() > 0.95
    one = found.scores["dawid_skene"]
    assert one.labels == len(said) == 1500
    assert one.accuracy.n == 300
    assert 0 < one.difference.low < one.difference.value < one.difference.high
    assert "out-of-fold" in found.why_not["crowdlab"]
    assert np.isfinite(found.held_out).all()


def test_the_model_breaks_ties_and_overrules_nobody():
    said, truth = crowd(accuracies=(0.8, 0.8), n_classes=2)
    found = estimate(said, 0.8 * np.eye(2)[truth] + 0.1, method="crowdlab")
    agreed = majority_posterior(said).max(axis=1) == 1
    assert (found.label[~agreed] == truth[~agreed]).all() and (~agreed).any()
    assert (found.label[agreed] == majority_posterior(said).argmax(axis=1)[agreed]).all()


@pytest.mark.parametrize("said", [votes(n_items=2, n_annotators=1), votes((0, 0, 1), (1, 1, 0))])
def test_without_overlap_it_is_majority_and_says_why(said):
    found = estimate(said, np.full((2, 2), 0.5), method="dawid_skene")
    assert found.method == "majority"
    assert set(found.why_not) == {"dawid_skene", "crowdlab"} and found.scores == {}
    assert np.isnan(found.held_out).all()


@pytest.mark.parametrize(
    "said",
    [votes((0, 0, 0), (0, 1, 1)), votes((0, 0, 0), (0, 1, 0), n_classes=1), votes((0, 0, 1), (0, 1, 1), (1, 0, 0))],
)
def test_tiny_input_is_survived(said):
    found = estimate(said, np.full((said.n_items, said.n_classes), 1 / said.n_classes))
    assert found.method in ("majority", "dawid_skene", "crowdlab")
    assert np.isfinite(found.probabilities).all()


def test_the_same_seed_gives_the_same():
    said, _ = crowd(share=0.5)
    assert estimate(said, seed=3).scores == estimate(said, seed=3).scores
