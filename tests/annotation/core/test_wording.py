import pytest

from annotation.core.detectors.suspicion import Suspicion
from annotation.core.wording import KEY, TITLE, counted, fitting_key, fitting_title, listed, percent, quoted, short


def test_what_fits_stays_as_it_is():
    for key in ("count_rule:risk>5→negative", "k" * KEY):
        assert fitting_key(key) == key
    assert fitting_title("t" * TITLE) == "t" * TITLE


def test_long_keys_that_differ_in_their_last_letter_stay_apart():
    one, other = (fitting_key(f"class_pair:{'a' * 300}{end}") for end in "xy")
    assert len(one) <= KEY and len(other) <= KEY and one != other
    assert one.startswith("class_pair:aaa") and fitting_key(one) == one


def test_a_long_title_is_one_line_and_ends_in_an_ellipsis():
    title = fitting_title("many\nwords " * 60)
    assert len(title) <= TITLE and title.endswith("…") and "\n" not in title and fitting_title(title) == title


def test_a_finding_is_cut_where_it_is_made():
    one = Suspicion("k", "k:" + "x" * 300, "t" * 400, "r", {}, [], 1, 1.0, 0.0, 1.0)
    assert len(one.key) <= KEY and len(one.title) == TITLE


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (quoted("calm"), "“calm”"), (quoted("x" * 200, 10), f"“{'x' * 9}…”"), (short(" two \n words "), "two words"),
        (counted(1, "pair"), "1 pair"), (counted(1200, "pair"), "1,200 pairs"), (counted(0, "pair"), "0 pairs"),
        (listed(["a"]), "a"), (listed(["a", "b"]), "a and b"), (listed(["a", "b", "c"]), "a, b and c"),
        (percent(0.031), "3 %"), (percent(0.001), "less than 1 %"), (percent(0.999), "more than 99 %"),
        (percent(0.0), "0 %"), (percent(1.0), "100 %"),
    ],
)  # fmt: skip
def test_words(said, words):
    assert said == words
