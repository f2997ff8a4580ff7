from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from annotation.core.detectors.count_rule import CountRule
from annotation.core.fields import Field
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.near_duplicates import Groups

CLASSES = ("calm", "grave")
GRAVE = ["cash ran out in spring", "the plant was closed for good", "creditors took the keys", "wages went unpaid"]
CALM = ["sales rose a little", "the new plant opened on time", "customers came back", "dividends were paid"]
KINDS = ["first", "second", "short", "long", "known", "new", "small", "odd", "usual", "late"]


def evidence_of(texts, labels, says=None, classes=CLASSES):
    """Evidence of texts without near-copies; `says`: the class a model out of fold gives, with 90 %."""
    n = len(texts)
    probabilities = None
    if says is not None:
        probabilities = np.full((n, len(classes)), 0.1 / max(1, len(classes) - 1))
        probabilities[np.arange(n), says] = 0.9
    return Evidence(
        table=pd.DataFrame({"text": pd.Series(texts, dtype=object)}), fields=(Field("text", "text"),), classes=classes,
        labels=np.asarray(labels, dtype=np.int64), votes=pd.DataFrame({"item": [], "annotator": [], "label": []}),
        annotators=(), groups=Groups(np.arange(n), np.arange(n)), probabilities=probabilities,
    )  # fmt: skip


def made_up(n, noise, seed=5):
    """n texts with 0 to 9 mentions of a word. The label is "more than five" but for the share `noise`; the truth is
    told by two other sentences and goes along with the count for three in four."""
    rng = np.random.default_rng(seed)
    counts = np.arange(n) % 10
    rule = (counts > 5).astype(int)
    truth = np.where(rng.random(n) < 0.75, rule, 1 - rule)
    labels = np.where(rng.permutation(n) < noise * n, 1 - rule, rule)
    texts = []
    for count, grave in zip(counts, truth, strict=True):
        said = rng.choice(GRAVE if grave else CALM, size=2, replace=False)
        delays = [f"A {KINDS[number]} delay." for number in rng.choice(10, size=count, replace=False)]
        texts.append(" ".join([f"{said[0]}.", *delays, f"{said[1]}."]))
    return texts, labels, truth, counts


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_the_rule_the_labels_followed_is_found(noise):
    texts, labels, _, counts = made_up(400, noise)
    evidence = evidence_of(texts, labels, says=(counts > 5).astype(int))
    found = [(rule.word, rule.threshold, rule.label) for rule in CountRule().rules(evidence)]
    assert found == [("delay", 5, 1)]


def test_a_clear_rule_needs_no_model_to_compare_with_and_a_weak_one_does():
    for noise, found in ((0.0, 1), (0.3, 0)):
        texts, labels, _, _ = made_up(400, noise)
        assert len(CountRule().rules(evidence_of(texts, labels))) == found


def test_a_model_that_reads_better_than_the_rule_counts_silences_it():
    texts, labels, _, _ = made_up(400, 0.3)
    assert CountRule().rules(evidence_of(texts, labels, says=labels)) == []


def test_labels_the_rest_of_the_text_speaks_against_come_first():
    texts, labels, truth, counts = made_up(400, 0.0)
    said = CountRule().judge(evidence_of(texts, labels, says=labels))
    score = said.score
    assert ((score >= 0) & (score <= 1)).all()
    assert (score[counts > 5] > 0).all()
    wrong = truth != labels
    assert score[wrong].min() > score[~wrong].max()
    suggested = said.suggested
    assert (suggested[wrong] == truth[wrong]).all() and (suggested[~wrong] == -1).all()


def test_the_finding_says_the_rule_its_purity_and_its_items():
    texts, labels, truth, counts = made_up(400, 0.0)
    evidence = evidence_of(texts, labels, says=labels)
    finding = CountRule().judge(evidence).findings[0]
    assert (finding.kind, finding.key) == ("count_rule", "count_rule:delay>5→grave")
    assert finding.title == "“delay” more than 5 times → “grave”" and finding.rule == {
        "word": "delay", "threshold": 5, "label": "grave",
    }  # fmt: skip
    assert (finding.n, finding.value) == (160, 1.0) and finding.low < 1.0 == finding.high
    # Every label that is as the rule would have it, on either side of the threshold; the wrong ones first.
    wrong = np.flatnonzero(truth != labels)
    assert set(finding.items) == set(range(400))
    assert set(finding.items[: len(wrong)]) == set(wrong)


def test_an_error_far_from_the_threshold_counts_more():
    texts, labels, _, counts = made_up(400, 0.0)
    effect = CountRule().judge(evidence_of(texts, labels, says=labels)).effect
    far = np.abs(counts - 5.5)
    assert effect[far.argmax()] == effect.max() > 1 > effect[far.argmin()] == effect.min()
    assert CountRule().judge(evidence_of(texts, np.zeros(400, int), says=np.zeros(400, int))).effect is None


