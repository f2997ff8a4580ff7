import re

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.actions.queue.undo import last_decision, undo
from annotation.core.detectors.near_duplicate_conflict import NearDuplicateConflict
from annotation.models import Finding, FindingItem, Flag, Item
from annotation.reading.why import Suspects, explain, suspects_in
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, imported, open_case
from tests.pages import text_of
from tests.people import as_, emil, erin, leo, olga, otto

pytestmark = pytest.mark.django_db

ACCESS = ("cannot log in to my account", "password of the account is refused", "my account is locked", "log in fails")
PAYMENT = ("card was charged twice", "charged for the same invoice", "card payment declined", "invoice charged again")


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    """Eight items by ann, of which a3 is labelled payment; s0 and s1 also by bob. The detector flags a3 and p0."""
    monkeypatch.setattr("annotation.actions.detecting.detect.DETECTORS", {"says": Says({"locked": 0.9, "twice": 0.6})})
    monkeypatch.setattr("annotation.core.detectors.running.DETECTORS", {"says": Says({"locked": 0.9, "twice": 0.6})})
    rows = [{"id": f"a{n}", "text": text, "label": "access", "who": "ann"} for n, text in enumerate(ACCESS)]
    rows += [{"id": f"p{n}", "text": text, "label": "payment", "who": "ann"} for n, text in enumerate(PAYMENT)]
    rows[2]["label"] = "payment"
    return imported(tmp_path, rows, annotator="who")


def item(dataset, name):
    return Item.objects.get(dataset=dataset, external_id=name)


def case_of(dataset, name):
    return dataset.cases.filter(case_items__item__external_id=name).order_by("-id").first()


def page(person, dataset, name, pk):
    return as_(person).get(reverse(name, args=[dataset.slug, pk]))


def test_the_leads_page_says_why_and_what_was_decided(dataset):
    detect(dataset)
    case = case_of(dataset, "a2")
    decide(case, erin(dataset), answer(dataset, "access", note="Locked out."), timezone.now())
    shown = text_of(page(leo(dataset), dataset, "case", case.pk))
    expected = "It carried “payment”", "It is item 2.", "A model that never saw this item", "nearest neighbours"
    for words in (*expected, "my account is locked", "The numbers", "<b>access</b>", "erin", "Locked out.", "settled"):
        assert words in shown, words


def test_the_neighbours_carry_what_they_carry_now(dataset):
    detection = detect(dataset)
    why = explain(dataset, item(dataset, "a2"), detection)
    assert why.label == "payment" and why.given is not None
    assert {one.item.external_id for one in why.neighbours} >= {"a0", "a1"}
    assert {one.item.external_id: one.label for one in why.neighbours}["a0"] == "access"
    assert why.neighbours[0].similarity >= why.neighbours[-1].similarity > 0
    assert abs(sum(share for _, share in why.best) - 1) < 1e-5


def test_the_annotators_record_counts_what_experts_made_of_the_same_pair(dataset):
    """Of ann's four other labels payment experts judged two and made one of them access."""
    detection = detect(dataset)
    Flag.objects.filter(item=item(dataset, "a2")).update(suggested=dataset.label_classes.get(name="access"))
    for name, label in (("p0", "payment"), ("p1", "access")):
        case = case_of(dataset, name) or open_case(dataset, name)
        decide(case, erin(dataset), answer(dataset, label), timezone.now())
    why = explain(dataset, item(dataset, "a2"), detection)
    (record,) = why.records
    assert (record.annotator, record.share.n, record.share.value, record.by_experts) == ("ann", 2, 0.5, True)
    assert "Of 2 labels “payment” by ann that experts judged, 1 became “access” (50 %)." in why.sentences


def test_without_decisions_the_record_is_beside_other_annotators(dataset, tmp_path):
    rows = [{"id": "p0", "text": PAYMENT[0], "label": "payment", "who": "bob"}]
    imported(tmp_path, rows, annotator="who")
    detection = detect(dataset)
    Flag.objects.filter(item=item(dataset, "a2")).update(suggested=dataset.label_classes.get(name="access"))
    (record,) = explain(dataset, item(dataset, "a2"), detection).records
    assert (record.share.n, record.share.value, record.by_experts) == (1, 0.0, False)


