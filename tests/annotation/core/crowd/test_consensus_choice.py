import numpy as np
import pytest

from annotation.core.crowd.consensus_choice import best, estimate, folds_of
from annotation.core.crowd.method_gain import Gain
from annotation.core.crowd.votes import Votes, majority_posterior
from tests.annotation.core.crowd.crowd_by_hand import crowd, votes


def test_every_vote_is_held_out_once_and_an_items_votes_apart():
    said, _ = crowd(n_items=50, share=0.5)
    folds = folds_of(said)
    assert ((folds == -1) == (said.per_item[said.item] == 1)).all()
    out = folds >= 0
    pairs = set(zip(said.item[out].tolist(), folds[out].tolist(), strict=True))
    assert len(pairs) == out.sum()


def gain(value, *influence):
    return Gain(value, np.array(influence or (0.0,)), 9)


@pytest.mark.parametrize(
    ("others", "chosen"),
    [
        ({}, "majority"),
        ({"dawid_skene": gain(0.001)}, "dawid_skene"),
        ({"dawid_skene": gain(-0.001)}, "majority"),
        ({"dawid_skene": gain(0.0), "crowdlab": gain(0.0)}, "majority"),
        ({"dawid_skene": gain(-0.001), "crowdlab": gain(0.001)}, "crowdlab"),
        ({"dawid_skene": gain(0.01), "crowdlab": gain(0.03)}, "crowdlab"),
        ({"dawid_skene": gain(0.01, 0.02), "crowdlab": gain(0.03, 0.0)}, "dawid_skene"),
        ({"dawid_skene": gain(0.03), "crowdlab": gain(0.01)}, "dawid_skene"),
    ],
)
def test_another_method_has_to_gain_and_the_model_has_to_gain_surely(others, chosen):
    assert best({"majority": gain(0.0)} | others) == chosen


def lazy_crowd(n_items=1500, n_annotators=40, seed=0):
    """Three of forty annotators an item; a third of the items are of the rare class, which half of the annotators
    miss three times in four."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n_items) < 0.33).astype(int)
    item = np.repeat(np.arange(n_items), 3)
    start, step = rng.integers(0, n_annotators, n_items), rng.integers(1, n_annotators // 3, n_items)
    annotator = ((start[:, None] + step[:, None] * np.arange(3)) % n_annotators).ravel()
    says_rare = np.where(truth[item] == 1, np.where(annotator < 20, 0.25, 0.85), np.where(annotator < 20, 0.02, 0.05))
    label = (rng.random(len(item)) < says_rare).astype(int)
    return Votes(item, annotator, label, n_items, n_annotators, 2), truth


def test_a_common_answer_does_not_hide_that_annotators_miss_the_rare_one():
    said, truth = lazy_crowd()
    model = np.random.default_rng(1).beta(np.where(truth == 1, 4, 1.5), np.where(truth == 1, 3, 4))
    found = estimate(said, np.stack([1 - model, model], axis=1))
    # meeting held-out answers would choose the method that says the common class
    assert found.scores["crowdlab"].accuracy.value > found.scores["dawid_skene"].accuracy.value
    assert found.method == "dawid_skene"
    wrong = [(label != truth).mean() for label in (found.label, majority_posterior(said).argmax(axis=1))]
    assert wrong[0] < 0.6 * wrong[1]


def test_a_stricter_annotator_among_three_overrules_nobody_whom_the_model_supports():
    rng = np.random.default_rng(0)
    truth = (rng.random(1200) < 0.4).astype(int)
    rows = [(item, who, label if rng.random() > 0.05 else 1 - label)
            for item, label in enumerate(truth) for who in range(2)]  # fmt: skip
    strict = np.where((truth == 0) & (rng.random(1200) < 0.3), 1, truth)
    said = votes(*rows, *((item, 2, label) for item, label in enumerate(strict)))
    majority = majority_posterior(said).argmax(axis=1)
    model = np.clip(0.5 + 0.3 * (2 * majority - 1) + rng.normal(0, 0.2, 1200), 0.01, 0.99)
    found = estimate(said, np.stack([1 - model, model], axis=1))
    assert (found.label == majority).mean() > 0.995


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
