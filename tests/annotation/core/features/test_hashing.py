"""Hashed terms: what counts as the same word, and the weights by hand."""

import numpy as np
import pytest

from annotation.core.features.hashing import hashed_terms


def cosine(first, second):
    rows = hashed_terms([first, second], rarest=1)
    return float((rows[0] @ rows[1].T).toarray()[0, 0])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Card LOST", "card lost"),
        ("straße", "STRASSE".replace("SS", "ß")),
        ("日本語 テスト", "日本語 テスト"),
    ],
)
def test_texts_that_say_the_same_are_the_same_row(first, second):
    assert cosine(first, second) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("up 5 %", "up 5 $"),
        ("lost card", "card lost"),
        ("cat", "dog"),
        ("error E1001", "error E1002"),
        ("fine 👍", "fine 👎"),
    ],
)
def test_texts_that_differ_are_not(first, second):
    assert cosine(first, second) < 0.99


def test_weights_by_hand():
    # "ab" is in both texts, "c" in one: idf log(3 / 3) + 1 and log(3 / 2) + 1; terms of "ab": the word and one run of
    # four, " ab "; of "c": the word, " c ", and the pair "ab c".
    rows = hashed_terms(["ab", "ab c"], rarest=1).toarray()
    assert rows[0][rows[0] > 0] == pytest.approx([0.5**0.5] * 2)
    rare = np.log(1.5) + 1
    assert sorted(rows[1][rows[1] > 0]) == pytest.approx(
        sorted(np.array([1, 1, rare, rare, rare]) / np.sqrt(2 + 3 * rare**2))
    )


def test_a_word_said_again_counts_by_its_logarithm():
    once, thrice = hashed_terms(["a b", "a b a a"], rarest=2).toarray()
    assert thrice.max() / thrice[thrice > 0].min() == pytest.approx(1 + np.log(3), rel=1e-5)
    assert once[once > 0].std() == pytest.approx(0, abs=1e-6)


def test_rare_terms_are_left_out_and_empty_texts_are_empty_rows():
    rows = hashed_terms(["", "only here", "\n", "card card", "card"])
    assert rows.shape[0] == 5
    assert np.diff(rows.indptr).tolist()[:3] == [0, 0, 0]
    assert rows.dtype == np.float32


def test_nothing_at_all():
    assert hashed_terms([]).shape[0] == 0
    assert hashed_terms([""]).nnz == 0


def test_a_number_is_itself_and_any_number():
    one, other, none = ("pay 12.50 now", "pay 1,300 now", "pay him now")
    assert cosine(one, none) < cosine(one, other) < 0.99


def test_punctuation_is_a_word_that_parts_no_pair():
    assert cosine("lost, card", "lost card") > 0.8 > cosine("lost, card", "card lost")
    assert cosine("lost card!", "lost card?") < 0.99
