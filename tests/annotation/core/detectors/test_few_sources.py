from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from annotation.core.detectors.few_sources import FewSources
from annotation.core.detectors.suspicion import NotApplicable
from annotation.core.fields import Field
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.near_duplicates import Groups
from annotation.core.rules.candidate_rules import CandidateRules
from annotation.core.rules.source_bound import bound_to_few_sources, log_odds, source_codes
from annotation.core.rules.typed_rules import Clause

N = 2400


def reviews(angry=("s1", "s2", "s3"), n_sources=20, seed=0):
    """Reviews of 20 sources, good or bad in turn; the brand zorb is bad in all reviews of the angry ones alone."""
    rng = np.random.default_rng(seed)
    sources = np.array([f"s{code}" for code in rng.integers(0, n_sources, N)], dtype=object)
    zorb = rng.random(N) < 0.4
    labels = np.where(np.isin(sources, angry) & zorb, 1, rng.integers(0, 2, N))
    texts = [f"{'zorb ' if has else ''}arrived {rng.choice(['today', 'late', 'soon'])}" for has in zorb]
    return Evidence(
        table=pd.DataFrame({"text": pd.Series(texts, dtype=object)}), fields=(Field("text", "text"),),
        classes=("good", "bad"), labels=labels, votes=pd.DataFrame({"item": [], "annotator": [], "label": []}),
        annotators=(), groups=Groups(np.arange(N), np.arange(N)), sources=sources,
    )  # fmt: skip


def test_three_angry_reviewers_are_found():
    evidence = reviews()
    (finding,) = [one for one in FewSources().judge(evidence).findings if "zorb" in one.title]
    assert finding.title.startswith("“bad” where the item contains “zorb”")
    assert sorted(finding.rule["sources"].split(", ")) == ["s1", "s2", "s3"]
    theirs = np.isin(evidence.sources, ["s1", "s2", "s3"]) & evidence.table["text"].str.contains("zorb").to_numpy()
    assert (finding.n, finding.value) == (theirs.sum(), 1.0)
    assert set(finding.items.tolist()) == set(np.flatnonzero(theirs))
    assert "Without these 3 of 20 sources its weight in a linear model falls from" in finding.reason


def test_a_word_every_source_uses_alike_is_none():
    evidence = reviews()
    labels = np.where(evidence.table["text"].str.contains("zorb"), 1, 0)
    assert FewSources().judge(replace(evidence, labels=labels)).findings == []
    assert FewSources().judge(reviews(angry=())).findings == []


def test_few_sources_in_all_are_not_left_out():
    with pytest.raises(NotApplicable, match="It takes items of 10 sources; there are 6."):
        FewSources().judge(reviews(n_sources=6))


def test_scores_reasons_and_suggestions():
    detector, evidence = FewSources(), reviews()
    said = detector.judge(evidence)
    score = said.score
    covered = np.flatnonzero(score)
    assert set(score[covered]) == {0.5} and (evidence.labels[covered] == 1).all()
    assert said.reason(covered[0]).startswith("It contains “zorb”, which points to “bad” only in items of s")
    assert (said.suggested == -1).all()
    probabilities = np.tile([0.8, 0.2], (N, 1))
    judged = detector.judge(replace(evidence, probabilities=probabilities))
    assert set(judged.score[covered].round(6)) == {0.8} and (judged.suggested[covered] == 0).all()


def test_a_decided_label_is_not_suspected_again():
    evidence = reviews()
    decided = np.arange(N) % 2 == 0
    assert (FewSources().judge(replace(evidence, decided=decided)).score[decided] == 0).all()


def test_log_odds_by_hand():
    # 30 of 100 of the class show it, 10 of 100 others; the prior adds 10 · 40.5 / 201 = 2.0149 to each "yes".
    weight, error = log_odds(np.array(30.0), np.array(40.0), np.array(100.0), 200.0)
    prior, rest = 10 * 40.5 / 201, 10 * (1 - 40.5 / 201)
    expected = np.log((30 + prior) / (70 + rest)) - np.log((10 + prior) / (90 + rest))
    assert weight == pytest.approx(expected) and error == pytest.approx(
        np.sqrt(1 / (30 + prior) + 1 / (70 + rest) + 1 / (10 + prior) + 1 / (90 + rest))
    )


def test_a_feature_nobody_shows_weighs_nothing():
    assert log_odds(np.array(0.0), np.array(0.0), np.array(50.0), 100.0)[0] == pytest.approx(0.0)


def test_source_codes_and_nothing_to_carry():
    codes, names = source_codes(np.array(["b", "", "a", "b"], dtype=object))
    assert codes.tolist() == [1, -1, 0, 1] and names == ["a", "b"]
    nothing, no_fact = sparse.csc_matrix((0, 0)), sparse.csc_matrix((4, 0))
    assert bound_to_few_sources(CandidateRules(no_fact, nothing, (), 0), np.array([0, 1, 0, 1]), codes, 2) == []
    one = CandidateRules(sparse.csc_matrix(np.ones((4, 1))), sparse.csc_matrix([[1.0]]), (Clause("word", "a"),), 1)
    assert bound_to_few_sources(one, np.zeros(4, dtype=int), codes, 2) == []
