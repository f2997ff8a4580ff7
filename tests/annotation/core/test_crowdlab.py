import numpy as np
import pytest

from annotation.core.crowdlab import FLOOR, UnableToWeigh, broken_majority, crowdlab
from tests.annotation.core.crowd import crowd, votes


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


@pytest.mark.parametrize("best_quality", [True, False])
@pytest.mark.parametrize("share", [0.35, 1.0])
def test_equal_to_cleanlab(best_quality, share):
    """Labels equal, qualities and probabilities to 1e-12, where every item has a label and some have one only."""
    theirs = pytest.importorskip("cleanlab.multiannotator").get_label_quality_multiannotator
    said, truth = crowd(n_items=150, share=share)
    labelled, item = np.unique(said.item, return_inverse=True)
    said = votes(*zip(item, said.annotator, said.label, strict=True), n_classes=3)
    predicted = np.random.default_rng(1).dirichlet([1, 1, 1], len(labelled)) + 2 * np.eye(3)[truth[labelled]]
    predicted /= predicted.sum(axis=1, keepdims=True)
    wide = np.full((said.n_items, said.n_annotators), np.nan)
    wide[said.item, said.annotator] = said.label
    method = "best_quality" if best_quality else "majority_vote"
    found = theirs(wide, predicted, consensus_method=method, verbose=False, return_weights=True)
    ours = crowdlab(said, predicted, best_quality)
    assert found["label_quality"]["consensus_label"].tolist() == ours.label.tolist()
    assert ours.quality == pytest.approx(found["label_quality"]["consensus_quality_score"].to_numpy(), abs=1e-12)
    assert ours.annotator_weight == pytest.approx(found["annotator_weight"], abs=1e-12)
    assert ours.model_weight == pytest.approx(found["model_weight"], abs=1e-12)
