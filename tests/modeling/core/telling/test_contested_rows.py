import numpy as np
import pandas as pd

from modeling.core.telling.contested_rows import contested_rows

ITEMS, ALONE = np.array([11, 12, 13, 14]), np.arange(4)
NOBODY = pd.DataFrame({"item": [], "label": []})


def test_answers_that_differ():
    answers = pd.DataFrame({"item": [11, 11, 12, 12, 99, 99], "label": ["a", "b", "a", "a", "a", "b"]})
    assert contested_rows(ITEMS, np.zeros((1, 4), int), ALONE, answers).tolist() == [True, False, False, False]


def test_near_copies_that_carry_different_labels_in_any_version():
    group = np.array([0, 0, 1, 1])
    labels = np.array([[0, 0, 1, 0], [0, 0, 1, 1]])
    assert contested_rows(ITEMS, labels, group, NOBODY).tolist() == [False, False, True, True]
    assert not contested_rows(ITEMS, np.array([[0, -1, 1, -1]]), group, NOBODY).any()
