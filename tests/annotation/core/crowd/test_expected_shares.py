import numpy as np
import pytest

from annotation.core.crowd.expected_shares import expected_shares
from tests.annotation.core.crowd.crowd_by_hand import crowd, votes


def test_rows_sum_to_one_and_lie_between_answers_and_what_was_expected_before():
    said, _ = crowd(share=0.6)
    shares = expected_shares(said)
    assert shares.sum(axis=1) == pytest.approx(1)
    given = said.counts / np.maximum(said.per_item, 1)[:, np.newaxis]
    answered = said.per_item > 0
    assert (shares[answered].max(axis=1) <= given[answered].max(axis=1) + 0.35).all()
    assert (shares > 0).all()


def test_two_of_two_are_less_than_five_of_five():
    said, _ = crowd(n_items=300, accuracies=(0.7,) * 5, n_classes=2)
    kept = said.where((said.item > 0) | (said.annotator < 2))
    first = kept.where(kept.item == 0).label[0]
    same = kept.where((kept.item != 0) | (kept.label == first))
    alike = np.flatnonzero(same.counts.max(axis=1) == 5)
    assert expected_shares(same)[0].max() < expected_shares(same)[alike].max(axis=1).min()


def test_a_model_that_predicts_answers_is_believed_and_one_that_does_not_is_not():
    said, truth = crowd(n_items=400, accuracies=(0.8, 0.8), n_classes=2)
    knows = 0.8 * np.eye(2)[truth] + 0.1
    split = said.counts.max(axis=1) == 1
    told = expected_shares(said, knows)[split, truth[split]]
    untold = expected_shares(said, np.random.default_rng(0).dirichlet((1, 1), 400))[split, truth[split]]
    assert told.mean() > 0.6 and untold.mean() == pytest.approx(0.5, abs=0.06)


def test_without_overlap_there_are_the_classes_shares():
    shares = expected_shares(votes((0, 0, 1), (1, 1, 1), (2, 0, 0), (3, 1, 1)))
    assert shares == pytest.approx(np.tile([0.25, 0.75], (4, 1)))
