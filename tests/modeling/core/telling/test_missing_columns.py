import numpy as np
import pandas as pd
import pytest

from annotation.core.features.vectorizer import typed
from annotation.core.fields import Field
from modeling.core.fitting.training import fit
from modeling.core.telling.missing_columns import added, left_out, missing_columns
from modeling.core.telling.robustness import checked_probes, probe
from tests.modeling.core.data import FIELDS, silent

COLUMNS = (Field("age", "number"), Field("income", "number"), Field("branch", "category"))


def table_of(n=12):
    return typed(
        pd.DataFrame({"age": np.arange(n, dtype=float), "income": 1.0, "branch": ["north", "south", ""] * (n // 3)}),
        COLUMNS,
    )


def old(table):
    """Says yes of who is old, and of whose age is not known no; where it is north it is never sure."""
    yes = (table["age"] > 5).to_numpy() & (table["branch"] != "north").to_numpy()
    return np.stack([~yes, yes], axis=1).astype(float)


def test_what_each_column_costs_by_hand():
    table = table_of()
    labels = old(table).argmax(axis=1)
    found = {one.name: one for one in missing_columns(old, table, COLUMNS, labels)}
    assert list(found) == ["age", "income", "branch", "all numbers"]
    # four of twelve are yes; without the age all are no
    assert (found["age"].lost().value, found["age"].lost().n, found["age"].flips) == (pytest.approx(4 / 12), 12, 4)
    assert -0.1 < found["age"].lost().low < 4 / 12 < found["age"].lost().high
    assert found["income"].lost().value == 0 and found["income"].lost().low < 0 < found["income"].lost().high
    # eight rows have a branch; the two in the north who are old become a yes
    assert (found["branch"].lost().n, found["branch"].flips, found["branch"].lost().value) == (8, 2, 0.25)
    assert found["all numbers"].columns == ("age", "income") and found["all numbers"].flips == 4
    assert found["age"].accuracy.value == 1.0
    assert (
        found["age"].lost(4).low < found["age"].lost().low and found["age"].lost(4).value == found["age"].lost().value
    )


def test_lots_of_rows_add_up_and_what_is_nowhere_is_nothing():
    table = table_of().assign(branch="")
    labels = old(table).argmax(axis=1)
    lots = [
        missing_columns(old, part.reset_index(drop=True), COLUMNS, labels[part.index])
        for part in (table[:5], table[5:])
    ]
    whole = {one.name: one for one in added(lots)}
    assert whole["age"].flips == 6 and whole["age"].lost().n == 12 and whole["branch"].lost().n == 0
    assert list(whole)[-1] == "branch" and added([]) == []


def test_one_column_alone_is_never_left_out():
    assert left_out(FIELDS) == [] and len(left_out((*FIELDS, COLUMNS[0]))) == 2
    assert checked_probes([], FIELDS) == [
        "synonyms",
        "typos",
        "case",
        "ocr",
        "layout",
        "order",
        "position",
        "boilerplate",
    ]
    assert checked_probes([], COLUMNS) == ["missing"] == checked_probes(["missing", "typos"], COLUMNS)


def test_a_model_is_asked_on_rows_it_has_not_seen():
    rng = np.random.default_rng(0)
    table = typed(
        pd.DataFrame(
            {"age": rng.normal(size=300), "income": rng.normal(size=300), "branch": rng.choice(["a", "b"], 300)}
        ),
        COLUMNS,
    )
    labels = (table["age"] + 0.2 * rng.normal(size=300) > 0).to_numpy(dtype=int)
    resolved = fit(
        table, COLUMNS, labels, ("no", "yes"), np.arange(300), "logistic", {"C": 10.0}, 0, silent
    ).resolved  # fmt: skip
    found = probe(table, COLUMNS, labels, np.arange(300), resolved, ["missing"], 0, {}, silent)
    assert found.probes == {} and found.missing[0].name in ("age", "all numbers") and found.n == 300
    by_name = {one.name: one for one in found.missing}
    assert by_name["age"].lost().low > 0.2 and by_name["income"].lost().low < 0.05 and by_name["age"].lost().n == 300
