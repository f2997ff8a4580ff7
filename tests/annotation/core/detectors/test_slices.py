import numpy as np
import pytest
from scipy.stats import false_discovery_control, hypergeom

from annotation.core.detectors.slices import Slices
from annotation.core.detectors.suspicion import NotApplicable
from annotation.core.rules.slicing import concentrated, cuts_of, naming_words
from tests.annotation.core.detectors.evidence_by_hand import evidence_of, sure_of

DETECTOR = Slices()
# 100 items of source a, 100 of b; the model is sure of the other class for the first 20 of a and 2 of b
SOURCES = np.array(["a"] * 100 + ["b"] * 100, dtype=object)
DOUBTED = np.array([*range(20), 100, 101])


def planted(**more):
    """Half of the items carry 0 and half 1 in each source, so that both classes are usual."""
    labels = np.arange(200) % 2
    says = labels.copy()
    says[DOUBTED] = 1 - says[DOUBTED]
    return evidence_of(labels, sure_of(says, 0.98), **{"sources": SOURCES, **more})


def test_the_source_with_the_doubtful_labels_is_reported():
    (found,) = DETECTOR.judge(planted()).findings
    assert (found.kind, found.key) == ("slice", "slice:doubtful:source=a")
    assert (found.n, found.value) == (100, 0.2)
    assert sorted(found.items.tolist()) == list(range(20))
    assert found.reason == (
        "In the source “a” 20 of 100 labels are doubtful (20 %), elsewhere 2 % of 100; of 2 slices tried, chance alone "
        "would hardly give this one."
    )


def test_no_label_is_suspected_for_its_slice():
    said = DETECTOR.judge(planted())
    assert not said.score.any() and set(said.suggested) == {-1}


def test_p_is_fishers_one_sided_corrected_for_the_slices_tried():
    (found,) = concentrated(cuts_of(planted()), np.isin(np.arange(200), DOUBTED), np.ones(200, bool), 20, 5, 2, 0, 0.01)
    exact = [hypergeom.sf(19, 200, 22, 100), hypergeom.sf(1, 200, 22, 100)]
    assert (found.hits, found.n, found.rest_hits, found.rest_n, found.tried) == (20, 100, 2, 100, 2)
    assert found.p == pytest.approx(false_discovery_control(exact)[0])


def test_reversed_labels_are_counted_among_those_judged_and_the_rest_is_queued():
    """Of 60 decisions 15 of 30 in a and 1 of 30 in b reversed the label; 70 of a are left to look at."""
    decided = np.isin(np.arange(200), [*range(30), *range(100, 130)])
    changed = np.isin(np.arange(200), [*range(15), 100])
    found = DETECTOR.judge(planted(decided=decided, reversed=changed)).findings[0]
    assert found.title == "Experts reverse many labels in the source “a”"
    assert (found.kind, found.n, found.value, len(found.items)) == ("slice_reversed", 30, 0.5, 70)
    assert not decided[found.items].any()


def test_an_even_spread_or_too_small_a_slice_says_nothing():
    labels = np.arange(200) % 2
    says = labels.copy()
    says[::10] = 1 - says[::10]
    assert DETECTOR.judge(evidence_of(labels, sure_of(says, 0.98), sources=SOURCES)).findings == []
    small = np.array(["a"] * 19 + ["b"] * 181, dtype=object)
    says = np.where(np.arange(200) < 19, 1 - labels, labels)
    assert DETECTOR.judge(evidence_of(labels, sure_of(says, 0.98), sources=small)).findings == []


def test_categories_and_ranges_of_numbers_are_slices_too():
    labels = np.arange(200) % 2
    says = np.where((np.arange(200) >= 160) & (np.arange(200) < 190), 1 - labels, labels)
    columns = {"amount": [float(n) for n in range(200)], "kind": ["late" if n >= 160 else "early" for n in range(200)]}
    seen = evidence_of(labels, sure_of(says, 0.98), columns=columns)
    assert [(cut.name, cut.levels) for cut in cuts_of(seen)] == [
        ("amount", ("0 to 39.8", "39.8 to 79.6", "79.6 to 119.4", "119.4 to 159.2", "159.2 to 199")),
        ("kind", ("early", "late")),
    ]
    (found,) = DETECTOR.judge(seen).findings
    assert found.key == "slice:doubtful:amount=159.2 to 199" and found.n == 40


def test_a_cluster_is_named_by_the_words_that_mark_it():
    """Two clusters of 125; the labels of the second are doubtful."""
    vectors = np.repeat(np.eye(2, dtype=np.float32), 125, axis=0)
    texts = [f"the stolen card item{n}" for n in range(125)] + [f"the exchange rate item{n}" for n in range(125)]
    labels = np.arange(250) % 2
    says = np.where(np.arange(250) >= 210, 1 - labels, labels)
    seen = evidence_of(labels, sure_of(says, 0.98), columns={"text": texts}, embeddings=vectors)
    assert naming_words(seen, np.arange(250) >= 125)[:2] == ("exchange", "rate")
    (found,) = DETECTOR.judge(seen).findings
    assert found.n == 125 and found.title.startswith("Doubtful labels concentrate in texts with “exchange”, “rate”")


def test_two_names_of_the_same_slice_are_reported_once():
    columns = {"kind": ["x"] * 100 + ["y"] * 100}
    found = DETECTOR.judge(planted(columns=columns)).findings
    assert len(found) == 1 and "of 4 slices tried" in found[0].reason


def test_a_long_name_makes_a_key_that_fits():
    long = np.where(SOURCES == "a", "s" * 199 + "1", "s" * 199 + "2").astype(object)
    (found,) = DETECTOR.judge(planted(sources=long)).findings
    assert len(found.key) <= 200 and len(found.title) <= 300


def test_nothing_to_cut_nothing_to_report():
    for seen in (evidence_of([0, 1], sure_of([0, 1])), evidence_of([0] * 50, np.ones((50, 1)), classes=("one",))):
        with pytest.raises(NotApplicable, match="cuts the dataset into parts"):
            DETECTOR.judge(seen)
    assert DETECTOR.judge(evidence_of([0] * 200, np.ones((200, 1)), classes=("one",), sources=SOURCES)).findings == []
