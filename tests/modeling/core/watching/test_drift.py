import numpy as np
import pytest

from modeling.core.watching.drift import LEVEL, REST, Watched, compare_sides, shifts

MONDAY = np.datetime64("2026-11-02")


def world(rng, n=80, weeks=5):
    """week, first, groups of so many rows a week; the first two weeks are the first."""
    at = np.repeat(np.arange(weeks), n)
    return MONDAY + 7 * at, at < 2, np.arange(len(at)), at


def watched(rng, size):
    return [
        Watched("length", "number", rng.lognormal(3, 1, size)),
        Watched("source", "category", rng.choice(["web", "fax", "phone"], size, p=[0.6, 0.3, 0.1])),
        Watched("text", "text", rng.normal(size=(size, 16))),
    ]


def test_what_changed_is_found_with_its_week_and_size():
    rng = np.random.default_rng(0)
    week, first, groups, at = world(rng)
    length, source, text = watched(rng, len(at))
    length.values[at == 3] *= 3
    source.values[(at == 4) & (rng.random(len(at)) < 0.5)] = "fax"
    text.values[at == 2] += 0.6
    found, tests = shifts([length, source, text], week, first, groups)
    assert tests == 9 and {(one["week"], one["name"]) for one in found} == {
        ("2026-11-23", "length"), ("2026-11-30", "source"), ("2026-11-16", "text"),
    }  # fmt: skip
    by = {one["name"]: one for one in found}
    assert by["source"]["what"] in ("fax", "web") and (by["source"]["n"], by["source"]["n_then"]) == (80, 160)
    for one in found:
        assert one["change"]["low"] < one["change"]["value"] < one["change"]["high"] and one["p"] <= LEVEL
        assert one["change"]["low"] > 0 or one["change"]["high"] < 0
        assert one["now"] - one["then"] == pytest.approx(one["change"]["value"])


def test_where_nothing_changed_hardly_anything_is_found():
    rng, told = np.random.default_rng(1), 0
    week, first, groups, at = world(rng)
    for _ in range(100):
        told += bool(shifts(watched(rng, len(at)), week, first, groups)[0])
    assert told <= 10


def test_near_copies_are_looked_at_once():
    rng = np.random.default_rng(2)
    week, first, groups, at = world(rng)
    length = Watched("length", "number", rng.normal(size=len(at)))
    groups = np.where(at == 3, 10_000, groups)
    length.values[at == 3] = 50
    assert shifts([length], week, first, groups) == ([], 2)


def test_few_rows_missing_values_and_constants_are_not_compared():
    early, late = np.arange(100) < 50, np.arange(100) >= 50
    assert compare_sides(Watched("x", "number", np.ones(100)), early, late) is None
    assert compare_sides(Watched("x", "number", np.full(100, np.nan)), early, late) is None
    assert compare_sides(Watched("x", "category", np.full(100, "a")), early, late) is None
    assert compare_sides(Watched("x", "number", np.arange(100.0)), early, np.arange(100) >= 80) is None
    rare = Watched("x", "category", np.array([f"v{n}" for n in range(100)]))
    assert compare_sides(rare, early, late) is None and REST


def test_a_share_is_compared_by_hand():
    early, late = np.arange(200) < 100, np.arange(200) >= 100
    values = np.array(["a"] * 20 + ["b"] * 80 + ["a"] * 50 + ["b"] * 50)
    found = compare_sides(Watched("x", "category", values), early, late)
    assert (found.then, found.now, found.change.value) == (0.8, 0.5, pytest.approx(-0.3)) and found.what == "b"
    # Pearson's χ² = 19.78 on one degree of freedom
    assert found.p == pytest.approx(8.7e-6, rel=0.02)
