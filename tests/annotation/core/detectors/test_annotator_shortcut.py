"""A world of three annotators who label the same items; who goes by what is planted."""

import numpy as np
import pandas as pd
import pytest

from annotation.core.crowd.votes import majority
from annotation.core.detectors.annotator_shortcut import AnnotatorShortcut
from annotation.core.detectors.suspicion import NotApplicable
from annotation.core.fields import Field
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.near_duplicates import Groups
from annotation.core.rules.against_others import compare_with_others
from annotation.core.rules.candidate_rules import find_candidate_rules
from annotation.core.rules.followed_rules import find_followed_rules, phi
from tests.shared import needs_shared, shared

N = 300
SAID = {0: ["thanks for the help", "works well again", "kind, quick"], 1: ["it is broken", "never came", "no answer"]}


def world(answers, n=N, seed=0, classes=("calm", "grave"), model=True, **extra):
    """Evidence of n texts, true class i modulo K; every third mentions a refund whatever its class. `answers(i, truth,
    text, rng)` are the labels of annotators ann, bob and eve, None = no answer."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % len(classes)
    fill = ["lot", "box", "red", "old", "van", "sea", "oak", "tin"]
    texts = []
    for i, label in enumerate(truth):
        also = ["refund"] if i % 3 == 0 else []
        texts.append(" ".join([rng.choice(SAID[label % 2]), *also, *rng.choice(fill, rng.integers(1, 9))]))
    given = [(i, who, label) for i in range(n) for who, label in enumerate(answers(i, truth[i], texts[i], rng))]
    votes = pd.DataFrame([one for one in given if one[2] is not None], columns=["item", "annotator", "label"])
    votes = votes.astype(int).assign(seconds=np.nan, at=pd.NaT)
    probabilities = np.full((n, len(classes)), 0.1 / max(1, len(classes) - 1))
    probabilities[np.arange(n), truth] = 0.9
    return Evidence(
        table=pd.DataFrame({"text": pd.Series(texts, dtype=object)}), fields=(Field("text", "text"),), classes=classes,
        labels=majority(votes, n, len(classes)).label, votes=votes, annotators=("ann", "bob", "eve"),
        groups=Groups(np.arange(n), np.arange(n)), probabilities=probabilities if model else None, **extra,
    )  # fmt: skip


def careful(truth, rng):
    return truth if rng.random() < 0.95 else 1 - truth


def with_eve(rule):
    return world(lambda i, truth, text, rng: (careful(truth, rng), careful(truth, rng), rule(i, truth, text)))


def titles(evidence):
    return [one.title for one in AnnotatorShortcut().judge(evidence).findings]


def test_a_word_that_one_annotator_goes_by_is_named():
    evidence = with_eve(lambda i, truth, text: int("refund" in text))
    (finding,) = AnnotatorShortcut().judge(evidence).findings
    assert finding.title == "eve says “grave” where the item contains “refund”"
    assert finding.rule == {"annotator": "eve", "rule": "contains “refund”", "label": "grave"}
    assert (finding.n, finding.value) == (100, 1.0) and finding.low < 1.0 == finding.high
    assert "eve gave “grave” to 100 of the 100 items of which each contains “refund”, and to 0 of the 200 others" in (
        finding.reason
    )
    # What is covered carries the label and the word, and eve voted for it.
    matching = {i for i in range(N) if i % 3 == 0 and evidence.labels[i] == 1}
    assert set(finding.items.tolist()) == matching


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (lambda i, truth, text: int(len(text.split()) < 8), "is shorter than 8 words"),
        (lambda i, truth, text: int(i < 120), "is among the first 120 of the file"),
        (lambda i, truth, text: int("refund" in text and "red" in text), "contains “refund” and contains “red”"),
        (lambda i, truth, text: int("van" in text or "sea" in text), "contains “sea” or contains “van”"),
        (lambda i, truth, text: int(text.split().count("oak") > 1), "mentions “oak” more than once"),
    ],
)
def test_other_rules_are_named(rule, words):
    (finding,) = AnnotatorShortcut().judge(with_eve(rule)).findings
    said = finding.rule["rule"]
    joint = " and " if " and " in words else " or "
    opposite = {"is shorter than 8 words": "is longer", "is among the first 120 of the file": "is among the last 180"}
    assert set(said.split(joint)) == set(words.split(joint)) or said.startswith(opposite.get(words, "nothing"))


def test_a_source_one_annotator_goes_by_is_named():
    sources = np.array(["north", "south", "west"], dtype=object)[np.arange(N) // 7 % 3]
    evidence = world(
        lambda i, truth, text, rng: (careful(truth, rng), careful(truth, rng), int(i // 7 % 3 == 1)), sources=sources
    )
    assert titles(evidence) == ["eve says “grave” where the item comes from “south”"]


def test_who_speaks_up_only_at_a_word_is_named_by_it():
    evidence = with_eve(lambda i, truth, text: 1 if "refund" in text else None)
    (finding,) = AnnotatorShortcut().judge(evidence).findings
    assert finding.title == "eve says “grave” where the item contains “refund”" and finding.n == 100


def test_a_word_that_tells_the_class_to_everybody_raises_no_alarm():
    evidence = with_eve(lambda i, truth, text: int(truth))
    assert titles(evidence) == []
    assert not AnnotatorShortcut().judge(evidence).score.any()


def test_a_good_annotator_among_careless_ones_raises_no_alarm():
    def careless(truth, rng):
        return truth if rng.random() < 0.7 else 1 - truth

    evidence = world(lambda i, truth, text, rng: (careless(truth, rng), careless(truth, rng), int(truth)))
    assert titles(evidence) == []


def test_a_lone_annotator_is_nobody_in_particular():
    evidence = world(lambda i, truth, text, rng: (None, None, int("refund" in text)))
    with pytest.raises(NotApplicable, match="nobody to compare with"):
        AnnotatorShortcut().judge(evidence)


def test_annotators_without_a_common_item_are_compared_too():
    def answers(i, truth, text, rng):
        mine = [None, None, None]
        mine[i % 3] = int("box" in text.split()) if i % 3 == 2 else careful(truth, rng)
        return mine

    assert titles(world(answers, n=900)) == ["eve says “grave” where the item contains “box”"]


def test_labels_the_shortcut_alone_supports_come_first():
    def answers(i, truth, text, rng):
        return (None, None, int("refund" in text)) if i % 5 == 0 else (int(truth), None, None)

    evidence = world(answers, n=1500)
    assert titles(evidence) == ["eve says “grave” where the item contains “refund”"]
    score = AnnotatorShortcut().judge(evidence).score
    # eve alone answered these; only the calm ones with the word carry grave without a reason.
    given = (np.arange(1500) % 15 == 0) & (evidence.labels == 1)
    wrong = given & (np.arange(1500) % 2 == 0)
    assert (score[~given] == 0).all() and score[wrong].min() > 0.5 > score[given & ~wrong].max()


def test_suggestions_and_reasons_fit_the_scores():
    evidence = with_eve(lambda i, truth, text: int("refund" in text))
    said = AnnotatorShortcut().judge(evidence)
    score = said.score
    assert ((score >= 0) & (score <= 1)).all() and np.array_equal(score, AnnotatorShortcut().judge(evidence).score)
    covered = np.flatnonzero(score > 0)
    reasons = [said.reason(item) for item in covered.tolist()]
    start = "eve says “grave” where the item contains “refund”; leaving that aside, the item looks like “grave” with"
    assert all(one.startswith(start) for one in reasons)
    assert (said.suggested[covered] != evidence.labels[covered]).all()


def test_two_votes_of_careful_annotators_thin_out_the_doubt():
    evidence = with_eve(lambda i, truth, text: int("refund" in text))
    score = AnnotatorShortcut().judge(evidence).score
    # Of at most three votes for a label one is eve's.
    assert score.max() <= 0.5 + 1e-9


def test_phi_by_hand():
    # 4 items: the rule holds for two, both said. And one of two.
    assert phi(np.array(2.0), np.array(2.0), np.array(2.0), np.array(4.0)) == 1.0
    assert phi(np.array(1.0), np.array(2.0), np.array(2.0), np.array(4.0)) == 0.0
    assert phi(np.array(0.0), np.array(0.0), np.array(2.0), np.array(4.0)) == 0.0


def test_every_rule_tried_is_counted_and_compared():
    evidence = with_eve(lambda i, truth, text: int("refund" in text))
    candidates = find_candidate_rules(evidence.table, evidence.fields)
    found = compare_with_others(evidence, find_followed_rules(evidence, candidates, 20, 0.4, 0.02), candidates)
    eve = next(one for one in found if one.annotator == 2 and one.label == 1)
    # Three annotators with two classes each.
    assert eve.tried == 6 * len(candidates.clauses)
    assert eve.fit == pytest.approx(1.0) and abs(eve.usual) < 0.2 and abs(eve.model) < 0.2 and eve.p < 1e-9
    assert compare_with_others(evidence, [], candidates) == []


def test_candidates_of_numbers_and_categories():
    table = pd.DataFrame({"amount": np.arange(40.0), "kind": ["a", "b"] * 20})
    candidates = find_candidate_rules(table, (Field("amount", "number"), Field("kind", "category")), None)
    words = {clause.words for clause in candidates.clauses}
    assert "has “a” as its kind" in words and "has a amount above 19.5" in words and candidates.n_words == 0
    assert candidates.facts.shape[0] == 40 and candidates.of.shape[1] == len(candidates.clauses)


@pytest.mark.parametrize("texts", [[], ["one"], ["", ""]])
def test_candidates_of_little_or_nothing(texts):
    table = pd.DataFrame({"text": pd.Series(texts, dtype=object)})
    assert find_candidate_rules(table, (Field("text", "text"),)).facts.shape[0] == len(texts)


@needs_shared
def test_seven_of_ten_documented_rules_are_named():
    rows = pd.read_csv(shared("youtube_spam_lfs/youtube.csv"))
    rows = rows[rows["split"] != "test"].reset_index(drop=True)
    rules, n = list(rows.columns[3:]), len(rows)
    item, annotator = np.nonzero(rows[rules].to_numpy() >= 0)
    votes = pd.DataFrame({"item": item, "annotator": annotator, "label": rows[rules].to_numpy()[item, annotator]})
    evidence = Evidence(
        table=rows[["text"]], fields=(Field("text", "text"),), classes=("HAM", "SPAM"),
        labels=majority(votes, n, 2).label, votes=votes, annotators=tuple(rules),
        groups=Groups(np.arange(n), np.arange(n)),
    )  # fmt: skip
    found = {rules[one.annotator]: one.rule.words for one in AnnotatorShortcut().read(evidence).rules}
    named = {
        "keyword_my": "contains the letters “my”", "keyword_subscribe": "contains the letters “subscribe”",
        "keyword_link": "contains the letters “http”", "keyword_song": "contains the letters “song”",
        "keyword_please": "contains “please” or contains the letters “plz”",
        "regex_check_out": "contains “out” and contains “check”", "short_comment": "is shorter than 5 words",
    }  # fmt: skip
    assert {name: found.get(name) for name in named} == named
