import numpy as np
import pytest

from annotation.core.crowd.crowdlab import FLOOR, UnableToWeigh, broken_majority, crowdlab
from tests.annotation.core.crowd.crowd_by_hand import votes


def test_weights_by_hand():
    """Two annotators differ on one item of three; the model is right about both others."""
    said = votes((0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1), (2, 0, 0), (2, 1, 1))
    predicted = np.array([[0.9, 0.1], [0.2, 0.8], [0.8, 0.2]])
    found = crowdlab(said, predicted)
    # agreement 2/3 leaves an error of 1/3, no better than always saying the commonest class
    assert found.annotator_weight.tolist() == [FLOOR, FLOOR]
    assert found.model_weight == pytest.approx(2**0.5)
    assert found.label.tolist() == [0, 1, 0]
    assert found.quality == pytest.approx([0.9, 0.8, 0.8], abs=1e-5)


def test_ties_go_to_the_model_then_the_rarer_class_then_the_first():
    said = votes((0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 1, 1), (2, 0, 0), n_items=4)
    predicted = np.array([[0.2, 0.8], [0.5, 0.5], [0.1, 0.9], [0.3, 0.7]])
    assert broken_majority(said, predicted).tolist() == [1, 1, 0, 1]
    assert broken_majority(votes((0, 0, 0), (0, 1, 1)), np.array([[0.5, 0.5]])).tolist() == [0]


def test_an_item_without_votes_has_the_models_word():
    said = votes((0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1), n_items=3)
    found = crowdlab(said, np.array([[0.9, 0.1], [0.1, 0.9], [0.4, 0.6]]))
    assert found.probabilities[2] == pytest.approx([0.4, 0.6])
    assert np.isnan(found.quality[2])


def test_without_overlap_it_says_why_not():
    with pytest.raises(UnableToWeigh, match="labels of two annotators"):
        crowdlab(votes((0, 0, 0), (1, 1, 1)), np.full((2, 2), 0.5))


def test_one_class_is_survived():
    assert crowdlab(votes((0, 0, 0), (0, 1, 0), n_classes=1), np.ones((1, 1))).label.tolist() == [0]
