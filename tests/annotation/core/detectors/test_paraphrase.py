from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from annotation.core.detectors.paraphrase import CAVEAT, Paraphrase, sentence
from annotation.core.features.embeddings import embed
from annotation.core.fields import Field
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.near_duplicates import Groups, find_groups
from annotation.core.likeness.neighbours import nearest
from tests.shared import needs_shared, shared

PARAPHRASE = Paraphrase()
TEXTS = [
    "I can't log in to my account",
    "logging in to my account is possible",
    "when does the shop open",
    "what are your opening hours",
    "the parcel is broken",
]


def evidence(vectors, labels, texts=TEXTS, groups=None, **more):
    n = len(labels)
    vectors = np.array(vectors, dtype=np.float32).reshape(n, -1)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    of = np.arange(n) if groups is None else np.array(groups)
    return Evidence(
        pd.DataFrame({"text": texts[:n]}), (Field("text", "text"),), ("access", "hours", "damage"), np.array(labels),
        pd.DataFrame(columns=["item", "annotator", "label"]), (), Groups(of, np.arange(n)), embeddings=vectors,
        neighbours=nearest(vectors, of, 10), **more,
    )  # fmt: skip


# 0 and 1 have cosine .98, 2 and 3 .995, 4 stands alone
VECTORS = [(1, 0, 0), (1, 0.2, 0), (0, 0, 1), (0, 0.1, 1), (0, 1, 0)]


@pytest.fixture
def two_pairs():
    return evidence(VECTORS, [0, 1, 1, 2, 2])


def test_pairs_are_proposed_nearest_first(two_pairs):
    proposals = PARAPHRASE.proposals(two_pairs)
    assert proposals.pairs.tolist() == [[2, 3], [0, 1]]
    assert proposals.cosine == pytest.approx([0.99504, 0.98058], abs=1e-4)
    assert (proposals.found, proposals.near, proposals.torn) == (2, 4, 4)
    # (.98058 − .92) / .08 and (.99504 − .92) / .08
    assert PARAPHRASE.judge(two_pairs).score == pytest.approx([0.757, 0.757, 0.938, 0.938, 0], abs=1e-3)


def test_it_suggests_no_label(two_pairs):
    assert PARAPHRASE.judge(two_pairs).suggested.tolist() == [-1] * 5


def test_the_finding_counts_and_asserts_nothing(two_pairs):
    (finding,) = PARAPHRASE.judge(two_pairs).findings
    assert finding.together == ((2, 3), (0, 1))
    assert finding.items.tolist() == [2, 3, 0, 1]
    assert (finding.n, finding.value, finding.high) == (4, 1.0, 1.0)
    assert CAVEAT in finding.reason
    assert "2 pairs, of which 1 with a negation in only one of the two" in finding.reason
    assert "“when does the shop open” (“hours”)" in finding.reason
    assert "“logging in to my account is possible”" not in finding.reason and "[logging" in finding.reason
    assert len(finding.title) <= 300


def test_a_reason_marks_differences_and_negation():
    said = sentence("I can't log in", "I can log in", "access")
    assert "carries “access”: “I can log in”" in said
    assert "A negation stands in only one of the two." in said
    assert "Only here: “can't”; only there: “can”." in said
    assert said.endswith("Nearness proves nothing: read both.")
    assert "Only here" not in sentence("Log in", "log in", "access")


def test_pairs_with_one_label_in_one_group_or_decided_are_left_alone():
    assert not len(PARAPHRASE.proposals(evidence(VECTORS, [0, 0, 1, 1, 2])).pairs)
    assert not len(PARAPHRASE.proposals(evidence(VECTORS, [0, -1, 1, -1, 2])).pairs)
    assert PARAPHRASE.proposals(evidence(VECTORS, [0, 1, 1, 2, 2], groups=[0, 0, 1, 2, 3])).pairs.tolist() == [[2, 3]]
    decided = np.array([True, False, False, False, False])
    assert PARAPHRASE.proposals(evidence(VECTORS, [0, 1, 1, 2, 2], decided=decided)).pairs.tolist() == [[2, 3]]


def test_closed_pairs_are_left_alone_and_so_are_their_near_copies():
    closed = np.array([[3, 2]])
    assert PARAPHRASE.proposals(evidence(VECTORS, [0, 1, 1, 2, 2], closed=closed)).pairs.tolist() == [[0, 1]]
    # 4 is a near-copy of 1, and the pair of 0 and 4 was closed
    seen = evidence(VECTORS, [0, 1, 1, 2, 2], groups=[0, 1, 2, 3, 1], closed=np.array([[0, 4]]))
    assert PARAPHRASE.proposals(seen).pairs.tolist() == [[2, 3]]


def test_an_item_is_in_one_pair_and_groups_meet_once():
    # three items near to one another: two near-copies labelled alike, and one between them
    vectors = [(1, 0), (1, 0.01), (1, 0.02)]
    proposals = PARAPHRASE.proposals(evidence(vectors, [0, 1, 0], groups=[0, 1, 0]))
    assert len(proposals.pairs) == 1
    assert proposals.found == 1


def test_the_list_is_cut_and_says_so(two_pairs):
    one = replace(PARAPHRASE, most=1)
    (finding,) = one.judge(two_pairs).findings
    assert finding.together == ((2, 3),)
    assert finding.title.startswith("2 possible") and "no item twice: 1 pair," in finding.reason
    assert np.flatnonzero(one.judge(two_pairs).score).tolist() == [2, 3]


def test_what_is_near_to_everything_is_not_proposed():
    n = 60
    texts = [f"text {i}" for i in range(n)]
    random = evidence([(1, 0)] * n, [0, 1] * (n // 2), texts)
    assert not len(PARAPHRASE.proposals(random).pairs)
    assert PARAPHRASE.judge(random).findings == []
    assert not PARAPHRASE.judge(random).score.any()
    # one label against all of its neighbours' is worth asking about
    alone = evidence([(1, 0)] * n, [1] + [0] * (n - 1), texts)
    assert len(PARAPHRASE.proposals(alone).pairs) == 1 and PARAPHRASE.judge(alone).score[0] > 0


def test_no_pairs_no_finding():
    assert PARAPHRASE.judge(evidence([(1, 0), (0, 1)], [0, 1])).findings == []


@needs_shared
def test_near_pairs_of_trusted_labels_mostly_agree():
    """What the threshold was chosen by: neighbours that near rarely differ in label."""
    frame = pd.read_csv(shared("banking77/banking77.csv")).drop_duplicates("text")[::3]
    texts = frame["text"].tolist()
    vectors, groups = embed(texts), find_groups(texts)
    codes, classes = pd.factorize(frame["label"])
    seen = Evidence(
        frame[["text"]].reset_index(drop=True), (Field("text", "text"),), tuple(classes), codes,
        pd.DataFrame(columns=["item", "annotator", "label"]), (), groups, embeddings=vectors,
        neighbours=nearest(vectors, groups.of, 10),
    )  # fmt: skip
    proposals = PARAPHRASE.proposals(seen)
    assert 5 <= len(proposals.pairs) < 0.01 * len(texts)
    assert proposals.torn < 0.12 * proposals.near
