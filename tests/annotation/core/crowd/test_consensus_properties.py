"""Whoever votes for whatever: what a consensus may and may not say."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.core.crowd.consensus_choice import estimate
from annotation.core.crowd.dawid_skene import dawid_skene
from annotation.core.crowd.votes import counting_labels, likeliest, majority, majority_posterior, votes_of

VOTES = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 4), st.integers(-1, 2)), min_size=1, max_size=60)
N, A, K = 12, 5, 3


def frame(votes):
    return pd.DataFrame(votes, columns=["item", "annotator", "label"])


@settings(max_examples=100, deadline=None)
@given(VOTES)
def test_only_the_last_label_of_an_annotator_counts(rows):
    last = {(item, annotator): label for item, annotator, label in rows if label >= 0}
    counted = counting_labels(frame([row for row in rows if row[2] >= 0]))
    assert {(row.item, row.annotator): row.label for row in counted.itertuples()} == last


@settings(max_examples=100, deadline=None)
@given(VOTES)
def test_majority_is_what_counting_by_hand_says(rows):
    last = {(item, annotator): label for item, annotator, label in rows if label >= 0}
    found = majority(frame(rows), N, K)
    for item in range(N):
        tally = [sum(1 for (i, _), label in last.items() if i == item and label == k) for k in range(K)]
        leaders = [k for k in range(K) if tally[k] == max(tally)]
        assert found.votes[item] == sum(tally)
        assert found.label[item] == (leaders[0] if sum(tally) and len(leaders) == 1 else -1)
        assert found.tied[item] == (sum(tally) > 0 and len(leaders) > 1)


@settings(max_examples=60, deadline=None)
@given(VOTES)
def test_probabilities_are_probabilities_and_nothing_is_said_where_nobody_voted(rows):
    votes = votes_of(frame(rows), N, A, K)
    for found in (majority_posterior(votes), dawid_skene(votes).probabilities):
        assert found.shape == (N, K) and np.allclose(found.sum(axis=1), 1) and (found >= 0).all()
        assert (likeliest(found, votes)[votes.per_item == 0] == -1).all()


@settings(max_examples=40, deadline=None)
@given(VOTES, st.permutations(range(K)), st.permutations(range(A)))
def test_names_of_classes_and_annotators_say_nothing(rows, classes, annotators):
    renamed = [(item, annotators[annotator], classes[label] if label >= 0 else -1) for item, annotator, label in rows]
    there, here = (dawid_skene(votes_of(frame(one), N, A, K), strength=2.0) for one in (renamed, rows))
    assert np.allclose(there.probabilities[:, list(classes)], here.probabilities, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(VOTES)
def test_where_all_agree_the_consensus_is_what_they_say(rows):
    agreed = [(item, annotator, item % K) for item, annotator, _ in rows]
    votes = votes_of(frame(agreed), N, A, K)
    found = estimate(votes)
    heard = votes.per_item > 0
    assert (found.label[heard] == np.arange(N)[heard] % K).all()
