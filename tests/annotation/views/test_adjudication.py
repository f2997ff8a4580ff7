"""Settling what experts differ on, from the disagreement to a new guideline and the answers it touches."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.skip import skip
from annotation.models import Case, CurrentLabel, Decision, Membership, Notice, RoutingRules
from tests.factories import answer, open_case, small_dataset
from tests.pages import words_of as read
from tests.people import emil, erin, eve, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    erin(made), emil(made), leo(made)
    made.reasons.create(text="cards", position=0)
    return made


@pytest.fixture
def dispute(dataset):
    """Erin says payment with a note, Emil access; both tick the reason cards."""
    case = open_case(dataset, "s1", "s2")
    cards = dataset.reasons.get()
    says(case, erin(dataset), "payment", note="the card comes first", reasons=[cards])
    says(case, emil(dataset), "access", reasons=[cards], confidence="unsure")
    return Case.objects.get(pk=case.pk)


def says(case, person, name, **extra):
    return decide(Case.objects.get(pk=case.pk), person, answer(case.dataset, name, **extra), timezone.now())


def page(client, dataset, person, **query):
    client.force_login(person)
    return client.get(reverse("adjudicate", args=[dataset.slug]), query)


def settle(client, dataset, case, cause="slip", name="access", **extra):
    items = list(case.case_items.values_list("item_id", flat=True))
    label_class = dataset.label_classes.get(name=name)
    form = {"case": case.pk, "token": uuid4(), "answer": label_class.pk, "cause": cause, "item": items, **extra}
    return client.post(reverse("adjudicate", args=[dataset.slug]), form)


def test_it_works(client, dataset, dispute):
    text = read(page(client, dataset, leo(dataset)))
    assert "Two experts answered this differently" in text
    assert "First answer: payment “the card comes first”" in text
    assert "Second answer: access" in text
    assert settle(client, dataset, dispute).status_code == 302
    decision = Decision.objects.get(cause="slip")
    assert (decision.expert, decision.label_class.name) == (leo(dataset), "access")
    assert set(CurrentLabel.objects.in_force().filter(decision=decision).values_list("basis", flat=True)) == {
        "adjudication"
    }


def test_neither_names_nor_labels_are_told(client, dataset, dispute):
    body = page(client, dataset, leo(dataset)).content.decode()
    main = body[body.index("<main") :]
    assert "erin" not in main
    assert "emil" not in main
    assert "ann1" not in main
    assert "carried" not in main


def test_names_where_the_lead_wants_them(client, dataset, dispute):
    RoutingRules.objects.create(dataset=dataset, version=1, names_hidden=False)
    assert "erin: payment" in read(page(client, dataset, leo(dataset)))


def test_experts_who_do_not_adjudicate_have_no_such_page(client, dataset, dispute):
    assert page(client, dataset, eve(dataset)).status_code == 404
    Membership.objects.filter(user=eve(dataset)).update(adjudicates=True)
    assert page(client, dataset, eve(dataset)).status_code == 200


def test_who_differs_does_not_settle(client, dataset, dispute):
    Membership.objects.filter(user=erin(dataset)).update(adjudicates=True)
    assert "Nothing waits for you" in read(page(client, dataset, erin(dataset)))


def test_without_a_cause_nothing_is_settled_and_a_sentence_says_so(client, dataset, dispute):
    client.force_login(leo(dataset))
    response = settle(client, dataset, dispute, cause="")
    assert "Say why they differed" in read(response)
    assert not Decision.objects.exclude(cause="").exists()


def test_a_case_settled_meanwhile_is_said(client, dataset, dispute):
    client.force_login(leo(dataset))
    settle(client, dataset, dispute)
    response = client.post(
        reverse("adjudicate", args=[dataset.slug]),
        {"case": dispute.pk, "token": uuid4(), "answer": "ambiguous", "cause": "slip"}, follow=True,
    )  # fmt: skip
    assert "no longer yours to settle" in read(response)


def test_it_can_be_taken_back(client, dataset, dispute):
    client.force_login(leo(dataset))
    settle(client, dataset, dispute)
    made = Decision.objects.get(cause="slip")
    client.post(reverse("undo_adjudication", args=[dataset.slug, made.pk]))
    assert Case.objects.get(pk=dispute.pk).awaits == Case.ADJUDICATOR


def test_a_gap_leads_to_a_guideline_and_to_what_it_touches(client, dataset, dispute):
    earlier = says(open_case(dataset, "s3"), erin(dataset), "access", reasons=[dataset.reasons.get()])
    says(open_case(dataset, "s4"), erin(dataset), "payment")
    client.force_login(leo(dataset))
    dataset.guidelines.create(version=1, text="Read it.")
    Decision.objects.update(guideline=dataset.guidelines.get())
    write = settle(client, dataset, dispute, cause="guideline_gap").url
    assert "gap=" in write
    form = client.get(write).content.decode()
    gap = re.search(r'name="gap"[^>]*value="(\d+)"', form) or re.search(r'value="(\d+)"[^>]*name="gap"', form)
    sent = {"change": "guideline", "text": "Cards are payments.", "based_on": 1, "gap": gap[1]}
    shown = client.post(write, sent, follow=True)
    assert "Guideline 2 may change 1 answer" in read(shown)
    assert dataset.guidelines.get(version=2).closes_gap.cause == "guideline_gap"
    done = client.post(reverse("touched", args=[dataset.slug, 2]), {"answer": [earlier.pk]}, follow=True)
    assert "1 case opened again" in read(done)
    again = dataset.cases.open().get()
    assert (again.reopens, again.reopen_reason) == (earlier.case, "guideline 2")
    assert lease(dataset, erin(dataset), timezone.now()) is None
    assert lease(dataset, emil(dataset), timezone.now()) == again


def test_an_adjudicator_who_is_no_lead_tells_the_lead_of_the_gap(client, dataset, dispute):
    Membership.objects.filter(user=eve(dataset)).update(adjudicates=True)
    client.force_login(eve(dataset))
    settle(client, dataset, dispute, cause="guideline_gap")
    assert "gap" in Notice.objects.get(user=leo(dataset)).text


def test_what_was_passed_on_comes_to_the_lead_and_goes_back(client, dataset):
    case = open_case(dataset, "s1")
    skip(case, erin(dataset), timezone.now(), "unclear", "two meanings")
    text = read(page(client, dataset, leo(dataset)))
    assert "Experts passed this on to you" in text
    assert "two meanings" in text
    back = reverse("move_on", args=[dataset.slug, case.pk])
    told = client.post(back, {"to": erin(dataset).pk}, follow=True)
    assert "erin can't have this case" in read(told)
    client.post(back, {"to": emil(dataset).pk})
    assert lease(dataset, emil(dataset), timezone.now()) == case
    assert Notice.objects.get(user=emil(dataset)).text == "A case was sent to you."


def test_it_can_be_set_aside(client, dataset):
    case = open_case(dataset, "s1")
    skip(case, erin(dataset), timezone.now(), "unclear")
    client.force_login(leo(dataset))
    client.post(reverse("move_on", args=[dataset.slug, case.pk]), {"aside": "1"})
    assert "This was set aside" in read(page(client, dataset, leo(dataset)))
    assert lease(dataset, emil(dataset), timezone.now()) is None
