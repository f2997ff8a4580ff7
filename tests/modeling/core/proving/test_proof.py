import json

import numpy as np
import pytest
from scipy.stats import binom

from modeling.core.proving.evaluation import count, macro_f1
from modeling.core.proving.proof import Pair, UnableToCompare, compare, rows_to_distinguish, too_few_units


def changes(up, down, both=80, neither=10):
    """truth, before, after with so many rows put right, spoilt, right in both and wrong in both."""
    truth = np.zeros(up + down + both + neither, dtype=int)
    before, after = truth.copy(), truth.copy()
    before[:up] = 1
    after[up : up + down] = 1
    before[len(truth) - neither :] = after[len(truth) - neither :] = 1
    return truth, before, after


def proof(up=0, down=0, both=80, neither=10, metric="accuracy", looks=1, **options):
    return compare(*changes(up, down, both, neither), 2, metric, looks, **options)


def test_by_hand():
    # 8 put right, 2 spoilt: two-sided sign test of 8 in 10 = 2 · (1 + 10 + 45) / 1024.
    found = proof(8, 2)
    assert (found.n, found.flips) == (100, {"mended": 8, "broken": 2, "changed_wrong": 0})
    assert found.mcnemar_p == pytest.approx(0.109375)
    assert found.before["accuracy"] == 0.82 and found.after["accuracy"] == 0.88
    assert found.difference["value"] == pytest.approx(0.06) and found.difference["accuracy"] == pytest.approx(0.06)
    assert found.before["accuracy_low"] == pytest.approx(0.7333, abs=1e-3)
    assert found.difference["low_planned"] <= found.difference["low"] < 0.06 < found.difference["high"]
    assert found.difference["high"] <= found.difference["high_planned"]
    assert found.verdict == "not distinguishable" and found.reason is None


def test_verdicts():
    assert proof(60, 5, both=400).verdict == "better"
    assert proof(5, 60, both=400).verdict == "worse"
    assert proof(0, 0).verdict == "not distinguishable"
    assert proof(0, 0).mcnemar_p == 1.0


def test_past_the_plan_and_steered_are_exploratory_and_a_refusal_goes_before_all():
    assert proof(60, 5, looks=10).verdict == "better"
    late = proof(60, 5, looks=11)
    assert late.verdict == "exploratory" and "11 times; 10 looks" in late.reason
    assert proof(60, 5, looks=3, planned_looks=2).verdict == "exploratory"
    assert proof(60, 5, steered=True).verdict == "exploratory"
    refused = proof(60, 5, looks=11, steered=True, refusal="Run 3 did not converge.")
    assert (refused.verdict, refused.reason) == ("refused", "Run 3 did not converge.")


def test_the_plain_interval_alone_never_gives_the_verdict():
    # 16 to 5: p = 0.027 excludes zero at 95 %, not at the 99.5 % that ten planned looks ask for.
    found = proof(16, 5, both=400)
    assert found.difference["low"] > 0 >= found.difference["low_planned"]
    assert found.verdict == "not distinguishable"
    assert proof(16, 5, both=400, planned_looks=1).verdict == "better"


def test_seven_changes_for_the_better_do_not_prove_what_an_exact_test_denies():
    # p = 2/128 for 7 to 0
    found = proof(7, 0, both=1500)
    assert found.mcnemar_p == pytest.approx(2 / 128)
    assert found.difference["low_planned"] <= 0.0 and found.verdict == "not distinguishable"
    assert proof(12, 0, both=1500).verdict == "better"


def test_where_the_limits_leave_out_zero_and_an_exact_test_does_not_nothing_is_told_apart():
    """Of 1,000 rows 11 mended and 3 broken: (11 − 3) / √(11 + 3 + 2) = 2.0, and exact McNemar has p = .057."""
    found = proof(up=11, down=3, both=900, neither=86, planned_looks=1)
    assert found.difference["low"] > 0 and round(found.mcnemar_p, 3) == 0.057
    assert found.difference["low_planned"] == 0 and found.verdict == "not distinguishable"