def test_the_findings_that_cover_the_item_are_named(dataset):
    detection = detect(dataset)
    finding = Finding.objects.create(
        dataset=dataset, detection=detection, kind="count_rule", key="k", title="“locked” → payment", reason="So.",
        rule={}, n=1, value=1, low=0.2, high=1,
    )  # fmt: skip
    FindingItem.objects.create(finding=finding, item=item(dataset, "a2"))
    assert explain(dataset, item(dataset, "a2"), detection).findings == (finding,)
    assert explain(dataset, item(dataset, "p0"), detection).findings == ()
    link = f'<a href="{reverse("findings", args=[dataset.slug])}#finding-{finding.pk}">“locked” → payment</a>'
    assert link in text_of(page(leo(dataset), dataset, "case", case_of(dataset, "a2").pk))


def test_what_a_detection_did_not_keep_is_no_error(dataset):
    """An item without a flag, an artifact that is gone, and no detection at all."""
    detection = detect(dataset)
    assert explain(dataset, item(dataset, "p3"), detection).neighbours == ()
    detection.arrays = "0" * 64 + ".npz"
    assert explain(dataset, item(dataset, "a2"), detection).best == ()
    bare = explain(dataset, item(dataset, "a2"), None)
    assert (bare.label, bare.flags, bare.sentences) == ("payment", (), ())
    case = open_case(dataset, "p3")
    assert "No detector suspected this label" in text_of(page(leo(dataset), dataset, "case", case.pk))


def test_the_page_of_a_case_is_the_leads_alone(dataset):
    detect(dataset)
    case = case_of(dataset, "a2")
    for person in (erin(dataset), olga(), otto()):
        assert page(person, dataset, "case", case.pk).status_code == 404
    assert page(leo(dataset), dataset, "case", 10**6).status_code == 404
    assert f'href="{reverse("case", args=[dataset.slug, case.pk])}"' in text_of(
        as_(leo(dataset)).get(reverse("cases", args=[dataset.slug]))
    )


def test_a_group_is_explained_member_by_member(dataset):
    detect(dataset)
    case = open_case(dataset, "a0", "a1")
    shown = text_of(page(leo(dataset), dataset, "case", case.pk))
    assert "2 near-identical items" in shown and shown.count("It carries “access”") == 2


ORDER = "the order of {} has not arrived at my address and nobody answers the phone, please look into it soon"


