import numpy as np
import pytest
from scipy.stats import chi2_contingency

from annotation.core.detectors.drift import Drift, _chi_square
from annotation.core.detectors.suspicion import NotApplicable
from annotation.core.intervals import newcombe
from tests.annotation.core.detectors.evidence_by_hand import evidence_of, sure_of

DETECTOR = Drift()
# 50 items a month from January to June 2025; yes makes up 10 % until March and 40 % from April on
MONTHS = np.repeat(np.array([f"2025-{month:02}-15" for month in range(1, 7)], dtype="datetime64[ns]"), 50)
LABELS = np.array(([1] * 5 + [0] * 45) * 3 + ([1] * 20 + [0] * 30) * 3)


def test_the_month_in_which_a_rate_changed_is_reported():
    (yes,) = DETECTOR.judge(evidence_of(LABELS, received=MONTHS)).findings
    assert yes.title == "From April 2025 on 40 % of the labels are “yes”, before 10 %"
    assert yes.reason == (
        "Of 150 items that came in from April 2025 on 60 are “yes”, of 150 before 15: a difference of +30 points "
        "(+20 to +39)."
    )
    assert (yes.key, yes.n, yes.value) == ("drift:received:yes", 150, 0.4)
    assert sorted(yes.items.tolist()) == np.flatnonzero((LABELS == 1) & (np.arange(300) >= 150)).tolist()


def test_whether_the_items_changed_or_the_labelling_is_said():
    even = sure_of(np.zeros(300, dtype=int), 0.75)
    labelling = DETECTOR.judge(evidence_of(LABELS, even, received=MONTHS)).findings[0]
    assert labelling.reason.endswith("suggests 25 % against 25 %; so the labelling differs more than the items do.")
    items = DETECTOR.judge(evidence_of(LABELS, sure_of(LABELS, 0.9), received=MONTHS)).findings[0]
    assert "suggests 42 % against 18 %; the items changed more than the labelling did." in items.reason


def test_the_queue_starts_with_what_the_model_believes_least():
    chance = np.where(np.arange(300) == 153, 0.01, 0.3)
    (found,) = DETECTOR.judge(evidence_of(LABELS, np.column_stack([1 - chance, chance]), received=MONTHS)).findings
    assert found.items[0] == 153


def test_where_a_rate_fell_the_queue_is_what_now_carries_another_class():
    labels = np.array(([0] * 30 + [1] * 10 + [2] * 10) * 3 + ([0] * 5 + [1] * 10 + [2] * 35) * 3)
    found = DETECTOR.judge(evidence_of(labels, received=MONTHS, classes=("a", "b", "c"))).findings
    assert {one.rule["label"] for one in found} == {"a", "c"}
    fell = next(one for one in found if one.rule["label"] == "a")
    assert sorted(fell.items.tolist()) == np.flatnonzero((labels != 0) & (np.arange(300) >= 150)).tolist()


def test_labels_drift_by_when_they_were_given():
    votes = [(item, 0, LABELS[item], str(MONTHS[item])) for item in range(300)]
    (found,) = DETECTOR.judge(evidence_of(LABELS, votes=votes)).findings
    assert found.key == "drift:given:yes"
    assert "Of 150 labels given from April 2025 on 60 are “yes”" in found.reason


def test_days_are_cut_into_runs_where_there_are_no_months():
    days = np.repeat(np.datetime64("2025-03-01", "ns") + np.arange(10) * np.timedelta64(1, "D"), 30)
    labels = np.where(np.arange(300) >= 180, 1, 0)
    found = DETECTOR.judge(evidence_of(labels, received=days)).findings
    assert [one.rule["since"] for one in found] == ["7 March 2025"]


def test_a_source_is_reported_where_its_texts_do_not_explain_it():
    sources = np.array(["a"] * 150 + ["b"] * 100 + ["c"] * 50, dtype=object)
    even = sure_of(np.zeros(300, dtype=int), 0.75)
    found = DETECTOR.judge(evidence_of(LABELS, even, sources=sources)).findings
    # 20 of 50 in c against 55 of 250: p .013, not enough
    assert {one.key for one in found} == {"drift:source=a:yes", "drift:source=b:yes"}
    assert "In the source “a” 10 % of the labels are “yes”, elsewhere 40 %" in {one.title for one in found}
    assert DETECTOR.judge(evidence_of(LABELS, sure_of(LABELS, 0.95), sources=sources)).findings == []


def test_chi_square_is_that_of_the_table_with_yates():
    ours = _chi_square(np.array([5]), np.array([50]), np.array([25]), 100)[0]
    assert ours == pytest.approx(chi2_contingency([[5, 45], [20, 30]], correction=True).statistic)


def test_an_interval_of_a_difference_by_hand():
    """Newcombe 1998, table II (a): 56/70 − 48/80 gives .2000, .0524 to .3339."""
    gap = newcombe(56, 70, 48, 80)
    assert [round(one, 4) for one in (gap.value, gap.low, gap.high)] == [0.2, 0.0524, 0.3339]
    assert np.isnan(newcombe(0, 0, 1, 2).value)


def test_steady_rates_say_nothing():
    steady = np.tile([1, 0, 0, 0, 0], 60)
    sources = np.array(["a", "b"] * 150, dtype=object)
    assert DETECTOR.judge(evidence_of(steady, received=MONTHS, sources=sources)).findings == []


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (evidence_of(LABELS), "no item has a source"),
        (evidence_of(LABELS, received=np.full(300, np.datetime64("NaT", "ns"))), "No two labels differ in their date"),
        (evidence_of([0] * 300, np.ones((300, 1)), classes=("one",), received=MONTHS), "only one class"),
        (evidence_of(LABELS, received=MONTHS, decided=np.ones(300, dtype=bool)), "Experts have decided on all labels"),
    ],
)
def test_where_nothing_can_drift_it_says_so(seen, why):
    with pytest.raises(NotApplicable, match=why):
        DETECTOR.judge(seen)
