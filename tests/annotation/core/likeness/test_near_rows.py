import numpy as np
import pandas as pd

from annotation.core.likeness.near_rows import find_row_groups, row_copies_of
from tests.shared import needs_shared, shared

# Groups of rows by hand need a background: in a table of six rows nothing is too unlikely to be chance.


def among_others(table, n=400):
    """The rows of `table` before n others that are like nothing else."""
    random = np.random.default_rng(0)
    others = {
        name: random.lognormal(5, 2, n) if pd.api.types.is_numeric_dtype(column) else [f"other{i}" for i in range(n)]
        for name, column in table.items()
    }
    return pd.concat([table, pd.DataFrame(others)], ignore_index=True)


def groups_among_others(table, **options):
    return find_row_groups(among_others(table), **options).of[: len(table)].tolist()


def test_rows_identical_and_nearly_identical():
    table = pd.DataFrame(
        {
            "age": [41, 41, 41, 41, 42, 41],
            "amount": [1200.0, 1200.0, 1200.5, 1200.5, 1200.0, np.nan],
            "purpose": ["car", "car", "car", "boat", "car", "car"],
        }
    )
    # 1200.5 differs by .0004 of its value; 42 by a fortieth; the boat and the missing amount are others
    assert groups_among_others(table) == [0, 0, 0, 1, 2, 3]
    assert groups_among_others(table, tolerance=1e-5) == [0, 0, 1, 2, 3, 4]


def test_missing_values_equal_missing_values():
    table = pd.DataFrame({"a": [np.nan, np.nan, 1.0], "b": [None, None, None], "c": [True, True, True]})
    assert groups_among_others(table.astype({"c": object})) == [0, 0, 1]


def test_rows_on_both_sides_of_a_grid_line_meet():
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(500, 6)) * 10.0 ** np.arange(6))
    noisy = table * (1 + random.uniform(-5e-4, 5e-4, table.shape))
    groups = find_row_groups(pd.concat([table, noisy], ignore_index=True))
    assert (groups.of[:500] == groups.of[500:]).mean() > 0.99
    assert groups.sizes.max() == 2


def test_a_ladder_of_numbers_breaks():
    ladder = pd.DataFrame({"amount": 100 * 1.0003 ** np.arange(60), "age": 41.0, "purpose": "car", "city": "Lyon"})
    of = find_row_groups(among_others(ladder, 4000)).of[:60]
    assert 1 < np.bincount(of).max() <= 11


def test_tables_of_nothing_and_of_one_kind():
    assert find_row_groups(pd.DataFrame({"a": pd.Series([], dtype=float)})).of.size == 0
    assert find_row_groups(pd.DataFrame(index=range(3))).of.tolist() == [0, 1, 2]
    assert find_row_groups(pd.DataFrame({"a": [1.0]})).of.tolist() == [0]
    zeros = pd.DataFrame({"a": [0.0, -0.0, np.inf, np.inf], "b": [1.5, 1.5, 2.5, 2.5], "c": ["x", "x", "y", "y"]})
    assert groups_among_others(zeros) == [0, 0, 1, 1]


def test_half_of_all_rows_identical():
    random = np.random.default_rng(0)
    table = pd.DataFrame({"a": random.normal(size=1000), "b": random.normal(size=1000), "c": ["x", "y"] * 500})
    copies = pd.DataFrame({"a": [7.5] * 1000, "b": [3.25] * 1000, "c": ["x"] * 1000})
    assert find_row_groups(pd.concat([table, copies], ignore_index=True)).sizes.max() == 1000


# What chance would repeat


def test_a_few_categories_make_no_duplicates():
    random = np.random.default_rng(0)
    table = pd.DataFrame({"size": random.choice(list("abcd"), 500), "colour": random.choice(list("wxyz"), 500)})
    assert find_row_groups(table).sizes.max() == 1
    assert not row_copies_of(table, np.arange(500) < 250).any()


def test_one_column_never_makes_a_duplicate():
    assert find_row_groups(pd.DataFrame({"a": ["x", "y", "x"]})).of.tolist() == [0, 1, 2]
    assert find_row_groups(pd.DataFrame({"a": np.r_[np.arange(500.0) ** 2, 7.5, 7.5]})).sizes.max() == 1


def test_planted_copies_among_common_rows_are_found():
    random = np.random.default_rng(0)
    n = 1000
    table = pd.DataFrame(
        {
            "kind": random.choice(list("abcd"), n),
            "member": random.choice(["yes", "no"], n),
            "income": random.lognormal(8, 1, n).round(2),
            "debt": random.lognormal(6, 1, n).round(2),
        }
    )
    groups = find_row_groups(pd.concat([table, table[:100]], ignore_index=True))
    assert (groups.of[:100] == groups.of[n:]).all()
    assert (groups.sizes > 1).sum() <= 103


def test_a_rare_combination_counts_where_a_common_one_does_not():
    # 1,000 of 1,002 rows hold one of two values in each of eight columns; two share eight values nobody else has
    random = np.random.default_rng(0)
    common = pd.DataFrame({f"c{k}": random.choice(["a", "b"], 1000, p=[0.9, 0.1]) for k in range(8)})
    rare = pd.DataFrame([[f"r{k}" for k in range(8)]] * 2, columns=common.columns)
    groups = find_row_groups(pd.concat([common, rare], ignore_index=True))
    assert groups.of[1000] == groups.of[1001]
    assert groups.sizes[groups.of[(common == "a").all(axis=1).to_numpy().nonzero()[0]]].max() == 1


def test_row_copies_of_a_reference():
    rows = {"a": [10.0, 10.001, 11.0, 10.0], "b": [3.5] * 4, "c": ["x", "x", "x", "y"]}
    table = among_others(pd.DataFrame(rows))
    first = np.arange(len(table)) == 0
    assert np.flatnonzero(row_copies_of(table, first)).tolist() == [1]
    assert not row_copies_of(table, np.zeros(len(table), dtype=bool)).any()


@needs_shared
def test_german_credit_has_no_copies_until_some_are_planted():
    folder = shared("german_credit")
    table = pd.read_csv(next(folder.glob("*.csv"))).iloc[:, :20]
    assert (find_row_groups(table).sizes > 1).sum() <= 2
    planted = find_row_groups(pd.concat([table, table[:50]], ignore_index=True))
    assert (planted.of[:50] == planted.of[1000:]).all()