@pytest.fixture
def copies(tmp_path, monkeypatch):
    """A group of 15 near-identical items in conflict, the last of which is labelled payment."""
    use(monkeypatch, near_duplicate_conflict=NearDuplicateConflict())
    days = [f"the {n}" for n in ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")]
    days += ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    rows = [{"id": f"m{n:02}", "text": ORDER.format(day), "label": "access"} for n, day in enumerate(days)]
    rows[14]["label"] = "payment"
    made = imported(tmp_path, rows)
    detect(made)
    return made


SUSPECT = "Most suspicious is item “m14”, which carries “payment”; the 14 others carry “access”."
MANY = "most suspicious of the group"


def test_the_lead_reads_which_member_of_a_group_is_suspicious_and_sees_it_however_large_the_group(copies):
    case = case_of(copies, "m14")
    shown = text_of(page(leo(copies), copies, "case", case.pk))
    assert SUSPECT in shown and shown.count(MANY) == 1 and "sunday" in shown
    assert "And 3 more of the same group." in shown


def test_a_settled_group_says_what_was_suspicious_before(copies):
    case = case_of(copies, "m14")
    decide(case, erin(copies), answer(copies, "access"), timezone.now())
    detect(copies)
    assert SUSPECT in text_of(page(leo(copies), copies, "case", case.pk))


def test_a_group_that_is_judged_blind_shows_no_suspect_before_the_answer(copies):
    expert, case = erin(copies), case_of(copies, "m14")
    asked = text_of(as_(expert).get(reverse("queue", args=[copies.slug])))
    assert "near-identical items deserve one label" in asked and "m14" not in asked and "uspicious" not in asked
    values = re.findall(r'name="item"\s+value="(\d+)"', asked[: asked.index('id="ahead"')])
    assert len(values) == 15 and values[1:] == sorted(values[1:], key=int)
    decision = decide(case, expert, answer(copies, "access"), timezone.now())
    shown = text_of(page(expert, copies, "why", decision.pk))
    assert SUSPECT in shown and shown.count(MANY) == 1


def test_a_single_item_and_a_group_that_agrees_have_no_suspect(dataset):
    detection = detect(dataset)
    for case in (case_of(dataset, "a2"), open_case(dataset, "a0", "a1")):
        assert suspects_in(case, detection) == Suspects() == suspects_in(case, None)


# ---- for experts, after the decision


def test_an_expert_reads_why_after_the_answer_only(dataset):
    detect(dataset)
    expert, case = erin(dataset), case_of(dataset, "a2")
    decision = decide(case, expert, answer(dataset, "access"), timezone.now())
    shown = text_of(page(expert, dataset, "why", decision.pk))
    assert "You said “access”" in shown and "It is item 2." in shown and "It carried “payment”" in shown
    assert reverse("why", args=[dataset.slug, decision.pk]) in text_of(
        as_(expert).get(reverse("queue", args=[dataset.slug]))
    )
    assert page(emil(dataset), dataset, "why", decision.pk).status_code == 404
    assert page(olga(), dataset, "why", decision.pk).status_code == 404
    undo(last_decision(dataset.pk, expert), expert, answer(dataset, "access").token, timezone.now())
    assert page(expert, dataset, "why", decision.pk).status_code == 404


def test_labels_of_neighbours_that_wait_in_the_queue_stay_hidden(dataset):
    detection = detect(dataset)
    expert = erin(dataset)
    waiting = open_case(dataset, "a0")
    decide(case_of(dataset, "a2"), expert, answer(dataset, "access"), timezone.now())
    near = {one.item.external_id: one for one in explain(dataset, item(dataset, "a2"), detection, expert).neighbours}
    assert near["a0"].hidden and not near["a1"].hidden
    decide(waiting, expert, answer(dataset, "access"), timezone.now())
    near = {one.item.external_id: one for one in explain(dataset, item(dataset, "a2"), detection, expert).neighbours}
    assert not near["a0"].hidden
    assert not any(one.hidden for one in explain(dataset, item(dataset, "a2"), detection).neighbours)


def test_a_hidden_label_is_not_on_the_page(dataset):
    detect(dataset)
    expert = erin(dataset)
    open_case(dataset, "a0")
    decision = decide(case_of(dataset, "a2"), expert, answer(dataset, "access"), timezone.now())
    assert "hidden: it waits in the queue" in text_of(page(expert, dataset, "why", decision.pk))
    assert "hidden:" not in text_of(page(leo(dataset), dataset, "case", decision.case_id))


def test_an_answer_for_a_part_of_a_group_does_not_speak_of_the_rest(dataset):
    detect(dataset)
    expert, case = erin(dataset), open_case(dataset, "a0", "a1")
    decision = decide(case, expert, answer(dataset, "access", items=[item(dataset, "a0").pk]), timezone.now())
    assert page(expert, dataset, "why", decision.pk).status_code == 404
    assert reverse("why", args=[dataset.slug, decision.pk]) not in text_of(
        as_(expert).get(reverse("queue", args=[dataset.slug]))
    )


def test_a_reason_that_counts_a_waiting_neighbour_is_kept_from_experts(dataset):
    detection = detect(dataset)
    expert = erin(dataset)
    told = "4 of its 5 nearest neighbours carry “access”."
    Flag.objects.filter(item=item(dataset, "a2")).update(detector="label_error", reason=told)
    waiting = open_case(dataset, "a0")
    decision = decide(case_of(dataset, "a2"), expert, answer(dataset, "access"), timezone.now())
    assert told not in text_of(page(expert, dataset, "why", decision.pk))
    assert told in explain(dataset, item(dataset, "a2"), detection).sentences
    dataset.cases.filter(status="open").exclude(pk=waiting.pk).update(status="settled")
    decide(waiting, expert, answer(dataset, "access"), timezone.now())
    assert told in text_of(page(expert, dataset, "why", decision.pk))
