import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.access import shown_finding
from annotation.actions.detecting.open_finding import UnableToOpen
from annotation.actions.detecting.open_rule import open_queue
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.open_cases import open_cases
from annotation.core.rules.typed_rules import read_rule
from annotation.models import Case, CaseItem, Finding, Ruling
from annotation.reading.findings import findings_of
from annotation.reading.rule_bench import model_classes, try_rule
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, imported, open_case, small_dataset
from tests.pages import text_of
from tests.people import as_, erin, leo, olga

ROWS = [
    ("r1", "risk risk in the plant", "grave", "north", "ann"), ("r2", "risk of rain", "calm", "north", "bob"),
    ("r3", "all is well", "calm", "south", "ann"), ("r4", "risk, risk and risk", "grave", "south", "bob"),
    ("r5", "the plant is open", "calm", "north", "ann"), ("r6", "no news", "grave", "south", "bob"),
]  # fmt: skip


@pytest.fixture
def dataset(tmp_path, db):
    rows = [dict(zip(("id", "text", "label", "from", "who"), row, strict=True)) for row in ROWS]
    return imported(tmp_path, rows, annotator="who", source="from")


def rule(dataset, kind="word", name="risk", number="", value=""):
    return read_rule(kind, name, number, value, dataset.typed_fields)


def ids(rows):
    return sorted(rows.values_list("item__external_id", flat=True))


def opened(dataset, label="", person=leo, **typed):
    return open_queue(dataset, person(dataset), rule(dataset, **typed), label, timezone.now())


def test_it_works(dataset):
    tried = try_rule(dataset, rule(dataset))
    assert (tried.n, tried.n_matching) == (6, 3)
    best = tried.given[0]
    # grave: 2 of the 3 that fit, 1 of the 3 others.
    assert dataset.class_names[best.label] == "grave" and best.balanced == pytest.approx(2 / 3)
    assert [one.inside.n + one.outside.n for one in tried.annotators] == [3, 3]
    assert tried.no_model == "No detection has run yet, so there is no model to compare with."
    assert [one["text"] for one in tried.examples] == ["risk risk in the plant", "risk of rain", "risk, risk and risk"]


def test_the_pool_is_read_again_once_it_changed(dataset, tmp_path):
    assert try_rule(dataset, rule(dataset)).n == 6
    imported(tmp_path, [{"id": "r7", "text": "more risk", "label": "calm", "from": "", "who": "ann"}], annotator="who",
             source="from")  # fmt: skip
    assert (try_rule(dataset, rule(dataset)).n, try_rule(dataset, rule(dataset)).n_matching) == (7, 4)


def test_the_model_of_the_newest_detection_is_compared(dataset):
    detect(dataset)
    tried = try_rule(dataset, rule(dataset))
    assert tried.no_model == "" and sum(one.inside.n for one in tried.said[:1]) == 3
    newer, why = model_classes(dataset, np.array([10**9]))
    assert newer.tolist() == [-1] and why == ""


def test_one_click_opens_the_items_as_a_queue(dataset):
    finding = opened(dataset)
    assert (finding.detection, finding.author.username, finding.kind) == (None, "leo", "rule")
    assert finding.key == "rule:word:risk:0:→" and finding.title == "Items of which each contains “risk”"
    assert (finding.n, finding.value) == (3, pytest.approx(2 / 3))
    assert finding.reason == ("A rule typed by leo: 2 of the 3 labelled items for which it holds carry “grave”.")
    assert ids(finding.covered.all()) == ["r1", "r2", "r4"]
    assert ids(CaseItem.objects.filter(case__in=dataset.cases.open())) == ["r1", "r2", "r4"]


def test_only_those_that_carry_a_label(dataset):
    finding = opened(dataset, "calm", kind="count", number="0")
    assert ids(finding.covered.all()) == ["r2"]
    assert finding.title == "“calm” where the item mentions “risk” at least once"
    assert (finding.n, finding.value) == (3, pytest.approx(1 / 3))


def test_an_item_with_an_open_case_gets_no_second_one(dataset):
    open_case(dataset, "r1")
    opened(dataset)
    assert dataset.cases.open().count() == 3


def test_what_experts_decided_is_left_alone(dataset):
    open_case(dataset, "r1")
    case = lease(dataset, erin(dataset), timezone.now())
    decide(case, erin(dataset), answer(dataset, "calm", items=(case.case_items.get().item_id,)), timezone.now())
    assert ids(opened(dataset).covered.all()) == ["r2", "r4"]


def test_the_same_rule_again_is_the_same_finding(dataset):
    first = opened(dataset)
    assert opened(dataset, person=erin).pk == first.pk
    assert opened(dataset, "grave").pk != first.pk
    assert Finding.objects.count() == 2 and dataset.cases.open().count() == 3


def test_a_rule_for_nothing_or_too_much_is_refused(dataset, monkeypatch):
    with pytest.raises(UnableToOpen, match="nothing to open"):
        opened(dataset, name="absent")
    monkeypatch.setattr("annotation.actions.detecting.open_rule.MOST_ITEMS", 2)
    with pytest.raises(UnableToOpen, match="fits 3 items; narrow it to 2"):
        opened(dataset)
    assert not Finding.objects.exists() and not Case.objects.exists()


