import numpy as np

from annotation.core.intervals import wilson
from modeling.core.telling.confusions import confusion_of


def test_pairs_by_hand():
    truth = np.array([0, 0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 1, 1, 2, 1, 0, 2])
    found = confusion_of(truth, predicted, 3)
    assert found.table.tolist() == [[1, 2, 1], [1, 1, 0], [0, 0, 1]]
    assert [(one.given, one.predicted, one.count) for one in found.pairs] == [(0, 1, 2), (0, 2, 1), (1, 0, 1)]
    assert found.pairs[0].share == wilson(2, 4) and found.wrong == 4


def test_all_right_has_no_pair():
    assert confusion_of(np.array([0, 1]), np.array([0, 1]), 2).pairs == ()
