import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.actions.queue.draw_audit import draw_audit
from annotation.actions.queue.reorder import reorder
from annotation.reading.learned_order import learn_from_decisions, open_case_items, prior_evidence_of
from annotation.reading.worth_deciding import worth_in_words, worth_of
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, apart, imported
from tests.pages import text_of
from tests.people import erin, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(monkeypatch, tmp_path):
    """Eighty items, all of them suspected, the first half strongly."""
    use(monkeypatch, label_error=Says({"strongly": 0.9, "slightly": 0.2}))
    rows = [
        {"id": f"i{n}", "text": apart("strongly" if n < 40 else "slightly", n), "label": ("ham", "spam")[n % 2]}
        for n in range(80)
    ]
    made = imported(tmp_path, rows)
    detect(made)
    return made


def decided(dataset, numbers, wrong):
    for n in numbers:
        given, other = ("ham", "spam") if n % 2 == 0 else ("spam", "ham")
        case = dataset.cases.open().get(case_items__item__external_id=f"i{n}")
        decide(case, erin(dataset), answer(dataset, other if wrong(n) else given), timezone.now(), learn=False)


def said(dataset):
    newest = dataset.detections.order_by("-id").first()
    return worth_in_words(dataset, newest, dataset.learned_orders.order_by("-id").first())


def test_before_any_decision_the_model_has_the_word_and_nobody_has_checked_it(dataset):
    (sentence,) = said(dataset)
    assert sentence.startswith("80 labels look wrong to the model that read the other items; no decision so far could")
    assert "From 25 decisions on" in sentence and "interval" in sentence


def test_where_the_model_can_say_nothing_its_reason_stands_there(dataset):
    detection = dataset.detections.get()
    detection.not_applicable = {"label_error": "The labels can't be predicted."}
    (sentence,) = worth_in_words(dataset, detection, None)
    assert sentence.startswith("No model says how many labels are wrong. The labels can't be predicted. From 25")


def test_a_few_decisions_are_not_enough_and_what_is_decided_is_no_longer_counted(dataset):
    decided(dataset, range(5), lambda n: True)
    reorder(dataset, timezone.now())
    (sentence,) = said(dataset)
    assert sentence.startswith("75 labels look wrong") and "only 5 decisions so far could check that" in sentence


def test_from_enough_decisions_on_the_order_says_what_the_queue_is_worth(dataset):
    decided(dataset, range(30), lambda n: n % 3 != 0)
    order = reorder(dataset, timezone.now())
    assert order.worth["open"] == 50 and order.worth["wrong"]["n"] == order.worth["cases"]["n"] == 30
    assert 5 < order.worth["wrong"]["value"] < 40 and order.worth["cases"]["value"] >= 10
    (sentence,) = said(dataset)
    assert "of the 50" in sentence or "All 50" in sentence
    page = text_of(leos(dataset).get(reverse("cases", args=[dataset.slug])))
    assert sentence in page.replace("&#x27;", "'")


def leos(dataset):
    client = Client()
    client.force_login(leo(dataset))
    return client


def test_a_queue_in_which_nothing_proves_wrong_does_not_pay(dataset):
    decided(dataset, range(40), lambda n: False)
    assert reorder(dataset, timezone.now()).worth["cases"]["value"] == 0
    assert "None of the 40 cases is worth an expert's time any more" in said(dataset)[0]


def test_a_new_detection_says_it_of_its_own_cases(dataset, tmp_path):
    decided(dataset, range(30), lambda n: True)
    imported(tmp_path, [{"id": "new", "text": apart("strongly", 99), "label": "ham"}])
    detect(dataset)
    order = dataset.learned_orders.get()
    assert order.worth["open"] == dataset.cases.open().count() == 51
    learned = learn_from_decisions(dataset, prior_evidence_of(dataset.detections.order_by("-id").first()))
    again = worth_of(dataset, open_case_items(dataset), learned).as_json()
    assert again["wrong"] == pytest.approx(order.worth["wrong"], rel=1e-4) and again["cases"] == order.worth["cases"]


def test_an_answered_audit_says_how_many_of_all_labels_were_wrong(dataset):
    draw_audit(dataset, size=20, now=timezone.now())
    assert len(said(dataset)) == 1
    for item in dataset.audits.get().drawn.select_related("item"):
        decided(dataset, [int(item.item.external_id[1:])], lambda n: n < 40)
    assert said(dataset)[1].startswith("Of all 80 labels about 40 were wrong when the audit of ")
    assert "n = 20 answers" in said(dataset)[1]


def test_without_a_detection_or_an_open_case_the_page_says_nothing_of_it(dataset):
    assert worth_in_words(dataset, None, None) == ()
    decided(dataset, range(80), lambda n: False)
    assert "worth an expert" not in text_of(leos(dataset).get(reverse("cases", args=[dataset.slug])))
