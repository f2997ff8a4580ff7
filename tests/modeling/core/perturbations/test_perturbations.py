import re
from random import Random

import pytest

from annotation.core.likeness.differences import NUMBER, negation_differs, word_differences
from annotation.core.negations import NEGATION
from modeling.core.perturbations import PERTURBATIONS, perturbed
from modeling.core.perturbations.arrangement import BOILERPLATE, boilerplate, moved, without_each
from modeling.core.perturbations.spelling import NEIGHBOURS
from modeling.core.perturbations.synonyms import UnableToPair, partners_of, proposals, read_pair
from modeling.core.perturbations.words import harmless, joined, sentences_of, words_of

PARTNERS = partners_of([("buy", "purchase"), ("wrong", "incorrect"), ("big", "large")])
TEXTS = [
    "My card has not arrived since Monday, and I can't log in. Please help me to purchase 3 items now!",
    "i paid £1,200.50 twice for one big order\nand nobody at Acme answered; what is wrong?",
    "We expect modern growth in Q4. Nothing was said of the three New York stores by Mr. Smith in 2024.",
    "Write to help_desk@example.com or www.example.com about the loan. Without it we shall never buy.",
]  # fmt: skip


def kept(text):
    """What no change may touch, in the order of the text."""
    return [word.text for word in words_of(text) if not word.free]


@pytest.mark.parametrize("kind", PERTURBATIONS)
def test_negations_numbers_and_names_stay_as_they_are(kind):
    for text in TEXTS:
        for number in range(30):
            copy = perturbed(text, kind, 0, number, PARTNERS)
            assert sorted(NEGATION.findall(copy)) == sorted(NEGATION.findall(text))
            for word in kept(text):
                assert word in copy, (word, copy)


@pytest.mark.parametrize("kind", PERTURBATIONS)
def test_every_kind_changes_something_and_the_same_seed_the_same(kind):
    copies = [perturbed(text, kind, 0, number, PARTNERS) for text in TEXTS for number in range(5)]
    assert copies == [perturbed(text, kind, 0, number, PARTNERS) for text in TEXTS for number in range(5)]
    assert any(copy not in TEXTS for copy in copies)
    others = [perturbed(text, kind, 1, number, PARTNERS) for text in TEXTS for number in range(5)]
    assert others != copies or kind in ("synonyms", "order")


@pytest.mark.parametrize("kind", PERTURBATIONS)
@pytest.mark.parametrize("text", ["", " ", "7", "no", "ACME CORP", "\n\n"])
def test_what_holds_nothing_to_change_is_left_alone(kind, text):
    assert perturbed(text, kind, 0, 0, PARTNERS) == text or kind == "layout"


def test_what_is_fixed_by_hand():
    free = {word.text for word in words_of(TEXTS[0]) if word.free}
    assert free == {"My", "card", "has", "arrived", "since", "and", "log", "in", "Please", "help", "me", "to",
                    "purchase", "items", "now"}  # fmt: skip
    assert kept(TEXTS[0]) == ["not", "Monday", "I", "can't", "3"]
    assert kept(TEXTS[2]) == ["Q4", "Nothing", "three", "New", "York", "Mr", "Smith", "2024"]
    assert kept("Apple Inc. rose. The shares rose.") == ["Apple", "Inc"]


@pytest.mark.parametrize("text", ["a" * 50_000, " " * 50_000, "a. " * 9_000, "\n" * 50_000, "1" * 50_000, "(" * 50_000])
def test_a_monstrous_text_takes_no_longer_than_others(text):
    for kind in PERTURBATIONS:
        perturbed(text, kind, 0, 0, PARTNERS)


def test_a_typo_never_makes_a_negation_or_a_number():
    assert not harmless("no") and not harmless("10") and not harmless("") and not harmless("never")
    assert harmless("wor1d") and not harmless("ten")
    for number in range(300):
        copy = perturbed("now it is noted then", "typos", 0, number)
        assert not NEGATION.search(copy) and not NUMBER.search(copy)


def test_neighbours_are_those_of_the_keyboard():
    assert NEIGHBOURS["q"] == "w" and NEIGHBOURS["g"] == "fh" and NEIGHBOURS["m"] == "n" and len(NEIGHBOURS) == 26


def test_synonyms_keep_the_capital_and_swap_nothing_else():
    assert perturbed("Purchase it today", "synonyms", 0, 0, PARTNERS) == "Buy it today"
    assert perturbed("nothing to see", "synonyms", 0, 0, PARTNERS) == "nothing to see"


def test_sentences_join_to_the_text():
    for text in [*TEXTS, "one\n\ntwo. three", "  lead. tail  ", "a.\n", ""]:
        assert joined(*sentences_of(text)) == text
    assert sentences_of("It rose, e.g. in May. Mr. Smith said so! “Why?” asked I\nEnd")[0] == [
        "It rose, e.g. in May.", "Mr. Smith said so!", "“Why?”", "asked I", "End",
    ]  # fmt: skip


def test_a_moved_sentence_stands_at_the_further_end_and_paragraphs_stay():
    text = "One is here. Two is there.\n\nThree is last."
    assert moved(text, 0) == "Two is there. Three is last.\n\nOne is here."
    assert moved(text, 2) == "Three is last. One is here.\n\nTwo is there."
    assert without_each(text) == ["Two is there.\n\nThree is last.", "One is here.\n\nThree is last.",
                                  "One is here. Two is there."]  # fmt: skip
    assert without_each("Only one.") == []


def test_boilerplate_is_added_and_says_nothing():
    for seed in range(8):
        copy = boilerplate("the text", Random(seed))
        assert "the text" in copy and any(added in copy for added in BOILERPLATE)
    for added in BOILERPLATE:
        assert not NEGATION.search(added) and not NUMBER.search(added)


def test_pairs_are_read_in_lower_case_and_in_order():
    assert read_pair(" Purchase = buy") == ("buy", "purchase")


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("buy", "is not two single words; write them as “buy = purchase”"),
        ("log in = sign in", "is not two single words"),
        ("buy = Buy", "is one word twice"),
        ("can = can't", "“can't” is a negation or a number; those are never changed"),
        ("three = 3", "is a negation or a number"),
    ],
)
def test_what_is_no_pair_is_refused(written, sentence):
    with pytest.raises(UnableToPair, match=re.escape(sentence)):
        read_pair(written)


def test_pairs_are_proposed_from_groups_by_how_often_they_are_seen():
    groups = [
        ["I want to buy a card", "i want to purchase a card", "I want to purchase a card"],
        ["where do i buy it", "where do i purchase it"],
        ["the card is lost", "the card is gone"],
        ["it is not open", "it is now open"],  # a negation
        ["seen by Anna here", "seen by Bertha here"],  # names
        ["two cards", "two card"],  # an ending
        ["wholly other words", "nothing alike stands here"],
    ]
    found = proposals(groups)
    assert [(one.pair, one.seen) for one in found] == [(("buy", "purchase"), 2), (("gone", "lost"), 1)]
    assert found[0].example == ("I want to buy a card", "i want to purchase a card")
    assert [one.pair for one in proposals(groups, [("buy", "purchase")])] == [("gone", "lost")]


def test_the_differences_of_a_copy_can_be_marked():
    copy = perturbed(TEXTS[0], "typos", 0, 0)
    pieces = word_differences(TEXTS[0], copy)
    assert any(piece.kind == "inserted" for piece in pieces) and not negation_differs(TEXTS[0], copy)
