import numpy as np
import pandas as pd
import pytest

from annotation.core.features.vectorizer import typed
from annotation.core.fields import Field
from modeling.core.fitting.coefficients import weights_of
from modeling.core.fitting.feature_columns import columns_of
from modeling.core.fitting.going_together import columns_together, features_together
from modeling.core.fitting.model_artifacts import dump_model, load_model
from modeling.core.fitting.training import fit, predict
from modeling.core.learners.logistic import TEXTS
from tests.modeling.core.data import CLASSES, FIELDS, silent, worded

COLUMNS = (Field("age", "number"), Field("branch", "category"))


def trained(table, labels, classes, fields, sources=None, groups=None, **settings):
    groups = np.arange(len(table)) if groups is None else groups
    given = {"C": 10.0, **settings}
    return fit(table, fields, np.asarray(labels), classes, groups, "logistic", given, 0, silent, sources)


def people(n=300, seed=0):
    """Numbers and categories, some missing; the old and the north say yes."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"age": rng.normal(50, 10, size=n), "branch": rng.choice(["north", "south", ""], size=n)})
    labels = ((table["age"] - 50) / 10 + 2 * (table["branch"] == "north") + rng.logistic(size=n) * 0.5 > 1).astype(int)
    table.loc[::17, "age"] = np.nan
    return typed(table, COLUMNS), labels.to_numpy()


def of(found, name):
    return next(one for one in found["by_class"] if one["name"] == name)


def test_words_that_speak_for_a_class_are_its_own():
    table, labels = worded()
    found = trained(table, labels, CLASSES, FIELDS).coefficients
    assert found["n"] == 240 and found["active"] == found["features"] and found["nameless"] == 0
    # The words of class k are 40 (k + 1) and above.
    for k, name in enumerate(CLASSES):
        numbers = [int("".join(filter(str.isdigit, one["name"].split()[0]))) for one in of(found, name)["for"]]
        assert np.mean([40 * (k + 1) <= number < 40 * (k + 2) for number in numbers]) > 0.7
    first = of(found, "claim")["for"][0]
    assert first["name"].startswith("“word") and first["weight"] > 0 and 0 < first["rows"] <= 240
    assert of(found, "claim")["against"][0]["weight"] < 0


def test_with_l1_few_features_are_in_use_and_counted():
    table, labels = worded()
    made = trained(table, labels, CLASSES, FIELDS, C=2.0, l1_ratio=1.0)
    found = made.coefficients
    assert 0 < found["active"] < found["features"] / 4 and found["active"] == made.metrics["solver"]["active_features"]
    assert sum(one["active"] for one in found["by_class"]) >= found["active"]


def test_typed_columns_have_names_a_person_reads():
    table, labels = people()
    found = trained(table, labels, ("no", "yes"), COLUMNS, numbers="scaled").coefficients
    names = {one["name"]: one for one in of(found, "yes")["for"]}
    spread = table["age"].std(ddof=0)
    assert f"age, per {spread:.3g} more" in names and "branch = north" in names
    assert {one["name"] for one in of(found, "no")["for"]} & {"branch = south", "branch is empty"}
    assert of(found, "yes")["against"] == []
    ranges = trained(table, labels, ("no", "yes"), COLUMNS).coefficients
    assert any(one["name"].startswith("age ") and " to " in one["name"] for one in of(ranges, "yes")["for"])


def test_parts_of_an_embedding_are_counted_and_not_named():
    table, labels = worded()
    found = trained(table, labels, CLASSES, FIELDS, text="words+embeddings").coefficients
    assert found["nameless"] == 256
    assert all("embedding" not in one["name"] for part in found["by_class"] for one in part["for"] + part["against"])
    only = trained(table, labels, CLASSES, FIELDS, text="embeddings").coefficients
    assert only["features"] == only["nameless"] == 256 and of(only, "claim")["for"] == []


def incomes(n=400, copies=11, seed=0):
    """An income, near-copies of it, an age and a branch whose only other value is its reverse."""
    rng = np.random.default_rng(seed)
    income = rng.lognormal(8, 1, size=n)
    made = {"income": income, "age": rng.normal(40, 10, size=n), "branch": rng.choice(["north", "south"], size=n)}
    made |= {f"income_{at + 2}": income * np.exp(rng.normal(0, 0.02, size=n)) for at in range(copies)}
    fields = tuple(Field(name, "category" if name == "branch" else "number") for name in made)
    labels = (np.log(income) + 0.05 * made["age"] + rng.normal(size=n) > 10).astype(int)
    return typed(pd.DataFrame(made), fields), labels, fields


@pytest.mark.parametrize(("numbers", "column"), [("ranges", True), ("scaled", False)])
def test_one_of_twelve_near_copies_stands_for_the_other_eleven(numbers, column):
    table, labels, fields = incomes()
    found = trained(table, labels, ("no", "yes"), fields, numbers=numbers, C=0.5, l1_ratio=1.0).coefficients
    group = next(one for one in found["alike"] if one["name"].startswith("income"))
    assert group["column"] is column and len(group["others"]) == 11 and min(r for _, r in group["others"]) >= 0.9
    assert all(name.startswith("income") for name, _ in group["others"])
    shown = [one for one in of(found, "yes")["for"] if one["name"].startswith("income")]
    # the leader alone is listed, and says for how many it stands
    assert shown and all(one["name"].startswith(group["name"]) and one["alike"] == 11 for one in shown)
    ages = [one for part in found["by_class"] for one in part["for"] if one["name"].startswith("age")]
    assert ages and all(one["alike"] == 0 for one in ages)
    assert (found["columns"], found["features"] > 14) == (14, True) and found["active_columns"] <= found["active"]


def test_the_reverse_of_a_feature_goes_with_it_and_what_is_seldom_there_does_not():
    table, labels, fields = incomes(copies=0)
    alike = trained(table, labels, ("no", "yes"), fields).coefficients["alike"]
    assert [sorted((one["name"], *dict(one["others"]))) for one in alike] == [["branch = north", "branch = south"]]
    assert alike[0]["others"][0][1] == -1.0
    X = np.zeros((100, 4))
    X[:4, :2], X[:50, 2:] = 1.0, 1.0
    found = features_together(X, np.array([5.0, 4.0, 0.0, 1.0]), np.ones(4, dtype=bool))
    # two words of the same four rows prove nothing; of the other two the one in use leads
    assert [(one.leader, one.others.tolist(), one.correlation.round(9).tolist()) for one in found] == [(3, [2], [1.0])]


def test_columns_go_together_by_rank_with_missing_values_in_the_middle():
    rank = np.arange(200.0)
    table = pd.DataFrame({"a": rank, "cubed": rank**3, "down": -rank, "flat": 1.0, "gone": np.nan, "apart": rank % 7})
    table.loc[3, "cubed"] = np.nan
    [found] = columns_together(table, [2.0, 1.0, 0.0, 3.0, 1.0, 1.0])
    assert (found.leader, sorted(found.others.tolist())) == (0, [1, 2])
    assert np.sign(found.correlation).tolist() == [-1.0, 1.0] and np.abs(found.correlation).min() > 0.99
    assert columns_together(table[["a", "cubed"]], [0.0, 0.0]) == [] == columns_together(table[[]], [])


def test_every_feature_has_the_columns_behind_it():
    table, labels, fields = incomes(copies=0)
    table = table.assign(text="pay " + table["branch"])
    fields = (*fields, Field("text", "text"))
    for given in ({}, {"numbers": "scaled"}, {"text": "words+embeddings"}):
        found = weights_of(trained(table, labels, ("no", "yes"), fields, **given).model)
        assert len(found.columns) == len(found.names) == found.weight.shape[1]
        prefixes = zip(found.names, found.columns, strict=True)
        assert all(name.startswith(behind) for name, (behind,) in prefixes if "“" not in name)
        assert {behind for name, (behind,) in zip(found.names, found.columns, strict=True) if "“" in name} == {"text"}
    network = fit(table, fields, labels, ("no", "yes"), np.arange(400), "mlp", {"max_epochs": 2}, 0, silent).model
    assert weights_of(network) is None
    columns = columns_of(network.features)
    assert columns.count(("text",)) >= 256 and {("income",), ("branch",)} < set(columns)


@pytest.mark.parametrize("text", TEXTS)
def test_every_kind_of_text_feature_learns_and_is_stored(text):
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=160)
    said = (["refund my money", "the card was declined"], ["locked out again", "reset the password"])
    ends = ["please", "today", "thanks"]
    texts = [f"{rng.choice(said[label])} {rng.choice(ends)} {at}" for at, label in enumerate(labels)]
    table = typed(pd.DataFrame({"text": texts, "age": rng.normal(size=160)}), (*FIELDS, COLUMNS[0]))
    made = trained(table, labels, ("pay", "access"), (*FIELDS, COLUMNS[0]), text=text)
    assert made.metrics["validation"]["accuracy"] > 0.9 and made.resolved["text"] == text
    again = predict(load_model(dump_model(made.model)), table, ("pay", "access"))
    assert (again == predict(made.model, table, ("pay", "access"))).all()
    fields, rows = (*FIELDS, COLUMNS[0]), np.arange(160)
    same = fit(table, fields, labels, ("pay", "access"), rows, "logistic", made.resolved, 0, silent)
    assert same.parameter_hash == made.parameter_hash


def test_missing_numbers_and_unseen_categories_are_predicted():
    table, labels = people()
    for numbers in ("ranges", "scaled"):
        made = trained(table, labels, ("no", "yes"), COLUMNS, numbers=numbers)
        assert made.metrics["validation"]["accuracy"] > 0.75
        odd = typed(pd.DataFrame({"age": [np.nan, 1e9], "branch": ["west", ""]}), COLUMNS)
        assert np.isfinite(predict(made.model, odd, ("no", "yes"))).all()


def test_each_source_is_judged_by_the_others():
    table, labels = worded()
    source = np.array(["mail", "phone", "web"])[np.arange(240) % 3]
    # Who rings up means the opposite: a model of the others cannot know.
    odd = np.where(source == "phone", (labels + 1) % 3, labels)
    found = trained(table, odd, CLASSES, FIELDS, sources=source).metrics["sources"]
    by_name = {row["source"]: row for row in found}
    assert set(by_name) == {"mail", "phone", "web"} and all(row["n"] == 40 for row in found)
    assert by_name["phone"]["accuracy"] < 0.2
    assert by_name["phone"]["accuracy_low"] < by_name["phone"]["accuracy"] < by_name["phone"]["accuracy_high"]
    gap = by_name["phone"]["accuracy"] - by_name["phone"]["folds"]
    assert by_name["phone"]["difference"] == pytest.approx(gap)


def test_one_source_is_none_and_near_copies_in_another_source_teach_nothing():
    table, labels = worded()
    assert "sources" not in trained(table, labels, CLASSES, FIELDS, sources=np.full(240, "mail")).metrics
    # Every text stands in both sources with a label drawn at random: only its twin would tell.
    rng = np.random.default_rng(0)
    twin = np.arange(120) // 2
    table = pd.DataFrame({"text": [f"word{number} same same{number}" for number in twin]})
    source = np.array(["a", "b"])[np.arange(120) % 2]
    labels = rng.integers(2, size=60)[twin]
    apart = trained(table, labels, CLASSES, FIELDS, source).metrics["sources"]
    together = trained(table, labels, CLASSES, FIELDS, source, groups=twin).metrics.get("sources", [])
    assert min(row["accuracy"] for row in apart) > 0.9 and together == []
