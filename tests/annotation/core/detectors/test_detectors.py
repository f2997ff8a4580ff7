"""One contract for every detector, then what each of them alone promises."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from annotation.core.detectors import DETECTORS
from annotation.core.detectors.running import suspect
from annotation.core.fields import Field
from annotation.core.judging.evidence import build_evidence
from annotation.reading.finding_kinds import BY_HAND

FIELDS = (Field("text", "text"),)
WORDS = {0: "red apple pear fruit juice", 1: "steel bolt screw iron metal"}


def texts_of(classes, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS[label].split(), 8)) + f" lot{rng.integers(10**6)}" for label in classes]


def evidence(texts, labels, votes=(), annotators=("a", "b", "c"), classes=("fruit", "metal")):
    frame = pd.DataFrame(list(votes), columns=["item", "annotator", "label"]).astype(int)
    return build_evidence(
        pd.DataFrame({"text": texts}), FIELDS, classes, np.array(labels, dtype=int), frame, annotators
    )


@pytest.fixture(scope="module")
def planted():
    """80 items of two clear classes; 6 labels flipped, 2 near-copies in conflict, 3 items voted against their label."""
    truth = np.arange(80) % 2
    texts = texts_of(truth)
    texts[40], texts[42] = (
        "the quick brown lorry stood at the old red gate",
        "the quick brown lorry stood at the old red gates",
    )
    labels = truth.copy()
    labels[:6] = 1 - labels[:6]
    labels[42] = 1 - labels[40]
    votes = [(i, 0, labels[i]) for i in range(80)] + [(i, 1, 1 - labels[i]) for i in (50, 51, 52)]
    return evidence(texts, labels, votes)


PLANTED = {"label_error": range(6), "near_duplicate_conflict": (40, 42), "annotator_disagreement": (50, 51, 52)}


@pytest.fixture(scope="module")
def judged(planted):
    """What each detector says of it, of those for which there is something to look at."""
    return suspect(planted)


def same(one, other):
    return (
        np.array_equal(one.score, other.score)
        and np.array_equal(one.suggested, other.suggested)
        and one.reasons == other.reasons
        and [(finding.key, finding.items.tolist()) for finding in one.findings]
        == [(finding.key, finding.items.tolist()) for finding in other.findings]
    )


@pytest.mark.parametrize("name", DETECTORS)
def test_it_says_what_it_needs_how_far_it_is_trusted_and_what_its_findings_are_called(name):
    detector = DETECTORS[name]
    assert 0 <= detector.prior <= 1 and detector.needs
    for kind, words in detector.kinds.items():
        assert len(kind) <= 40
        assert words.title and words.units and words.share and words.next.endswith(".")


def test_no_two_detectors_make_the_same_kind_of_finding():
    kinds = [*BY_HAND, *(kind for detector in DETECTORS.values() for kind in detector.kinds)]
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize("name", DETECTORS)
def test_judgements_are_in_range_and_repeatable(name, planted, judged):
    assert name in judged.judgements or judged.not_applicable[name].endswith(".")
    if name in judged.judgements:
        one = judged.judgements[name]
        assert one.score.shape == (80,) and np.isfinite(one.score).all() and (one.score >= 0).all()
        assert (one.score <= 1).all() and (one.score[one.flagged] > DETECTORS[name].flag_above).all()
        assert one.suggested.shape == (80,) and set(np.unique(one.suggested)) <= {-1, 0, 1}
        assert one.effect is None or (one.effect.shape == (80,) and (one.effect > 0).all())
        assert {finding.kind for finding in one.findings} <= set(DETECTORS[name].kinds)
        assert same(one, DETECTORS[name].judge(planted))


@pytest.mark.parametrize("name", PLANTED)
def test_planted_errors_come_first(name, judged):
    order = np.argsort(-judged.scores[name], kind="stable")
    assert set(PLANTED[name]) == set(order[: len(PLANTED[name])].tolist())


def test_every_flag_has_a_sentence(judged):
    assert not judged.failed
    for name, one in judged.judgements.items():
        assert len(judged.reasons[name]) == one.flagged.sum()
        assert all(reason.endswith(".") and len(reason) > 20 for reason in judged.reasons[name])


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize(
    ("texts", "labels", "classes"),
    [
        ([], [], ("fruit", "metal")),
        (["one text"], [0], ("fruit", "metal")),
        (["one", "two", "three"], [0, 0, 0], ("fruit",)),
        (["", "", ""], [0, 1, -1], ("fruit", "metal")),
        (["same"] * 6, [0, 1, 0, 1, -1, 0], ("fruit", "metal")),
    ],
)
def test_little_or_odd_input_is_survived(name, texts, labels, classes):
    found = suspect(evidence(texts, labels, classes=classes), (name,))
    assert not found.failed and len(found.judgements) + len(found.not_applicable) == 1
    for one in found.judgements.values():
        assert len(one.score) == len(one.suggested) == len(texts)
        assert (one.score[np.array(labels, dtype=int) < 0] == 0).all()


@pytest.mark.parametrize("name", DETECTORS)
def test_its_first_docstring_line_is_for_an_expert(name):
    assert DETECTORS[name].__doc__.strip().splitlines()[0].endswith((".", ";", ","))


def test_a_detector_that_crashes_is_logged_with_its_traceback_and_the_rest_go_on(monkeypatch, planted, caplog):
    class Crashes:
        needs, prior, kinds, flag_above = frozenset(), 0.5, {}, 0.0

        def judge(self, evidence):
            raise ZeroDivisionError("planted")

    chosen = {"crashes": Crashes(), "label_error": DETECTORS["label_error"], "leakage": DETECTORS["leakage"]}
    monkeypatch.setattr("annotation.core.detectors.running.DETECTORS", chosen)
    found = suspect(planted)
    assert found.failed == {"crashes": "ZeroDivisionError: planted."}
    assert found.not_applicable == {"leakage": "There is no evidence of this kind yet: production."}
    assert list(found.judgements) == ["label_error"] and found.priors == {"label_error": 0.8}
    assert "detector crashes failed" in caplog.text and "Traceback" in caplog.text and "in judge" in caplog.text


def test_the_detector_of_the_docs_runs(monkeypatch):
    text = Path("docs/developer.md").read_text()
    code = next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "ShortText" in block)
    made = {"__name__": __name__}
    exec(code, made)
    monkeypatch.setattr("annotation.core.detectors.running.DETECTORS", {"short_text": made["ShortText"]()})
    found = suspect(evidence(["no", "one two three", "two words"], [0, 1, -1]))
    assert found.scores["short_text"].tolist() == pytest.approx([2 / 3, 0, 0])
    assert found.reasons == {"short_text": ["Its text has 1 word."]}
    none_short = suspect(evidence(["one two three"] * 3, [0, 1, 0]))
    assert none_short.not_applicable == {"short_text": "No text has fewer than 3 words."}


def test_labels_drawn_by_lot_are_flagged_by_no_model_and_it_is_said_why():
    rng = np.random.default_rng(3)
    found = suspect(evidence(texts_of(rng.integers(0, 2, 300)), (rng.random(300) < 0.1).astype(int)))
    for name in ("label_error", "outlier"):
        assert "no better than how common each class is" in found.not_applicable[name]