def test_near_copies_are_one_unit():
    truth, before, after = changes(40, 0, both=360)
    groups = np.arange(len(truth)) // 10
    alone, grouped = (
        compare(truth, before, after, 2, "accuracy", 1),
        compare(truth, before, after, 2, "accuracy", 1, groups=groups),
    )
    assert alone.verdict == "better" and alone.method["unit"] == "row"
    assert grouped.verdict == "not distinguishable" and grouped.method["n_units"] == 41
    assert grouped.mcnemar_p > 0.05 and grouped.method["test"] == "exchange of whole units"
    assert grouped.before["accuracy_ci"][1] - grouped.before["accuracy_ci"][0] > 0.12


def test_equivalent_within_what_the_lead_declared():
    found = proof(3, 3, both=9_000, worthwhile=0.01)
    assert found.verdict == "equivalent" and found.needed is None
    assert proof(60, 5, both=400, worthwhile=0.01).verdict == "better"
    wide = proof(3, 3, both=200, worthwhile=0.01)
    assert wide.verdict == "not distinguishable" and wide.needed["difference"] == 0.01
    assert wide.needed["rows"] == wide.n + wide.needed["more"] > 1_000
    assert proof(3, 3, both=200).needed is None, "nobody said what is worth having"


def test_asked_after_the_fact_is_exploratory():
    found = proof(60, 5, after_the_fact=True)
    assert found.verdict == "exploratory" and "by other terms before" in found.reason


def test_the_spread_of_training_seeds_is_part_of_the_interval():
    truth, before, after = changes(30, 10, both=400)
    other = Pair(after.copy(), before.copy())
    one = compare(truth, before, after, 2, "accuracy", 1)
    both = compare(truth, before, after, 2, "accuracy", 1, more=[other], training_seeds=(0, 1))
    assert both.difference["value"] == 0 and both.flips == one.flips
    width = [found.difference["high"] - found.difference["low"] for found in (one, both)]
    assert width[1] > 2 * width[0] and both.method["training_seeds"] == [0, 1]


def test_weights_say_what_a_row_stands_for():
    truth, before, after = changes(10, 0, both=90, neither=0)
    weights = np.where(np.arange(100) < 10, 0.5, 95 / 90)
    assert compare(truth, before, after, 2, "accuracy", 1, weights=weights).difference["value"] == pytest.approx(0.05)


def test_copies_of_few_inputs_prove_nothing():
    assert too_few_units(np.arange(10)) is None
    assert "count as 2; 10 at least are needed" in too_few_units(np.repeat([0, 1], 50))


def test_json_has_exactly_the_promised_names():
    names = {"n", "before", "after", "difference", "mcnemar_p", "looks", "planned_looks", "verdict"}
    stored = json.loads(json.dumps(proof(8, 2).as_json()))
    assert set(stored) == names | {
        "wrong_to_right", "right_to_wrong", "flips", "method", "worthwhile", "needed",
    }  # fmt: skip
    assert {"accuracy", "macro_f1"} <= set(stored["before"]) == set(stored["after"])
    assert set(stored["difference"]) == {
        "metric", "value", "low", "high", "low_planned", "high_planned", "accuracy", "macro_f1",
    }  # fmt: skip
    assert proof(8, 2, refusal="No.").as_json()["reason"] == "No."


def three_classes(n=400, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, size=n, p=[0.7, 0.2, 0.1])
    before = np.where(rng.random(n) < 0.75, truth, rng.integers(3, size=n))
    after = np.where(rng.random(n) < 0.5, truth, before)
    return truth, before, after