def test_near_copies_on_either_side_of_the_threshold_count_most():
    texts, labels, _, counts = made_up(400, 0.0)
    evidence = evidence_of(texts, labels, says=labels)
    above, below, beside = (np.flatnonzero(counts == count)[0] for count in (6, 5, 7))
    of = np.arange(400)
    of[below] = above
    of[np.flatnonzero(counts == 7)[1]] = beside
    together = replace(evidence, groups=Groups(of, np.arange(400)))
    alone, paired = CountRule().judge(evidence).effect, CountRule().judge(together).effect
    assert paired[[above, below]].tolist() == [3.0, 3.0] and alone[[above, below]].max() < 1
    others = np.setdiff1d(np.arange(400), [above, below])
    assert (paired[others] == alone[others]).all() and alone.max() < 3.0


def test_purity_counts_what_does_not_follow_the_rule():
    texts, labels, _, counts = made_up(400, 0.0)
    labels[np.flatnonzero(counts > 5)[:16]] = 0
    finding = CountRule().judge(evidence_of(texts, labels, says=labels)).findings[0]
    # 144 of 160; Wilson (1927) at 95 %: 0.844 to 0.938.
    assert (finding.n, finding.value) == (160, 0.9)
    assert (round(finding.low, 3), round(finding.high, 3)) == (0.844, 0.938)
    assert "144 of the 160 items that mention “delay” more than 5 times carry “grave”" in finding.reason


def test_reasons_are_sentences_that_count():
    texts, labels, truth, counts = made_up(400, 0.0)
    said = CountRule().judge(evidence_of(texts, labels, says=labels))
    items, reasons = np.flatnonzero(said.flagged), said.reasons
    assert len(reasons) == len(items) and all(reason.endswith(".") and "\n" not in reason for reason in reasons)
    above = reasons[np.flatnonzero(counts[items] == 7)[0]]
    assert above.startswith("It mentions “delay” 7 times, and 100 % of the items that mention it more than 5 times")
    below = reasons[np.flatnonzero(counts[items] == 1)[0]]
    assert below.startswith(
        "It mentions “delay” only once and carries “calm”, while 100 % of the items that mention it"
    )
    assert "; without those sentences the text gives “calm”" in below
    never = reasons[np.flatnonzero(counts[items] == 0)[0]]
    assert never.startswith("It does not mention “delay” and carries “calm”, while 100 % of the items that mention it")
    assert "; the text gives “calm”" in never and "without" not in never


def test_a_word_that_tells_the_class_by_its_presence_is_no_shortcut():
    rng = np.random.default_rng(1)
    labels = np.arange(200) % 2
    texts = [
        " ".join([*(["the refund is due."] * rng.integers(1, 6) if label else ["thanks for the quick help."]),
                  f"{KINDS[rng.integers(10)]} order."])
        for label in labels
    ]  # fmt: skip
    assert CountRule().rules(evidence_of(texts, labels, says=labels)) == []


def test_honest_labels_raise_no_alarm():
    texts, _, truth, _ = made_up(400, 0.0)
    evidence = evidence_of(texts, truth, says=truth)
    assert CountRule().judge(evidence).findings == [] and not CountRule().judge(evidence).score.any()


@pytest.mark.parametrize("label", [0, -1])
def test_one_class_or_no_label_is_nothing_to_suspect(label):
    texts, _, _, _ = made_up(60, 0.0)
    evidence = evidence_of(texts, [label] * 60, says=np.zeros(60, dtype=int))
    assert not CountRule().judge(evidence).score.any() and CountRule().judge(evidence).findings == []
    assert (CountRule().judge(evidence).suggested == -1).all()


@pytest.mark.parametrize("texts", [[], ["one delay"], ["", ""]])
def test_tiny_and_empty_input(texts):
    evidence = evidence_of(texts, np.arange(len(texts)) % 2)
    said = CountRule().judge(evidence)
    assert said.score.shape == (len(texts),) and said.findings == [] and said.reasons == []


def test_the_same_evidence_gives_the_same_scores():
    texts, labels, _, _ = made_up(200, 0.0)
    evidence = evidence_of(texts, labels, says=labels)
    assert (CountRule().judge(evidence).score == CountRule().judge(evidence).score).all()


def test_decisions_do_not_hide_the_rule_and_are_not_suspected_again():
    texts, labels, truth, _ = made_up(400, noise=0)
    decided = np.arange(400) % 3 == 0
    seen = replace(evidence_of(texts, np.where(decided, truth, labels)), decided=decided)
    (rule,) = CountRule().rules(seen)
    assert (rule.word, rule.threshold, rule.balanced) == ("delay", 5, 1.0)
    score = CountRule().judge(seen).score
    assert (score[decided] == 0).all() and (score[~decided] > 0).any()
