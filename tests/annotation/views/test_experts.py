"""People and skill, routing, tests and invitations, as a lead and an invited expert meet them."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.people.invite import invite
from annotation.actions.people.pause import pause
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.models import (
    Annotator,
    Case,
    Decision,
    Expertise,
    Gold,
    Item,
    Membership,
    QualificationTest,
    Reservation,
    RoutingRules,
    User,
)
from annotation.reading.experts.routing_rules import rules_of
from tests.factories import answer, open_case, small_dataset
from tests.pages import words_of as read
from tests.people import emil, erin, leo, olga

pytestmark = pytest.mark.django_db
LEADS = ("experts", "routing", "qualification")


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    erin(made), emil(made)
    return made


@pytest.fixture
def lead(client, dataset):
    client.force_login(leo(dataset))
    return client


def url(name, dataset, *args):
    return reverse(name, args=[dataset.slug, *args])


def decided(dataset):
    for name in ("s1", "s2", "s3", "s4"):
        case = open_case(dataset, name)
        truth = case.case_items.get().item.labels.get().label_class.name
        decide(case, erin(dataset), answer(dataset, truth), timezone.now())


@pytest.mark.parametrize("name", LEADS)
def test_pages_are_for_leads(client, dataset, name):
    for person, status in ((leo(dataset), 200), (erin(dataset), 404), (olga(), 404)):
        client.force_login(person)
        assert client.get(url(name, dataset)).status_code == status


def test_people_and_skill_with_nothing_known(lead, dataset):
    text = read(lead.get(url("experts", dataset)))
    assert "No two experts have answered the same case yet" in text
    assert "erin" in text


def test_agreement_is_told_with_its_interval(lead, dataset):
    RoutingRules.objects.create(dataset=dataset, version=1, overlap=2)
    for name in ("s1", "s2", "s3"):
        case = open_case(dataset, name)
        for person in (erin(dataset), emil(dataset)):
            decide(case, person, answer(dataset, "access" if name != "s3" else person.username[:1] and "payment"),
                   timezone.now())  # fmt: skip
    text = read(lead.get(url("experts", dataset)))
    assert "n = 3" in text
    lead.force_login(erin(dataset))
    assert "give the same answer 100 % of the time" in read(lead.get(url("my_record", dataset))).replace("\xa0", " ")


def test_a_field_of_expertise_is_declared_and_dropped(lead, dataset):
    change = url("change_expert", dataset, erin(dataset).pk)
    lead.post(change, {"change": "declare", "what": "class\x1f\x1fpayment"})
    assert Expertise.objects.get().value == "payment"
    assert dataset.skill_estimates.exists(), "routing knows of it at once"
    lead.post(change, {"change": "drop", "field": Expertise.objects.get().pk})
    assert not Expertise.objects.exists()
    refused = lead.post(change, {"change": "declare", "what": "class\x1f\x1fnone such"}, follow=True)
    assert "Choose a source, a class or a value" in read(refused)


def test_pausing_and_going_on(lead, dataset):
    open_case(dataset, "s1")
    change = url("change_expert", dataset, erin(dataset).pk)
    lead.post(change, {"change": "pause", "reason": "let us talk"})
    assert lease(dataset, erin(dataset), timezone.now()) is None
    assert "erin is paused" in read(lead.get(url("expert_record", dataset, erin(dataset).pk)))
    lead.post(change, {"change": "resume"})
    assert lease(dataset, erin(dataset), timezone.now())


def test_last_answers_are_asked_again_of_somebody_else(lead, dataset):
    decided(dataset)
    change = url("change_expert", dataset, erin(dataset).pk)
    answers = Decision.objects.values_list("pk", flat=True)[:2]
    assert "2 cases opened again" in read(lead.post(change, {"change": "reopen", "answer": answers}, follow=True))
    assert lease(dataset, erin(dataset), timezone.now()) is None
    assert lease(dataset, emil(dataset), timezone.now()).reopens


def test_one_expert_alone_leaves_reopened_cases_to_the_lead_and_it_is_said(lead, dataset):
    Membership.objects.filter(user=emil(dataset)).delete()
    decided(dataset)
    change = url("change_expert", dataset, erin(dataset).pk)
    sent = {"change": "reopen", "answer": [Decision.objects.first().pk]}
    assert "1 wait for you, as no expert is left" in read(lead.post(change, sent, follow=True))
    assert dataset.cases.open().get().awaits == Case.LEAD


# ---- routing


def typed(dataset, **changed):
    rules = rules_of(dataset)
    fields = [field.name for field in RoutingRules._meta.concrete_fields]
    sent = {name: getattr(rules, name) for name in fields if name not in ("id", "dataset", "author", "created_at")}
    sent |= {"based_on": rules.version, "load_cap": "", **changed}
    return {name: value for name, value in sent.items() if value is not False}


def test_rules_are_looked_at_first_and_saved_as_a_version(lead, dataset):
    open_case(dataset, "s1")
    lead.post(url("routing", dataset), typed(dataset, overlap=2, look="1"))
    assert not RoutingRules.objects.exists(), "looking changes nothing"
    shown = lead.post(url("routing", dataset), typed(dataset, overlap=2, save="1"), follow=True)
    assert "Version 1 of the rules is in force" in read(shown)
    assert rules_of(dataset).overlap == 2


def test_rules_changed_meanwhile_are_not_overwritten(lead, dataset):
    sent = typed(dataset, overlap=2, save="1")
    RoutingRules.objects.create(dataset=dataset, version=1)
    assert "changed while you looked" in read(lead.post(url("routing", dataset), sent))
    assert rules_of(dataset).version == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"overlap": 0}, "Between 1 and 9"), ({"unsure_from": 0.9}, "ends before it begins"),
     ({"most_answers": 1}, "At least as many"), ({"gold_share": 0.9}, "less than or equal to 0.5")],
)  # fmt: skip
def test_rules_that_make_no_sense(lead, dataset, changed, said):
    assert said in read(lead.post(url("routing", dataset), typed(dataset, save="1", **changed)))
    assert not RoutingRules.objects.exists()


def test_the_preview_says_who_would_get_what_and_what_nobody_may_have(lead, dataset):
    Annotator.objects.filter(name="ann1").update(user=erin(dataset))
    open_case(dataset, "s1")
    pause(dataset, emil(dataset), leo(dataset), "away", timezone.now())
    text = read(lead.get(url("routing", dataset)))
    assert "1 of the first 1 cases nobody may have" in text
    assert "You are paused: away" in text


def test_everything_a_name_called_so_is_kept_for_one(lead, dataset):
    first, second = open_case(dataset, "s1", score=0.9), open_case(dataset, "s2")
    access = dataset.label_classes.get(name="access")
    sent = {"annotator": "ann1", "label_class": access.pk, "user": emil(dataset).pk}
    assert "1 open case kept for emil" in read(lead.post(url("keep_cases", dataset), sent, follow=True))
    assert lease(dataset, erin(dataset), timezone.now()) == second
    assert lease(dataset, emil(dataset), timezone.now()) == first
    assert open_case(dataset, "s3").reserved_for == emil(dataset), "those that open later too"
    lead.post(url("keep_cases", dataset), {"drop": Reservation.objects.get().pk})
    assert not dataset.cases.exclude(reserved_for=None).exists()


def test_a_reservation_of_nothing_is_refused(lead, dataset):
    told = read(lead.post(url("keep_cases", dataset), {"user": emil(dataset).pk}, follow=True))
    assert "Say whose labels" in told
    told = read(lead.post(url("keep_cases", dataset), {"annotator": "nobody", "user": emil(dataset).pk}, follow=True))
    assert "No file brought labels by “nobody”" in told


# ---- tests


def test_a_test_is_made_of_decided_items(lead, dataset):
    assert "nothing to make a test of yet" in read(lead.get(url("qualification", dataset)))
    decided(dataset)
    items = list(Item.objects.filter(current_labels__basis="decision").values_list("id", flat=True))
    lead.post(url("qualification", dataset), {"item": items, "label_class": "", "bar": 0.75})
    test = QualificationTest.objects.get()
    assert (test.questions.count(), test.bar) == (4, 0.75)
    assert "Nobody has taken it yet" in read(lead.get(url("qualification", dataset)))
    open_case(dataset, "s5")
    assert lease(dataset, emil(dataset), timezone.now()).kind == Case.QUALIFICATION
    lead.post(url("retire_test", dataset, test.pk))
    assert lease(dataset, emil(dataset), timezone.now()).kind == Case.REVIEW


def test_too_few_items_make_no_test(lead, dataset):
    decided(dataset)
    told = read(lead.post(url("qualification", dataset), {"item": [], "label_class": "", "bar": 0.7}, follow=True))
    assert "needs at least 3 decided items; 0 are ticked" in told


def test_gold_is_made_of_decided_items_once(lead, dataset):
    decided(dataset)
    items = list(Item.objects.filter(current_labels__basis="decision").values_list("id", flat=True))
    sent = {"item": items, "label_class": "", "bar": 0.7, "gold": "1"}
    assert "4 items of known label mixed in" in read(lead.post(url("qualification", dataset), sent, follow=True))
    assert Gold.objects.known().count() == 4
    assert "neither gold yet" in read(lead.post(url("qualification", dataset), sent, follow=True))


# ---- invitations


def link(lead, dataset):
    page = lead.post(url("invite", dataset), {"name": "Nora", "role": "expert"}, follow=True)
    return re.search(r"/invitation/[\w-]+/", page.content.decode())[0]


def test_a_link_leads_a_new_person_straight_into_the_test(lead, client, dataset):
    decided(dataset)
    items = list(Item.objects.filter(current_labels__basis="decision").values_list("id", flat=True))
    lead.post(url("qualification", dataset), {"item": items, "label_class": "", "bar": 0.75})
    address = link(lead, dataset)
    assert "/invitation/" not in lead.get(url("experts", dataset)).content.decode(), "shown once"
    client.logout()
    assert "You are asked for a second look" in read(client.get(address))
    sent = {"username": "nora", "password1": "violet-Kettle-99", "password2": "violet-Kettle-99"}
    shown = client.post(address, sent, follow=True)
    assert shown.redirect_chain[-1][0] == url("queue", dataset)
    nora = User.objects.get(username="nora")
    assert Membership.objects.get(user=nora).role == Membership.EXPERT
    assert {case.kind for case in Case.objects.filter(leased_to=nora)} == {Case.QUALIFICATION}
    client.logout()
    assert "used already" in read(client.get(address))


def test_a_member_who_opens_it_keeps_their_role_and_the_link_its_use(lead, dataset):
    address = link(lead, dataset)
    lead.post(address)
    assert Membership.objects.get(user=leo(dataset)).role == Membership.LEAD
    lead.force_login(olga())
    assert "You are logged in as olga" in read(lead.get(address))
    lead.post(address)
    assert Membership.objects.get(user=olga()).role == Membership.EXPERT


def test_links_that_do_not_work(lead, client, dataset):
    old = invite(dataset, "expert", "", leo(dataset), timezone.now() - timedelta(days=15))
    client.logout()
    assert "has run out" in read(client.get(reverse("invitation", args=[old])))
    response = client.get(reverse("invitation", args=["nonsense"]))
    assert (response.status_code, "does not exist" in read(response)) == (410, True)


def test_a_withdrawn_link_does_not_work(lead, dataset):
    address = link(lead, dataset)
    lead.post(url("invite", dataset), {"withdraw": dataset.invitations.get().pk})
    assert "has run out" in read(lead.get(address))
