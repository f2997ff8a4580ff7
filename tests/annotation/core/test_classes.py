"""What stands today for classes there were, and probabilities carried over to the classes in use."""

import numpy as np
import pandas as pd
import pytest

from annotation.core.class_columns import UnableToCarry, carried, mapped
from annotation.core.class_names import UnableToName, tidy_name
from annotation.core.classes import Classes

CLASSES = Classes(
    ("money", "loan", "gift"), {"card": "money", "cash": "money", "fees": None}, {"fees": "was split on 3 May 2026"}
)


def test_each_name_is_the_class_that_stands_for_it():
    found = [CLASSES.now(name) for name in ("loan", "card", "fees", "never", None)]
    assert found == ["loan", "money", None, None, None]
    assert CLASSES.understood == ("money", "loan", "gift", "card", "cash")
    assert mapped(pd.Series(["card", "fees", None, "loan"]), CLASSES).tolist() == ["money", None, None, "loan"]


def test_probabilities_of_classes_that_are_one_now_add_up_and_a_new_class_has_none():
    said = np.array([[0.5, 0.2, 0.3], [0.1, 0.8, 0.1]])
    found = carried(said, ["loan", "card", "cash"], CLASSES)
    assert np.allclose(found, [[0.5, 0.5, 0], [0.9, 0.1, 0]])
    told = CLASSES.carried_over(["loan", "card", "cash"])
    assert told == (
        "“card” is read as “money”, “cash” is read as “money” and it never says “gift”, which it was not made for"
    )


def test_what_became_no_class_can_not_be_carried():
    with pytest.raises(UnableToCarry, match="“fees”, which was split on 3 May 2026"):
        carried(np.ones((1, 2)), ["fees", "loan"], CLASSES)


def test_a_class_of_now_is_read_as_the_only_one_of_then_that_is_the_same():
    assert CLASSES.as_of(["card", "loan"])["money"] == "card"
    assert CLASSES.as_of(["card", "cash", "loan"])["money"] is None
    assert CLASSES.as_of(["card", "cash", "loan"])["cash"] == "cash"


def test_names_are_tidied_or_refused():
    assert tidy_name("  very \u00a0 good\n") == "very good" and tidy_name("cafe\u0301") == "café"
    for bad in ("", "  ", "a\0b", "x" * 101):
        with pytest.raises(UnableToName):
            tidy_name(bad)
