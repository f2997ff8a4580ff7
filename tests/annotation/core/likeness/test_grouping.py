"""Near-duplicates of items that have texts and other fields."""

import numpy as np
import pandas as pd

from annotation.core.fields import Field
from annotation.core.likeness.grouping import copies_of_items, group_items, regroup_items

FIELDS = (Field("complaint", "text"), Field("pulse", "number"), Field("arrival", "category"))
LONG = "The patient has had a dull pain in the lower abdomen since yesterday evening, and no fever"


def rows(*cells):
    return pd.DataFrame(cells, columns=["complaint", "pulse", "arrival"])


def test_beside_other_fields_a_short_text_is_a_copy_only_where_those_are_equal():
    table = rows(
        ("abdominal pain", 80.0, "walk"),
        ("abdominal pain", 120.0, "walk"),
        ("Abdominal pain", 80.0, "walk"),
        ("abdominal pain", np.nan, "walk"),
        ("abdominal pain", np.nan, "walk"),
        (LONG, 80.0, "walk"),
        (LONG + ".", 90.0, "ambulance"),
    )
    groups = group_items(table, FIELDS)
    assert groups.of.tolist() == [0, 1, 0, 2, 2, 3, 3]
    assert (groups.of[groups.medoid] == np.arange(4)).all()
    assert regroup_items(table, FIELDS, {})[0].of.tolist() == groups.of.tolist()
    assert group_items(table[["complaint"]], FIELDS[:1]).of.tolist() == [0] * 5 + [1] * 2


def test_a_row_of_production_is_leaked_by_the_same_rule():
    table = rows(
        ("cough", 80.0, "walk"), ("cough", 81.0, "walk"), ("cough", 80.0, "walk"), (LONG, 1.0, "a"), (LONG, 2.0, "b")
    )
    inside = np.array([True, False, False, True, False])
    assert copies_of_items(table, FIELDS, inside).tolist() == [False, False, True, False, True]