def test_macro_f1_to_the_first_order_is_close_to_resampling_rows():
    truth, before, after = three_classes()
    found = compare(truth, before, after, 3, "macro_f1", 1)
    rng, naive = np.random.default_rng(5), []
    for _ in range(2000):
        rows = rng.integers(len(truth), size=len(truth))
        scores = [macro_f1(count(truth[rows], guess[rows], 3)) for guess in (after, before)]
        naive.append(scores[0] - scores[1])
    assert found.difference["value"] == pytest.approx(
        macro_f1(count(truth, after, 3)) - macro_f1(count(truth, before, 3))
    )
    low, high = np.quantile(naive, [0.025, 0.975])
    width = high - low
    assert width < found.difference["high"] - found.difference["low"] < 1.4 * width


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_the_interval_covers_what_is_true(metric):
    # Truth, before and after drawn from a known table; its own metric difference is what the interval should hold.
    chances = np.array([[[0.40, 0.04], [0.08, 0.08]], [[0.06, 0.08], [0.03, 0.23]]])
    cells = np.indices((2, 2, 2)).reshape(3, 8)
    many = np.repeat(np.arange(8), np.round(chances.ravel() * 100).astype(int))
    whole = compare(*cells[:, many], 2, metric, 1).difference["value"]
    rng, covered = np.random.default_rng(1), 0
    for _ in range(200):
        drawn = cells[:, rng.choice(8, size=300, p=chances.ravel())]
        difference = compare(*drawn, 2, metric, 1).difference
        covered += difference["low"] <= whole <= difference["high"]
    # 200 honest intervals at 95 % cover 180 times or more in all but 1 of 1,000 such simulations.
    assert binom.cdf(179, 200, 0.95) < 0.005
    assert covered >= 180


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_no_difference_is_seldom_taken_for_one(metric):
    rng, wrong = np.random.default_rng(2), 0
    for _ in range(200):
        truth = (rng.random(300) < 0.2).astype(int)
        changed, before_is_right = rng.random(300) < 0.05, rng.random(300) < 0.5
        before = np.where(changed & ~before_is_right, 1 - truth, truth)
        after = np.where(changed & before_is_right, 1 - truth, truth)
        verdict = compare(truth, before, after, 2, metric, 1, planned_looks=1).verdict
        wrong += verdict != "not distinguishable"
    # Nominal 5 % of 200; the exact test behind it is on the careful side.
    assert wrong <= 18


def test_same_input_same_proof():
    rows = three_classes()
    assert compare(*rows, 3, "macro_f1", 1) == compare(*rows, 3, "macro_f1", 1)


def test_the_order_of_the_rows_does_not_matter():
    truth, before, after = three_classes()
    order = np.random.default_rng(0).permutation(len(truth))
    one = compare(truth[order], before[order], after[order], 3, "macro_f1", 1).difference
    other = compare(truth, before, after, 3, "macro_f1", 1).difference
    assert one["low_planned"] == pytest.approx(other["low_planned"]) and one["high"] == pytest.approx(other["high"])


def test_one_row_and_many_classes_give_figures():
    one = compare(np.array([3]), np.array([1]), np.array([3]), 77, "macro_f1", 1)
    assert one.verdict == "not distinguishable" and one.difference["value"] == 1.0
    rng = np.random.default_rng(0)
    truth, guess = rng.integers(77, size=500), rng.integers(77, size=500)
    after = np.where(rng.random(500) < 0.5, truth, guess)
    assert compare(truth, guess, after, 77, "macro_f1", 1).verdict == "better"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"metric": "auc"}, "'auc' is not a deciding metric; choose one of accuracy, macro_f1"),
        ({"after": np.array([0])}, "2 true labels, 2 predictions before and 1 after"),
        ({"truth": np.array([0, 2])}, "Row 2: the true label is none of the 2 classes"),
        ({"before": np.array([-1, 0])}, "Row 1: the prediction before"),
        ({"planned_looks": 0}, "At least one look"),
        (dict.fromkeys(("truth", "before", "after"), np.array([], dtype=int)), "no rows"),
    ],
)
def test_what_cannot_be_compared_is_one_plain_sentence(change, sentence):
    call = {name: np.array([0, 1]) for name in ("truth", "before", "after")}
    call |= {"n_classes": 2, "metric": "accuracy", "looks": 1}
    with pytest.raises(UnableToCompare, match=sentence):
        compare(**(call | change))


def test_rows_needed_by_hand():
    # (1.959964 · √0.2 + 0.841621 · √(0.2 − 0.01))² / 0.01 = 154.6.
    assert rows_to_distinguish(0.2, 0.1, planned_looks=1) == 155
    assert rows_to_distinguish(0.2, -0.1, planned_looks=1) == 155
    assert rows_to_distinguish(0.2, 0.1) > 155
    with pytest.raises(UnableToCompare, match="must not be 0"):
        rows_to_distinguish(0.2, 0.3)


def test_that_many_rows_do_show_it():
    needed, detected, rng = rows_to_distinguish(0.2, 0.1, planned_looks=1), 0, np.random.default_rng(0)
    for up, down, same in rng.multinomial(needed, [0.15, 0.05, 0.8], size=300):
        detected += proof(up, down, both=same, neither=0, planned_looks=1).verdict == "better"
    assert 0.7 < detected / 300 < 0.88
