import numpy as np
import pytest

from modeling.core.watching.over_time import (
    ALPHA,
    FAMILIES,
    WEEKS,
    Outcomes,
    below,
    below_so_far,
    first_weeks,
    judge,
    judge_sources,
    judge_weeks,
    mondays,
)

MONDAY = np.datetime64("2026-11-02")


def outcomes(right, week=None, source="web", groups=None):
    n = len(right)
    weeks = np.full(n, MONDAY) if week is None else MONDAY + 7 * np.asarray(week)
    return Outcomes(
        np.asarray(right, dtype=bool), weeks, np.full(n, source, dtype=object) if isinstance(source, str) else source,
        np.arange(n) if groups is None else np.asarray(groups),
    )  # fmt: skip


def test_a_week_begins_on_monday():
    moments = np.array(["2026-11-02T00:00", "2026-11-08T23:59", "2026-11-09T00:00", "1970-01-01"], "datetime64[ns]")
    assert mondays(moments).astype(str).tolist() == ["2026-11-02", "2026-11-02", "2026-11-09", "1969-12-29"]


def test_a_fall_is_told_and_its_p_is_that_of_the_mean_likelihood_ratio():
    """Ten wrong of ten against a threshold of .8: the mean over p of ((1 − p) / .2)¹⁰."""
    fallen = 0.8 * (np.arange(40) + 0.5) / 40
    assert below(np.zeros(10), 0.8) == pytest.approx(1 / np.mean(((1 - fallen) / 0.2) ** 10))
    assert below(np.ones(50), 0.8) == 1 and below(np.zeros(0), 0.8) == 1
    assert below(np.repeat([0.0, 1.0], 100), 0.8) < 1e-6


def test_near_copies_are_one_input():
    found = outcomes([0] * 40 + [1] * 40, groups=[0] * 40 + list(range(1, 41)))
    assert found.inputs.tolist() == [0] + [1] * 40 and found.accuracy.value == 0.5
    assert below(found.inputs, 0.9) == 1


def test_weeks_and_sources_are_judged_each_with_its_share_of_the_error():
    found = outcomes([1] * 100 + [0] * 40 + [1] * 60, week=[0] * 100 + [1] * 100,
                     source=np.array(["web", "fax"] * 100, dtype=object))  # fmt: skip
    tested = found.week > MONDAY
    weeks = judge_weeks(found, found.week, tested, 0.9)
    assert [(one["name"], one["received"], one["below"]) for one in weeks] == [
        ("2026-11-02", 100, False), ("2026-11-09", 100, True),
    ]  # fmt: skip
    assert weeks[0]["p"] is None
    assert weeks[1]["p"] == pytest.approx(below(found.inputs[100:], 0.9) * FAMILIES * WEEKS)
    sources = judge_sources(found, found.source, tested, 0.9)
    assert [(one["name"], one["labelled"]) for one in sources] == [("web", 50), ("fax", 50)]
    alone = below(found.inputs[100:][::2], 0.9)
    assert sources[0]["p"] == pytest.approx(alone * 6) and sources[1]["p"] == pytest.approx(alone * 18)


def test_without_a_reference_nothing_is_asked_of_a_batch():
    assert judge(outcomes([0] * 50), 50, "w", None, 3)["p"] is None
    empty = judge(outcomes([]), 7, "w", 0.9, 3)
    assert (empty["received"], empty["labelled"], empty["accuracy"], empty["below"]) == (7, 0, None, False)


def test_the_first_weeks_are_as_many_as_hold_a_hundred_inputs():
    week, groups = MONDAY + 7 * np.repeat([0, 1, 2], 60), np.arange(180)
    assert first_weeks(week, groups).sum() == 120 and not first_weeks(week[:90], groups[:90]).any()


def alert_in_a_year(rng, accuracy, later):
    """Whether any alert is told in 52 weeks of 12 outcomes, looked at after each outcome; the reference is 300 rows."""
    threshold = outcomes(rng.random(300) < accuracy).by_input().low
    inputs = (rng.random(52 * 12) < later).astype(float)
    source = rng.integers(0, 3, len(inputs))
    least = [below_so_far(inputs, threshold).min() * FAMILIES]
    least += [below_so_far(inputs[source == k], threshold).min() * FAMILIES * (k + 1) * (k + 2) for k in range(3)]
    least += [below_so_far(week, threshold).min() * FAMILIES * WEEKS for week in inputs.reshape(52, 12)]
    return min(least) <= ALPHA


def test_nothing_changed_is_hardly_ever_an_alert_and_a_fall_is_one():
    rng = np.random.default_rng(0)
    assert sum(alert_in_a_year(rng, 0.85, 0.85) for _ in range(200)) <= 10
    assert sum(alert_in_a_year(rng, 0.85, 0.7) for _ in range(20)) >= 18
