"""Possible paraphrases reach an expert as one case, and what was called legitimately different stays closed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation import frames
from annotation.actions.queue.decide import decide
from annotation.actions.queue.undo import last_decision, undo
from annotation.core.detectors.near_duplicate_conflict import NearDuplicateConflict
from annotation.core.detectors.paraphrase import Paraphrase
from annotation.models import Case
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, imported
from tests.pages import html_of
from tests.people import erin

pytestmark = pytest.mark.django_db
ROWS = [
    {"id": "a", "text": "Where do I find PIN for my card?", "label": "blocked"},
    {"id": "b", "text": "Where can I find my card PIN?", "label": "delivery"},
    {"id": "c", "text": "the weather is nice in Lyon today", "label": "delivery"},
    {"id": "d", "text": "nobody answers the phone at your office", "label": "blocked"},
]


@pytest.fixture
def pins(monkeypatch, tmp_path):
    use(monkeypatch, paraphrase=Paraphrase(), near_duplicate_conflict=NearDuplicateConflict())
    return imported(tmp_path, ROWS)


def queue(dataset):
    return [set(case.case_items.values_list("item__external_id", flat=True)) for case in dataset.cases.open()]


def test_a_pair_is_one_case_of_its_findings_queue(pins):
    detection = detect(pins)
    finding = detection.findings.get()
    assert queue(pins) == [{"a", "b"}]
    assert pins.cases.of_finding(finding.pk).open().count() == 1
    assert {flag.detector for flag in detection.flags.all()} == {"paraphrase"}
    assert all(flag.suggested is None for flag in detection.flags.all())
    assert pins.cases.get().score < 0.1


def test_the_page_asks_and_asserts_nothing(pins, client):
    detect(pins)
    client.force_login(erin(pins))
    page = html_of(client.get(reverse("queue", args=[pins.slug])))
    assert "These two items may say the same, or not. Do they deserve one label?" in page
    assert "near-identical" not in page


def test_again_it_is_the_same_case(pins):
    detect(pins)
    before = pins.cases.get()
    detect(pins, again=True)
    assert pins.cases.open().get() == before


def test_legitimately_different_closes_it_for_good(pins):
    detect(pins)
    decide(pins.cases.open().get(), erin(pins), answer(pins, "different", blind=False), timezone.now())
    assert len(frames.closed_pairs(pins)) == 1
    detection = detect(pins, again=True)
    assert queue(pins) == []
    assert not detection.findings.exists() and not detection.flags.exists()


def test_taken_back_it_is_proposed_again(pins):
    detect(pins)
    expert = erin(pins)
    decide(pins.cases.open().get(), expert, answer(pins, "different", blind=False), timezone.now())
    undo(last_decision(pins.pk, expert), expert, answer(pins, "different", blind=False).token, timezone.now())
    detect(pins, again=True)
    assert queue(pins) == [{"a", "b"}]


def test_one_answer_for_both_settles_the_pair(pins):
    detect(pins)
    decide(pins.cases.open().get(), erin(pins), answer(pins, "delivery"), timezone.now())
    assert set(frames.current(pins)["label"]) == {"delivery", "blocked"}
    assert not detect(pins, again=True).findings.exists()
    assert queue(pins) == []


def test_an_item_with_a_case_of_its_own_keeps_it(monkeypatch, tmp_path):
    use(monkeypatch, paraphrase=Paraphrase(), says=Says({"Where": 0.0, "can": 0.9}))
    dataset = imported(tmp_path, ROWS)
    detection = detect(dataset)
    assert queue(dataset) == [{"b"}]
    assert dataset.cases.of_finding(detection.findings.get().pk).count() == 1


def test_legitimately_different_closes_a_group_for_good(monkeypatch, tmp_path):
    use(monkeypatch, paraphrase=Paraphrase(threshold=0.5), near_duplicate_conflict=NearDuplicateConflict())
    order = "the order of {} has not arrived at my address and nobody answers the phone, please look into it soon"
    dataset = imported(
        tmp_path,
        [{"id": "x", "text": order.format("monday"), "label": "late"},
         {"id": "y", "text": order.format("friday"), "label": "lost"}, ROWS[2]],
    )  # fmt: skip
    detect(dataset)
    assert {"x", "y"} in queue(dataset)
    case = next(case for case in dataset.cases.open() if case.group_digest and case.case_items.count() == 2)
    decide(case, erin(dataset), answer(dataset, "different", blind=False), timezone.now())
    detect(dataset, again=True)
    # neither the group nor a possible paraphrase across it comes back
    assert not any({"x", "y"} <= items for items in queue(dataset))
    assert Case.objects.filter(pk=case.pk, status=Case.SETTLED).exists()
