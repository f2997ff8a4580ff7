import numpy as np
import pandas as pd
import pytest

from annotation.core.fields import Field
from annotation.core.likeness.most_alike import best, most_alike

TEXT = (Field("text", "text"),)
WORDS = ["my card was declined", "my card was declined again", "reset my password", "", "my card was not declined"]


@pytest.mark.parametrize("quick", [True, False])
def test_what_shares_words_is_alike_and_itself_is_not_listed(quick):
    positions, likeness = most_alike(pd.DataFrame({"text": WORDS}), TEXT, 0, 3, quick=quick)
    assert set(positions[:2].tolist()) == {1, 4} and 0 not in positions
    assert (np.diff(likeness) <= 0).all() and (likeness <= 1).all() and (likeness > 0).all()


def test_the_same_words_are_wholly_alike_and_come_first():
    positions, likeness = most_alike(pd.DataFrame({"text": [*WORDS, WORDS[0]]}), TEXT, 0, 2)
    assert positions[0] == 5 and likeness[0] == pytest.approx(1, abs=1e-5)


def test_fields_that_are_no_text_count():
    table = pd.DataFrame({"colour": ["red", "blue", "red", "blue"]})
    positions, _ = most_alike(table, (Field("colour", "category"),), 0, 3)
    assert positions.tolist() == [2]


def test_fields_that_say_nothing_are_like_nothing():
    positions, likeness = most_alike(pd.DataFrame({"text": ["", ""]}), TEXT, 0, 3)
    assert len(positions) == len(likeness) == 0


def test_ties_keep_the_order_of_rows():
    positions, values = best(np.array([1.0, 0.5, 0.5, 0.0, 0.5, 2.0]), 0, 3)
    assert positions.tolist() == [5, 1, 2] and values.tolist() == [1.0, 0.5, 0.5]
