import time

import numpy as np
import pytest

from annotation.core.likeness import differences
from annotation.core.likeness.differences import Piece, compared_in_words, negation_differs, word_differences


def shown(base, other):
    return [(piece.text, piece.kind) for piece in word_differences(base, other)]


def rebuilt(base, other):
    pieces = word_differences(base, other)
    return tuple("".join(piece.text for piece in pieces if piece.kind != kind) for kind in ("inserted", "removed"))


def test_one_word_replaced():
    assert shown("Why was my card declined?", "Why was my transfer declined?") == [
        ("Why was my ", "same"), ("card ", "removed"), ("transfer ", "inserted"), ("declined?", "same"),
    ]  # fmt: skip


def test_a_negation_is_marked():
    pieces = [piece for piece in word_differences("I can't log in", "I can log in") if piece.kind != "same"]
    assert [(piece.text, piece.negation) for piece in pieces] == [("can't ", True), ("can ", False)]


def test_a_number_is_marked_and_kept_whole():
    pieces = word_differences("Revenue rose 4.3% to $1,835 million", "Revenue rose 4.5% to $1,835 million")
    changed = [(piece.text, piece.number) for piece in pieces if piece.kind != "same"]
    assert changed == [("4.3% ", True), ("4.5% ", True)]
    assert any(piece.number for piece in word_differences("charged for two items", "charged for three items"))


def test_what_is_the_same_carries_no_marks():
    pieces = word_differences("not 5 apples", "not 5 pears")
    assert [(piece.kind, piece.negation, piece.number) for piece in pieces][0] == ("same", False, False)


def test_inserted_sentences_are_found_whole():
    base = "Sales grew in Ohio. The board met in May. Amounts are in thousands."
    other = "Sales grew in Ohio. There is no new risk. The board met in May. Amounts are in thousands."
    assert shown(base, other) == [
        ("Sales grew in Ohio. ", "same"),
        ("There is no new risk. ", "inserted"),
        ("The board met in May. Amounts are in thousands.", "same"),
    ]


def test_texts_with_little_in_common_are_shown_whole():
    base, other = "I can't log in to the app", "the statement shows one payment twice"
    assert shown(base, other) == [(base, "removed"), (other, "inserted")]


@pytest.mark.parametrize(
    ("base", "other"),
    [("", ""), ("", "x"), ("x", ""), ("a  b\nc", "a b c"), (" a", "a "), ("été – 5 €", "ete - 5 EUR"), ("?!", "...")],
)
def test_the_pieces_rebuild_both_texts(base, other):
    first, second = rebuilt(base, other)
    assert second == other
    assert first.split() == base.split()


@pytest.mark.parametrize(
    ("base", "other", "expected"),
    [
        ("I can't log in", "I can log in", True),
        ("I can’t log in", "I cannot log in", False),
        ("I do not agree", "I don't agree", False),
        ("paid with a fee", "paid without a fee", True),
        ("it is pending", "it is never pending", True),
        ("it doesn't ring but does work", "it does ring but doesn't work", True),
        ("no news", "no change", False),
        ("card cancelled", "transfer cancelled", False),
        ("i cant pay", "i can pay", True),
        ("", "", False),
    ],
)
def test_negation_differs(base, other, expected):
    assert negation_differs(base, other) is expected


def test_long_texts_stay_exact():
    random = np.random.default_rng(0)
    sentences = [" ".join(random.choice([f"w{k}" for k in range(300)], 15)) + "." for _ in range(2000)]
    changed = [*sentences[:700], "A sentence nobody wrote before.", *sentences[700:1500], *sentences[1501:]]
    pieces = [piece for piece in word_differences(" ".join(sentences), " ".join(changed)) if piece.kind != "same"]
    assert [(piece.text.strip(), piece.kind) for piece in pieces] == [
        ("A sentence nobody wrote before.", "inserted"), (sentences[1500], "removed"),
    ]  # fmt: skip


def test_a_passage_too_long_to_compare_is_replaced_whole(monkeypatch):
    monkeypatch.setattr("annotation.core.likeness.differences.MAX_WORD_PAIRS", 8)
    assert shown("a b c", "a b d") == [("a b c", "removed"), ("a b d", "inserted")]


LONG = 360_000


@pytest.fixture
def steps(monkeypatch):
    """How many comparisons were made, counted where they are made."""
    made = [0]

    class Counting(differences.SequenceMatcher):
        def find_longest_match(self, alo=0, ahi=None, blo=0, bhi=None):
            made[0] += sum(len(self.b2j.get(one, ())) for one in self.a[alo:ahi])
            return super().find_longest_match(alo, ahi, blo, bhi)

    monkeypatch.setattr(differences, "SequenceMatcher", Counting)
    return made


@pytest.mark.parametrize("unit", ["the same again. ", "a b a c a d ", "\n"])
@pytest.mark.parametrize("end", ["", "But now."])
def test_a_long_text_that_repeats_itself_is_compared_in_bounded_steps(steps, unit, end):
    base = unit * (LONG // len(unit))
    other = "It begins. " + base[len(unit) :] + end if end else base
    pieces = word_differences(base, other)
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == other
    assert steps[0] <= differences.MAX_STEPS


def test_many_passages_of_bounded_size_share_one_budget(steps):
    base = " ".join(f"S{n} a b a c a d a e a f." for n in range(4000))
    other = " ".join(f"S{n} a x a y a z a u a v." for n in range(4000))
    pieces = word_differences(base, other)
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == other
    assert steps[0] <= differences.MAX_STEPS


def test_a_text_compared_with_itself_is_one_piece():
    text = "one two " * 5
    assert word_differences(text, text) == [Piece(text, "same", False, False)]


@pytest.mark.fault("a text of a megabyte that repeats itself")
@pytest.mark.parametrize("unit", ["the card was declined. ", "a", "a ", ".", "x\n", "n't ", "1,"])
def test_a_text_of_any_length_costs_a_moment(unit):
    base = unit * (1_000_000 // len(unit))
    for other in (base, f"{base[:500_000]} zebra {base[500_000:]}", base[:500_000], base.replace("a", "b")):
        began = time.process_time()
        pieces = word_differences(base, other)
        negation_differs(base, other)
        assert time.process_time() - began < 3
        assert "".join(piece.text for piece in pieces if piece.kind != "removed") == other


def test_of_too_long_a_passage_all_between_the_equal_ends_is_marked():
    base, other = (f"It begins. {word * 100_000} It ends." for word in ("one ", "two "))
    assert [piece.kind for piece in word_differences(base, other)] == ["same", "removed", "inserted", "same"]
    assert negation_differs(base, other) and not compared_in_words(base, other)
    assert compared_in_words(base, base) and compared_in_words(base, base.replace("It begins", "It began"))
