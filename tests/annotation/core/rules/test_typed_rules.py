import numpy as np
import pandas as pd
import pytest

from annotation.core.fields import Field
from annotation.core.rules.typed_rules import Clause, TypedRule, UnableToReadRule, applies, followers, judge, read_rule

FIELDS = (Field("text", "text"), Field("amount", "number"), Field("channel", "category"))
TABLE = pd.DataFrame(
    {
        "text": ["Check this out now", "checkout is closed", "please CHECK, check it", "no", ""],
        "amount": [1.0, 5.0, 5.5, np.nan, -2.0],
        "channel": ["Mail", "web", "mail", "", "web"],
    }
)
SOURCES = np.array(["a", "b", "a", "", "b"], dtype=object)


def holds(kind, name="", number="", value=""):
    rule = read_rule(kind, name, number, value, FIELDS)
    return applies(rule, TABLE, FIELDS, SOURCES).astype(int).tolist()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("word", "check"), [1, 0, 1, 0, 0]),
        (("word", "check, no"), [1, 0, 1, 1, 0]),
        (("word", "this out"), [1, 0, 0, 0, 0]),
        (("letters", "check"), [1, 1, 1, 0, 0]),
        (("count", "check", "1"), [0, 0, 1, 0, 0]),
        (("longer", "", "3"), [1, 0, 1, 0, 0]),
        (("shorter", "", "3"), [0, 0, 0, 1, 1]),
        (("above", "amount", "5"), [0, 0, 1, 0, 0]),
        (("below", "amount", "5"), [1, 0, 0, 0, 1]),
        (("equals", "channel", "", "MAIL"), [1, 0, 1, 0, 0]),
        (("equals", "amount", "", "5"), [0, 1, 0, 0, 0]),
        (("source", "a"), [1, 0, 1, 0, 0]),
        (("first", "", "2"), [1, 1, 0, 0, 0]),
        (("last", "", "1"), [0, 0, 0, 0, 1]),
        (("last", "", "99"), [1, 1, 1, 1, 1]),
    ],
)
def test_where_a_rule_holds(typed, expected):
    assert holds(*typed) == expected


def test_clauses_join_by_or_and_by_and():
    parts = (Clause("word", "check"), Clause("shorter", number=5))
    assert applies(TypedRule(parts), TABLE, FIELDS).tolist() == [True] * 5
    assert applies(TypedRule(parts, every=True), TABLE, FIELDS).tolist() == [True, False, True, False, False]


def test_a_rule_in_words_and_its_key():
    rule = read_rule("word", "Check, out", "", "", FIELDS)
    assert rule.words == "contains “check” or contains “out”"
    assert rule.key == "word:check:0:|word:out:0:"
    assert read_rule("count", "risk", "5", "", FIELDS).words == "mentions “risk” more than 5 times"
    assert read_rule("count", "risk", "1", "", FIELDS).words == "mentions “risk” more than once"
    assert read_rule("equals", "channel", "", "web", FIELDS).words == "has “web” as its channel"
    assert rule.as_json() == {
        "clauses": [
            {"kind": "word", "name": name, "number": 0.0, "value": ""} for name in ("check", "out")
        ], "every": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        (Clause("longer", "", 1), "is longer than 1 word"), (Clause("longer", "", 12), "is longer than 12 words"),
        (Clause("shorter", "", 1), "is shorter than 1 word"), (Clause("first", "", 1), "is the first of the file"),
        (Clause("last", "", 1200), "is among the last 1,200 of the file"),
        (Clause("count", "risk", 0), "mentions “risk” at least once"),
    ],
)  # fmt: skip
def test_one_is_not_many(clause, words):
    assert clause.words == words


@pytest.mark.parametrize(
    "typed",
    [
        ("word", "", "", ""), ("word", " , ", "", ""), ("count", "risk", "", ""), ("longer", "", "many", ""),
        ("longer", "", "-1", ""), ("first", "", "inf", ""), ("above", "text", "3", ""), ("equals", "nothing", "", "x"),
        ("magic", "x", "", ""), ("word", ",".join("abcdefghijk"), "", ""),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_with_a_sentence(typed):
    with pytest.raises(UnableToReadRule) as refused:
        read_rule(*typed, FIELDS)
    assert str(refused.value).endswith(".")


def test_words_need_a_text():
    with pytest.raises(UnableToReadRule, match="no text"):
        read_rule("word", "check", "", "", FIELDS[1:])


def test_without_sources_nothing_comes_from_one():
    assert not applies(read_rule("source", "a", "", "", FIELDS), TABLE, FIELDS).any()


def test_shares_by_class():
    rule = np.array([1, 1, 1, 0, 0, 0, 0, 1], dtype=bool)
    labels = np.array([1, 1, 0, 1, 0, 0, 0, -1])
    best, other = judge(rule, labels, 3)
    # Of 3 that fit 2 carry class 1; of 4 others 1; of 3 of the class 2 fit: (2/3 + 3/4) / 2.
    assert best.label == 1 and best.balanced == pytest.approx((2 / 3 + 3 / 4) / 2)
    assert (best.inside.value, best.inside.n) == (pytest.approx(2 / 3), 3)
    assert (best.outside.value, best.outside.n) == (1 / 4, 4)
    assert (best.caught.value, best.caught.n) == (pytest.approx(2 / 3), 3)
    assert other.label == 0 and other.balanced == pytest.approx(1 - best.balanced)


def test_one_class_no_label_and_no_item_are_judged_without_a_figure():
    (only,) = judge(np.array([True, False]), np.array([0, 0]), 2)
    assert np.isnan(only.balanced) and only.inside.value == 1.0
    assert judge(np.array([True]), np.array([-1]), 2) == []
    assert judge(np.zeros(0, dtype=bool), np.zeros(0, dtype=int), 2) == []


def test_followers_come_first_and_silence_is_an_answer():
    holds = np.array([True, True, False, False])
    votes = pd.DataFrame(
        [(0, 0, 1), (1, 0, 0), (2, 0, 1), (3, 0, 0), (0, 1, 1), (1, 1, 1)], columns=["item", "annotator", "label"]
    )
    first, second = followers(holds, votes, 1)
    # Annotator 1 says class 1 alone: of the 2 items that fit both, of the 2 others none.
    assert (first.annotator, first.inside.value, first.outside.value, first.outside.n) == (1, 1.0, 0.0, 2)
    assert (second.annotator, second.inside.value, second.inside.n, second.difference) == (0, 0.5, 2, 0.0)
    assert followers(holds, votes[:0], 1) == []
