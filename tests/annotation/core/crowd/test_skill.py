import numpy as np
import pytest

from annotation.core.crowd.skill import known_truth, measure_skills, worst_pairs
from tests.annotation.core.crowd.crowd_by_hand import crowd, votes


def skills_with_truth(said, truth):
    known = np.eye(said.n_classes)[truth[said.item]]
    return measure_skills(said, known, known)


def test_known_truth_is_a_beta_binomial_shrunk_to_the_pool():
    said, truth = crowd(n_items=200, accuracies=(0.9, 0.8, 0.7, 0.6, 0.5))
    one = votes(*zip(said.item, said.annotator, said.label, strict=True), (0, 5, truth[0]), (0, 6, 1 - truth[0] % 2),
                n_items=200, n_annotators=8, n_classes=3)  # fmt: skip
    skills = skills_with_truth(one, truth)
    right = np.bincount(one.annotator, one.label == truth[one.item], 8)
    expected = (right + skills.strength * skills.pool_accuracy) / (skills.labels + skills.strength)
    assert skills.accuracy == pytest.approx(expected, abs=0.03)
    assert skills.judged.tolist() == [200] * 5 + [1, 1, 0]
    # a single right label says little, none says nothing: both stand near the pool, with wide intervals
    assert abs(skills.accuracy[5] - skills.pool_accuracy) < 0.15
    assert skills.accuracy[7] == pytest.approx(skills.pool_accuracy, abs=0.02)
    assert skills.high[7] - skills.low[7] > 3 * (skills.high[0] - skills.low[0])


def test_intervals_cover_the_true_accuracy():
    rng = np.random.default_rng(3)
    accuracies = rng.beta(8, 3, 200)
    said, truth = crowd(n_items=60, accuracies=accuracies, share=0.4)
    skills = skills_with_truth(said, truth)
    covered = (skills.low <= accuracies) & (accuracies <= skills.high)
    assert 0.9 <= covered.mean() <= 0.99


def test_an_uncertain_truth_widens_the_interval():
    said, truth = crowd(n_items=40, accuracies=(0.8,) * 5)
    known = np.eye(3)[truth[said.item]]
    doubtful = np.where(said.item[:, None] % 2 == 0, known, 1 / 3)
    sure, unsure = (measure_skills(said, by_others, known) for by_others in (known, doubtful))
    assert (unsure.high - unsure.low).mean() > 1.1 * (sure.high - sure.low).mean()


def test_the_worst_pair_is_the_one_that_costs_most_labels():
    rows = [(i, 0, 0) for i in range(6)] + [(i, 0, 1) for i in range(6, 10)] + [(10, 1, 1)]
    said = votes(*rows, n_classes=2)
    truth = np.array([0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1])
    pairs = worst_pairs(skills_with_truth(said, truth))
    assert list(pairs) == [0]
    assert (pairs[0].said, pairs[0].true, pairs[0].wrong) == (0, 1, 3)
    assert pairs[0].rate.n == 6
    assert 0 < pairs[0].rate.low < pairs[0].rate.value < pairs[0].rate.high < 1


def test_nobody_is_judged_by_an_own_decision():
    said = votes((0, 0, 0), (0, 1, 1), (1, 0, 0))
    others = np.full((3, 2), np.nan)
    truth = known_truth(said, others, decided=np.array([1, -1]), decider=np.array([1, -1]))
    assert truth[0].tolist() == [0, 1]
    assert np.isnan(truth[1:]).all()


@pytest.mark.parametrize(
    "said", [votes(n_items=2, n_annotators=2), votes((0, 0, 1)), votes((0, 0, 0), (1, 1, 0), n_classes=1)]
)
def test_where_nobody_can_be_judged_nothing_is_claimed(said):
    skills = measure_skills(said, np.full((len(said), said.n_classes), np.nan), np.ones((len(said), said.n_classes)))
    assert np.isnan(skills.accuracy).all() and np.isnan(skills.pool_accuracy)
    assert skills.judged.sum() == 0
