"""Only what one holds is answered, whatever number one sends."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.decide import Answer, UnableToDecide, decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.reopen import send_back
from annotation.models import Case, Decision
from tests.annotation.views.expert_page import HTMX
from tests.factories import answer, open_case, small_dataset
from tests.people import emil, erin, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    erin(made), emil(made), leo(made)
    return made


def now():
    return timezone.now()


def post(client, person, case):
    client.force_login(person)
    sent = {
        "token": uuid4(), "item": case.case_items.get().item_id, "answer": case.dataset.label_classes.first().pk,
    }  # fmt: skip
    return client.post(reverse("decide", args=[case.dataset.slug, case.pk]), sent, headers=HTMX)


@pytest.mark.fault("a case that was never handed out is answered by its number")
@pytest.mark.parametrize("kind", [Case.REVIEW, Case.AUDIT, Case.GOLD, Case.PRODUCTION])
def test_a_case_never_handed_out_takes_no_answer(dataset, client, kind):
    case = open_case(dataset, "s1")
    Case.objects.filter(pk=case.pk).update(kind=kind)
    page = post(client, erin(dataset), case)
    assert page.status_code == 409 and "no longer yours" in page.content.decode()
    assert not Decision.objects.exists()


@pytest.mark.fault("a check opened for a colleague is answered by its number")
def test_a_check_of_somebody_else_takes_no_answer(dataset, client):
    case = open_case(dataset, "s1")
    Case.objects.filter(pk=case.pk).update(kind=Case.GOLD, reserved_for=emil(dataset), leased_to=emil(dataset))
    assert post(client, erin(dataset), case).status_code == 409
    assert not Decision.objects.exists()


def test_what_is_held_is_answered_be_the_time_over_or_not(dataset, client):
    case = open_case(dataset, "s1")
    lease(dataset, erin(dataset), now() - timedelta(hours=3))
    assert post(client, erin(dataset), case).status_code == 200
    assert Decision.objects.get().blind


def test_what_was_given_up_is_no_longer_held(dataset, client):
    case = open_case(dataset, "s1")
    lease(dataset, erin(dataset), now())
    Case.objects.filter(pk=case.pk).update(awaits=Case.LEAD)
    send_back(Case.objects.get(pk=case.pk), None, now())
    assert post(client, erin(dataset), case).status_code == 409


def test_the_same_token_again_is_the_same_decision_though_the_case_is_held_no_more(dataset):
    case, person, given = open_case(dataset, "s1"), erin(dataset), answer(dataset, "access")
    lease(dataset, person, now())
    first = decide(case, person, given, now(), only_held=True)
    assert decide(case, person, given, now(), only_held=True) == first


def test_a_lead_settles_what_experts_differ_on_without_a_lease(dataset):
    case = open_case(dataset, "s1")
    for person, name in ((erin(dataset), "access"), (emil(dataset), "payment")):
        Case.objects.filter(pk=case.pk).update(awaits=Case.EXPERTS)
        decide(case, person, answer(dataset, name, confidence="unsure"), now())
    case.refresh_from_db()
    assert case.awaits == Case.ADJUDICATOR
    access = dataset.label_classes.get(name="access")
    decide(case, leo(dataset), Answer("label", uuid4(), access, cause=Decision.SLIP), now())
    case.refresh_from_db()
    assert case.status == Case.SETTLED


def test_another_persons_token_is_no_answer(dataset):
    case, other, given = open_case(dataset, "s1"), open_case(dataset, "s2"), answer(dataset, "access")
    decide(case, emil(dataset), given, now())
    with pytest.raises(UnableToDecide, match="by somebody else"):
        decide(other, erin(dataset), given, now())
