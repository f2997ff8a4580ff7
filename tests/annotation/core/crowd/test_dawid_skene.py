import numpy as np
import pytest

from annotation.core.crowd.dawid_skene import best_strength, dawid_skene, records_of
from annotation.core.crowd.votes import likeliest, majority_posterior
from tests.annotation.core.crowd.crowd_by_hand import crowd, votes


def test_one_round_by_hand():
    """a: 0 1 0 0, b: 0 1 1 0, c: only item 2, says 0. From the shares (1, 0) (0, 1) (2/3, 1/3) (1, 0)."""
    said = votes((0, 0, 0), (1, 0, 1), (2, 0, 0), (3, 0, 0), (0, 1, 0), (1, 1, 1), (2, 1, 1), (3, 1, 0), (2, 2, 0))
    found = dawid_skene(said, strength=0, max_steps=1)
    # P(a says 0 | 1) = (1/3) / (4/3), P(b says 1 | 0) = (2/3) / (8/3), so 2/3 · 1/4 against 1/3 · 1/4
    assert found.probabilities[2] == pytest.approx([2 / 3, 1 / 3], abs=1e-6)
    assert found.probabilities[0] == pytest.approx([1, 0], abs=1e-6)
    assert (found.steps, found.converged) == (1, False)


def test_records_are_counted_and_shrunk():
    said = votes((0, 0, 0), (1, 0, 0), (2, 0, 1), (3, 0, 1), (0, 1, 1))
    truth = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [1, 0]], dtype=float)
    plain = records_of(said, truth, strength=0)
    rates = {
        (a, k): rate.round(6).tolist() for a, k, rate in zip(plain.annotator, plain.label, plain.rates, strict=True)
    }
    assert rates[(0, 0)] == [pytest.approx(2 / 3), 0]
    assert rates[(0, 1)] == [pytest.approx(1 / 3), 1]
    shrunk = records_of(said, truth, strength=3)
    assert shrunk.pool.sum(axis=0) == pytest.approx([1, 1])
    own = shrunk.confusion(np.array([1, 0]))
    # the second annotator labelled one item of class 0, and called it 1
    assert own[0, 1, 0] == pytest.approx((1 + 3 * shrunk.pool[1, 0]) / 4)
    assert own[0, :, 1] == pytest.approx(shrunk.pool[:, 1])
    assert own.sum(axis=1) == pytest.approx(np.ones((2, 2)))


@pytest.mark.parametrize("strength", [None, 0, 10])
def test_good_annotators_outweigh_a_larger_number_of_poor_ones(strength):
    said, truth = crowd(accuracies=(0.95, 0.95, 0.4, 0.4, 0.4))
    found = dawid_skene(said, strength)
    assert found.converged
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(300))
    ours = (likeliest(found.probabilities, said) == truth).mean()
    assert ours > 0.95 > 0.75 > (likeliest(majority_posterior(said), said) == truth).mean()


def test_annotators_who_are_alike_are_shrunk_more_than_those_who_differ():
    alike, differ = crowd(accuracies=(0.7,) * 8)[0], crowd(accuracies=(0.95, 0.3) * 4)[0]
    truth = {id(said): np.eye(3)[crowd(accuracies=(0.7,) * 8)[1]][said.item] for said in (alike, differ)}
    strength = [best_strength(records_of(said, truth[id(said)], 0)) for said in (alike, differ)]
    assert strength[0] > 5 * strength[1]


@pytest.mark.parametrize(
    ("rows", "shape"),
    [
        ((), {"n_items": 2, "n_annotators": 1}),
        (((0, 0, 1),), {"n_items": 3}),
        (((0, 0, 0), (0, 1, 0)), {"n_classes": 1}),
        (((0, 0, 1), (1, 0, 1), (2, 0, 0)), {}),
        (((0, 0, 1), (0, 1, 0)), {}),
    ],
)
@pytest.mark.parametrize("strength", [None, 0])
def test_little_or_odd_input_is_survived(rows, shape, strength):
    said = votes(*rows, **shape)
    found = dawid_skene(said, strength)
    assert found.probabilities.shape == (said.n_items, said.n_classes)
    assert np.isfinite(found.probabilities).all()
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(said.n_items))


def test_a_tie_of_equals_stays_a_tie_and_no_vote_is_none():
    said = votes((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1), (2, 0, 0), (2, 1, 0), n_items=4)
    label = likeliest(dawid_skene(said).probabilities, said)
    assert label.tolist() == [-1, 1, 0, -1]