def test_a_later_detection_keeps_its_cases(dataset, monkeypatch):
    finding = opened(dataset)
    open_case(dataset, "r5")
    use(monkeypatch, says=Says({"news": 0.9}))
    detect(dataset)
    queued = ids(CaseItem.objects.filter(case__in=dataset.cases.open()))
    # r5 is not suspected and goes; r6 is; the rule's stay.
    assert queued == ["r1", "r2", "r4", "r6"]
    assert [state.finding.pk for state in findings_of(dataset)] == [finding.pk]


def test_a_dismissed_rule_lets_its_cases_go(dataset):
    finding = opened(dataset)
    for word, left in ((Ruling.ACCEPTED, 3), (Ruling.DISMISSED, 0)):
        Ruling.objects.create(dataset=dataset, key=finding.key, finding=finding, ruling=word, lead=leo(dataset))
        assert open_cases(dataset, [], timezone.now()) == left


def test_an_accepted_finding_of_a_detection_keeps_its_cases_too(dataset):
    finding = opened(dataset)
    Finding.objects.filter(pk=finding.pk).update(author=None)
    Ruling.objects.create(dataset=dataset, key=finding.key, finding=finding, ruling=Ruling.ACCEPTED, lead=leo(dataset))
    assert open_cases(dataset, [], timezone.now()) == 3
    Ruling.objects.create(dataset=dataset, key=finding.key, finding=finding, ruling=Ruling.NEW, lead=leo(dataset))
    assert open_cases(dataset, [], timezone.now()) == 0


# pages


def test_the_page_for_lead_and_expert_and_for_nobody_else(dataset):
    for person in (leo(dataset), erin(dataset)):
        assert as_(person).get(reverse("rules", args=[dataset.slug])).status_code == 200
    for name in ("rules", "open_rule"):
        url = reverse(name, args=[dataset.slug])
        assert as_(olga()).get(url).status_code in (404, 405) and as_(olga()).post(url).status_code in (404, 405)
        assert Client().get(url).status_code in (302, 405)
    assert not Finding.objects.exists()


def test_a_rule_typed_shows_what_it_explains(dataset):
    page = text_of(as_(leo(dataset)).get(reverse("rules", args=[dataset.slug]), {"kind": "word", "name": "risk"}))
    assert "3 of 6 items fit: each contains “risk”" in page
    assert "It says a little about what carries “grave”: 66.7 % of the labelled items that fit do, and 33.3 % of" in (
        page.replace("\u00a0", " ")
    )
    assert "No detection has run yet" in page and "risk of rain" in page


def test_htmx_gets_the_part_that_changes(dataset):
    url, person = reverse("rules", args=[dataset.slug]), as_(erin(dataset))
    typed = {"kind": "word", "name": "risk"}
    part = text_of(person.get(url, typed, headers={"HX-Request": "true", "HX-Target": "tried"}))
    assert "<html" not in part and 'name="kind" id' not in part and "3 of 6 items fit" in part
    form = text_of(person.get(url, {"kind": "longer"}, headers={"HX-Request": "true", "HX-Target": "rule"}))
    assert "<html" not in form and 'id="id_number"' in form and 'id="id_name"' not in form


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"kind": "count", "name": "risk"}, "Write a number, such as 5."),
        ({"kind": "word", "name": "absent"}, "No item contains “absent”"),
        ({"kind": "nonsense", "name": "risk"}, "Choose what the rule looks at and a label from the lists."),
        ({}, "Have you a hunch how these labels came about?"),
    ],
)
def test_what_is_typed_wrong_gets_a_sentence(dataset, typed, sentence):
    assert sentence in text_of(as_(leo(dataset)).get(reverse("rules", args=[dataset.slug]), typed))


def test_opening_goes_to_the_queue_and_the_findings_name_its_author(dataset):
    typed = {"kind": "word", "name": "risk", "label": "grave"}
    went = as_(leo(dataset)).post(reverse("open_rule", args=[dataset.slug]), typed)
    finding = Finding.objects.get()
    assert went.url == reverse("queue", args=[dataset.slug]) + f"?finding={shown_finding(finding.pk)}"
    page = text_of(as_(leo(dataset)).get(reverse("findings", args=[dataset.slug])))
    assert "“grave” where the item contains “risk”" in page and "opened by leo" in page
    cases = text_of(as_(leo(dataset)).get(reverse("cases", args=[dataset.slug]), {"finding": finding.pk}))
    assert "Only cases of one finding: “grave” where the item contains “risk”." in cases


def test_a_refusal_is_said_on_the_page(dataset):
    typed = {"kind": "word", "name": "absent"}
    page = as_(leo(dataset)).post(reverse("open_rule", args=[dataset.slug]), typed, follow=True)
    assert "there is nothing to open" in text_of(page)


def test_rules_of_another_dataset_are_nobodys_choice(dataset, tmp_path):
    other = small_dataset(tmp_path, "other")
    opened(dataset)
    page = text_of(as_(leo(other)).get(reverse("cases", args=["other"])))
    assert "contains “risk”" not in page
    assert findings_of(other) == []
