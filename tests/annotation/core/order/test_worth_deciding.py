import numpy as np
import pytest
from scipy.special import expit

from annotation.core.order.worth_deciding import ENOUGH, Worth, in_words, worth_deciding


def queue(seed, n=400, decided=100, slope=0.6, start=-0.4):
    """Chances that fall along a queue, labels that are wrong as a line over their log odds says; the first are
    decided."""
    random = np.random.default_rng(seed)
    eta = np.sort(random.normal(-1, 1.5, n))[::-1]
    chance, wrong = expit(eta), random.random(n) < expit(start + slope * eta)
    return chance[:decided], wrong[:decided], chance[decided:], wrong[decided:]


def of_singles(decided, wrong, left) -> Worth:
    found = worth_deciding(decided, wrong, left)
    assert found is not None
    return found


def test_the_interval_covers_what_is_wrong_among_the_rest():
    covered, ratios = [], []
    for seed in range(60):
        decided, wrong, left, truth = queue(seed)
        found = of_singles(decided, wrong, left)
        covered.append(found.wrong.low <= truth.sum() <= found.wrong.high)
        ratios.append(found.wrong.value / truth.sum())
    assert np.mean(covered) >= 0.95 and 0.8 < np.median(ratios) < 1.25


def test_after_the_stop_fewer_than_one_decision_in_ten_changes_a_label():
    """Both sides of the stop over many queues: before it more, after it fewer."""
    before, after = [], []
    for seed in range(40):
        decided, wrong, left, truth = queue(seed, n=2000, decided=200, start=-1.5)
        stop = int(of_singles(decided, wrong, left).cases.value)
        assert 0 < stop < len(left)
        before.append(truth[:stop].mean())
        after.append(truth[stop:].mean())
    assert np.mean(after) < 0.1 < np.mean(before)


def test_chances_that_all_proved_wrong_or_right_move_what_is_left():
    chance, left = np.full(50, 0.6), np.full(80, 0.5)
    all_wrong, none = (of_singles(chance, np.full(50, one), left) for one in (True, False))
    assert all_wrong.wrong.value > 60 and all_wrong.cases.value == 80
    assert none.wrong.value < 8 and none.cases.value == 0 and none.cases.high >= none.cases.value
    assert all_wrong.wrong.n == none.cases.n == 50


def test_before_enough_decisions_nothing_is_said():
    few = np.full(ENOUGH - 1, 0.5)
    assert worth_deciding(few, few > 0.4, np.full(3, 0.5)) is None


def test_a_case_with_an_item_without_a_label_pays_but_holds_no_wrong_label():
    decided, wrong = np.repeat([0.9, 0.1], 50), np.repeat([True, False], 50)
    found = of_singles(decided, wrong, np.array([0.9, np.nan, 0.01]))
    assert (found.open, found.cases.value) == (3, 2) and 0.7 < found.wrong.value < 1.1 and found.wrong.high <= 2
    nothing = of_singles(decided, wrong, np.zeros(0))
    assert (nothing.open, nothing.cases.high, nothing.wrong.high) == (0, 0, 0)


ABOUT = "About {} likely hold{} a wrong label (95 % interval {}; n = 60 decisions). {}"
REST = "fewer than one decision in 10 is expected to change a label."
FIRST = f"The first 120 of the 245 cases are worth an expert's time (90 to 160): after that {REST}"
ONE = f"Only the first case is worth an expert's time (0 to 4): after that {REST}"
NONE = f"None of the 12 cases is worth an expert's time any more (0 to 3): {REST}"
ALL = (
    "All 12 open cases are worth an expert's time (8 to 12): to the last at least one decision in 10 is expected to "
    "change a label."
)

LAST = "The one open case is worth an expert's time (0 to 1)."


@pytest.mark.parametrize(
    ("open_cases", "wrong", "cases", "said"),
    [
        (245, (71.2, 51.9, 95.3), (120, 90, 160), ABOUT.format("71 of 245 open cases", "", "51 to 96", FIRST)),
        (40, (0.9, 0.2, 3.8), (1, 0, 4), ABOUT.format("1 of 40 open cases", "", "0 to 4", ONE)),
        (12, (0, 0, 1), (0, 0, 3), ABOUT.format("0 of 12 open cases", "", "0 to 1", NONE)),
        (12, (9, 5, 12), (12, 8, 12), ABOUT.format("9 of 12 open cases", "", "5 to 12", ALL)),
        (1, (0.6, 0, 1), (1, 0, 1), ABOUT.format("1 of 1 open case", "s", "0 to 1", LAST)),
        (0, (0, 0, 0), (0, 0, 0), ""),
    ],
)
def test_the_sentence_says_how_many_and_where_it_stops(open_cases, wrong, cases, said):
    one, other = (dict(zip(("value", "low", "high"), of, strict=True), n=60) for of in (wrong, cases))
    assert in_words({"open": open_cases, "wrong": one, "cases": other}) == said
