"""Rules of annotators and what others say of the same items, beside everything counted item by item."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, hypergeom

from annotation.core.fields import Field
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.near_duplicates import Groups
from annotation.core.rules.against_others import compare_with_others
from annotation.core.rules.candidate_rules import find_candidate_rules
from annotation.core.rules.followed_rules import find_followed_rules
from annotation.core.rules.others_say import most_said

CLASSES = ("calm", "grave", "odd")
TELLING = ("thank thanks thankful", "broken break refund", "maybe perhaps")


def evidence_of(votes_each, silent=False, n=400, annotators=6, seed=0):
    """n texts whose words tell the class more or less; each annotator goes by the words, the truth, or nothing."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    fill = "lot box red old van sea oak tin checkout check out".split()  # noqa: SIM905
    texts = [
        " ".join([rng.choice(TELLING[k if rng.random() < 0.9 else rng.integers(3)].split()), *rng.choice(fill, 4)])
        for k in truth
    ]
    rows = []
    for item in range(n):
        for who in rng.permutation(annotators)[:votes_each]:
            by_word = 1 if "check" in texts[item] else 0
            label = (by_word, truth[item], rng.integers(3))[who % 3]
            if silent and who == 0 and label != 1:
                continue
            rows.append((item, int(who), int(label)))
    votes = pd.DataFrame(rows, columns=["item", "annotator", "label"]).assign(seconds=np.nan, at=pd.NaT)
    probabilities = rng.dirichlet(np.ones(3), n)
    probabilities[np.arange(n), truth] += 1
    return Evidence(
        table=pd.DataFrame({"text": pd.Series(texts, dtype=object)}), fields=(Field("text", "text"),), classes=CLASSES,
        labels=truth, votes=votes, annotators=tuple("abcdef"), groups=Groups(np.arange(n), np.arange(n)),
        probabilities=probabilities / 2,
    )  # fmt: skip


def majority_without(votes, item, but):
    """Class → votes of the item's other annotators; the one with most, None where there is none or several are."""
    given = [label for of, who, label in votes if of == item and who != but]
    counts = {label: given.count(label) for label in given}
    best = [label for label, count in counts.items() if count == max(counts.values())]
    return best[0] if len(best) == 1 else None


def correlation(one, other):
    if len(set(one)) < 2 or len(set(other)) < 2:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def holds_for(rule, text):
    words = text.lower().split()
    said = {"word": lambda one: one.name in words, "letters": lambda one: one.name in text.lower(),
            "count": lambda one: words.count(one.name) > one.number}  # fmt: skip
    found = [said[clause.kind](clause) for clause in rule.clauses]
    return all(found) if rule.every else any(found)


def by_hand(evidence, one, overlap=20):
    """given, applied, said, fit, usual, model and p of a rule, counted item by item."""
    votes = list(evidence.votes[["item", "annotator", "label"]].itertuples(index=False, name=None))
    texts, model = evidence.table["text"], evidence.probabilities.argmax(axis=1)
    own = {item: label for item, who, label in votes if who == one.annotator}
    base = sorted({item for item, *_ in votes} if one.speaks else own)
    holds = [holds_for(one.rule, text) for text in texts]
    mine = [own.get(item) == one.label for item in base]
    theirs = [majority_without(votes, item, one.annotator) for item in range(len(texts))]
    shared = [item for item in base if theirs[item] is not None]
    known = [item for item in range(len(texts)) if theirs[item] is not None]

    def paired(items, others):
        me = [(own.get(item) == one.label) == holds[item] for item in items]
        they = [others(item) == holds[item] for item in items]
        only_me = sum(a and not b for a, b in zip(me, they, strict=True))
        only_they = sum(b and not a for a, b in zip(me, they, strict=True))
        return binomtest(only_me, only_me + only_they, 0.5, "greater").pvalue if only_me + only_they else 1.0

    over = shared if len(shared) >= overlap else known
    usual = correlation([holds[item] for item in over], [theirs[item] == one.label for item in over])
    if len(shared) >= overlap:
        p = paired(shared, lambda item: theirs[item] == one.label)
    else:
        me = sum(a == holds[item] for a, item in zip(mine, base, strict=True))
        they = sum((theirs[item] == one.label) == holds[item] for item in known)
        p = hypergeom.sf(me - 1, len(base) + len(known), me + they, len(base))
    says = [model[item] == one.label for item in base]
    usual = max(usual, correlation([holds[item] for item in base], says))
    return {
        "given": sum(holds[item] for item, label in own.items() if label == one.label),
        "applied": sum(holds[item] for item in base), "said": sum(mine), "asked": len(base),
        "fit": correlation([holds[item] for item in base], mine), "usual": usual, "model": correlation(says, mine),
        "p": max(p, paired(base, lambda item: model[item] == one.label)),
    }  # fmt: skip


@pytest.mark.parametrize(("votes_each", "silent"), [(1, False), (2, False), (3, True), (6, False)])
def test_every_figure_is_what_counting_item_by_item_gives(votes_each, silent):
    evidence = evidence_of(votes_each, silent)
    candidates = find_candidate_rules(evidence.table, evidence.fields)
    found = compare_with_others(evidence, find_followed_rules(evidence, candidates, 10, 0.3, 0.02), candidates)
    assert len(found) >= 4 and (not silent or any(one.speaks for one in found))
    for one in found:
        expected = by_hand(evidence, one)
        assert {name: getattr(one, name) for name in expected} == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert any(clause.kind == "letters" for one in found for clause in one.rule.clauses)


@pytest.mark.parametrize("seed", range(5))
def test_most_said_is_what_counting_gives(seed):
    rng = np.random.default_rng(seed)
    pairs = np.unique(rng.integers(0, [30, 8], (80, 2)), axis=0)
    votes = [(item, who, int(rng.integers(3))) for item, who in pairs.tolist()]
    item, _, label = np.array(votes).T
    found = most_said(item, label, 32)
    known = [majority_without(votes, one, None) for one in range(32)]
    assert found.clear.tolist() == [-1 if one is None else one for one in known]
    without = [majority_without(votes, one, who) for one, who, _ in votes]
    assert found.without.tolist() == [-1 if one is None else one for one in without]
    assert found.voted.tolist() == [one in item for one in range(32)]
    assert found.others.tolist() == [(item == one).sum() > 1 for one in item]


def test_of_no_votes_nothing_is_said():
    none = np.empty(0, dtype=np.int64)
    assert most_said(none, none, 3).clear.tolist() == [-1, -1, -1] and len(most_said(none, none, 3).without) == 0
