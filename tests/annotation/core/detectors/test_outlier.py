import numpy as np
import pytest

from annotation.core.detectors.outlier import Outlier, nearness, unlikeness
from tests.annotation.core.detectors.evidence_by_hand import evidence_of

DETECTOR = Outlier()
SIGMA = 1.4826
# nearness .4, .5, .6 over and over: median .5, median deviation .1
NEAR = [0.4, 0.5, 0.6] * 4


def seen(last=0.0, best=0.5, label=0, **more):
    """Twelve usual items of a class the model is sure of, and one at similarity `last` that it gives `best`."""
    near = np.array([*NEAR, last])[:, None]
    at = np.ones((13, 1), dtype=int)
    best = np.array([0.9] * 12 + [best])
    return evidence_of([0] * 12 + [label], np.column_stack([best, 1 - best]), neighbours=(at, near), **more)


def z_of(evidence):
    return unlikeness(evidence, nearness(evidence))


def test_far_and_unsure_is_flagged_by_how_far():
    found = seen(last=0.0)
    score = DETECTOR.judge(found).score
    sure, unsure = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1)), np.log(2)
    # entropy minus robust nearness: .1 is one median deviation of nearness, and of the sum
    usual, own = sure, unsure + 0.5 / (SIGMA * 0.1)
    z = (own - usual) / (SIGMA * 0.1 / (SIGMA * 0.1))
    assert score[:12].tolist() == [0] * 12
    assert z_of(found)[12] == pytest.approx(z, rel=1e-5)
    assert score[12] == pytest.approx(1 - 3 / z, rel=1e-5)


def test_near_though_unsure_without_a_label_or_decided_is_not():
    assert DETECTOR.judge(seen(last=0.3)).score[12] == 0
    assert z_of(seen(last=0.0, best=0.95))[12] < z_of(seen(last=0.0, best=0.5))[12]
    assert DETECTOR.judge(seen(last=0.0, label=-1)).score[12] == 0
    assert DETECTOR.judge(seen(decided=np.array([False] * 12 + [True]))).score[12] == 0


def test_the_sentence_gives_both_numbers_and_suggests_no_class():
    said = DETECTOR.judge(seen(last=0.1, best=0.5))
    assert said.reasons == [
        "It is unlike the other items (similarity to its nearest 0.10, usually 0.50) and the model gives no class more "
        "than 50 %; it may be bad input or out of scope."
    ]
    assert set(said.suggested) == {-1}


def test_embeddings_take_the_place_of_words_and_a_missing_neighbour_counts_nothing():
    """Twelve items a few degrees apart; the last at a right angle to them and so to its class's centre too."""
    angle = np.array([*np.linspace(-0.3, 0.3, 12), np.pi / 2])
    vectors = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    found = seen(last=0.5, embeddings=vectors)
    near = vectors @ vectors[1]
    assert (
        DETECTOR.judge(found)
        .reasons[0]
        .startswith(
            f"It is unlike the other items (similarity to its nearest {near[12]:.2f}, usually {np.median(near):.2f})"
        )
    )
    assert z_of(found).argmax() == 12 and DETECTOR.judge(found).score[12] > 0.5
    alone = evidence_of([0], [[0.5, 0.5]], neighbours=(np.array([[-1]]), np.array([[0.0]])))
    assert DETECTOR.judge(alone).score.tolist() == [0]


def test_all_alike_is_nothing_unlike():
    same = evidence_of([0, 1, 0], [[0.5, 0.5]] * 3, neighbours=(np.array([[1], [0], [1]]), np.full((3, 1), 0.4)))
    assert DETECTOR.judge(same).score.tolist() == [0, 0, 0]
