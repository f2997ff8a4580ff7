"""Classes and question: the table, what a change would move, the change, and taking it back."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from annotation.actions.jobs.work import UnableToWork
from annotation.models import CurrentLabel, OwnKeys, Reservation
from annotation.reading.experts.digits import own_keys
from tests import people
from tests.factories import imported, open_case, small_dataset

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


@pytest.fixture
def lead(client, dataset):
    client.force_login(people.leo(dataset))
    return client


def change(lead, **sent):
    return lead.post("/d/support/question/classes/", sent, follow=True).content.decode()


def test_a_change_is_seen_before_it_is_made_and_taken_back_after(lead, dataset):
    assert "2 classes in use" in lead.get("/d/support/question/").content.decode()
    asked = {"kind": "rename", "class": "access", "into": "log in"}
    page = change(lead, **asked)
    assert "“access” will be renamed “log in”" in page and "3 current labels (3 in the pool, 0 in production)" in page
    assert dataset.class_names == ("access", "payment") and not dataset.class_changes.exists()
    page = change(lead, **asked, sure="on")
    assert dataset.class_names == ("log in", "payment") and "3 current labels were moved" in page
    assert "access is log in now" in " ".join(page.split()) and "leo" in page
    made = dataset.class_changes.get()
    page = lead.post(f"/d/support/question/classes/{made.pk}/undo/", follow=True).content.decode()
    assert "Taken back" in page and dataset.class_names == ("access", "payment")


@pytest.mark.parametrize(("sent", "why"), [
    ({"kind": "rename", "into": "x"}, "Tick the one class"),
    ({"kind": "rename", "class": "access"}, "Write the one name"),
    ({"kind": "rename", "class": "access", "into": "payment"}, "merge &#x27;access&#x27; into it"),
    ({"kind": "merge", "into": "x"}, "Tick the classes"),
    ({"kind": "retire", "class": "nothing"}, "nothing is not one of the available choices"),
    ({"kind": "explode", "class": "access"}, "explode is not one of the available choices"),
])  # fmt: skip
def test_what_can_not_be_done_is_said_on_the_page(lead, dataset, sent, why):
    assert why in change(lead, **sent, sure="on")
    assert not dataset.class_changes.exists()


def test_only_leads_change_classes(client, dataset):
    for person in (people.erin(dataset), people.olga()):
        client.force_login(person)
        assert client.post("/d/support/question/classes/", {"kind": "add", "into": "x"}).status_code == 404
        assert client.post("/d/support/question/classes/1/undo/").status_code == 404
    client.force_login(people.leo(dataset))
    assert client.get("/d/support/question/classes/").status_code == 405


@pytest.mark.parametrize("sent", [
    {"kind": "rename", "class": "access", "into": "log in"},
    {"kind": "merge", "class": ["access", "payment"], "into": "all"},
    {"kind": "split", "class": "access", "into": "log in\nlocked out"},
    {"kind": "retire", "class": "access"},
    {"kind": "add", "into": "other"},
    {"kind": "group", "class": ["access"], "into": "Doors"},
    {"kind": "reorder", "into": "payment"},
])  # fmt: skip
def test_every_page_opens_after_each_kind_of_change(lead, dataset, sent):
    access = dataset.label_classes.get(name="access")
    leo, erin = people.leo(dataset), people.erin(dataset)
    OwnKeys.objects.create(dataset=dataset, user=erin, keys={str(access.pk): "3"})
    Reservation.objects.create(dataset=dataset, label_class=access, user=erin, lead=leo)
    open_case(dataset, "s1")
    change(lead, **sent, sure="on")
    assert dataset.class_changes.count() == 1
    names = ("question", "findings", "cases", "disagreement", "annotators", "rules", "audit", "experts", "routing",
             "qualification", "guidelines", "people", "queue", "history", "overview", "runs", "costs", "comparisons",
             "production_sets", "adjudicate")  # fmt: skip
    for person in (leo, erin):
        lead.force_login(person)
        pages = {name: lead.get(reverse(name, args=["support"])).status_code for name in names}
        assert set(pages.values()) <= {200, 302, 404}, pages
        assert pages["queue"] == 200


def test_an_answer_to_a_class_that_was_retired_meanwhile_is_refused_by_its_name(lead, dataset):
    erin, access = people.erin(dataset), dataset.label_classes.get(name="access")
    open_case(dataset, "s1")
    lead.force_login(erin)
    page = lead.get("/d/support/queue/")
    shown, item = page.context["cases"][0], dataset.items.get(external_id="s1")
    call_command("classes", "support", "rename", "access", "log in")
    address = reverse("decide", args=["support", shown.case.pk])
    answer = {"token": shown.token, "answer": access.pk, "item": item.pk}
    page = lead.post(address, answer, follow=True).content.decode()
    assert "“access” is no class any more" in page and "log in" in page
    assert shown.case.decisions.count() == 0 and CurrentLabel.objects.in_force().filter(basis="decision").count() == 0


def test_headings_group_an_experts_classes(lead, dataset):
    call_command("classes", "support", "group", "Doors", "access")
    lead.force_login(people.erin(dataset))
    open_case(dataset, "s1")
    groups = lead.get("/d/support/queue/").context["groups"]
    assert [(name, [one.name for one in found]) for name, found in groups] == [("Doors", ["access"]), ("", ["payment"])]


def test_the_command_lists_previews_and_changes(dataset, capsys):
    call_command("classes", "support", "merge", "access", "payment", "INTO", "all", "--preview", "--json")
    assert json.loads(capsys.readouterr().out)["preview"][0] == "“access” and “payment” will be merged into “all”."
    call_command("classes", "support", "merge", "access", "payment", "INTO", "all", "--json")
    made = json.loads(capsys.readouterr().out)
    assert (made["moved"], made["classes"]) == (6, ["all"])
    call_command("classes", "support", "undo", "--json")
    call_command("classes", "support", "meaning", "access", "cannot get in", "--json")
    capsys.readouterr()
    call_command("classes", "support", "--json")
    listed = json.loads(capsys.readouterr().out)
    assert listed["classes"][0] == {"class": "access", "items": 3, "meaning": "cannot get in", "group": ""}
    assert [one["can_be_taken_back"] for one in listed["changes"]] == [True, False, False]
    with pytest.raises(CommandError, match="Write it like this: classes DATASET rename OLD NEW"):
        call_command("classes", "support", "rename", "access")


def test_a_file_that_names_an_unknown_class_offers_to_add_it(lead, dataset, tmp_path):
    with pytest.raises(UnableToWork, match="'gift' is none of"):
        imported(tmp_path, [{"id": "p1", "text": "a present", "label": "gift"}], split="production")
    page = lead.get(reverse("job", args=["support", dataset.jobs.latest("id").pk])).content.decode()
    assert "Add the class “gift”" in page
    assert "“gift” will be added" in change(lead, kind="add", into="gift")


def test_own_keys_follow_a_class_to_its_other_name(dataset):
    erin, access = people.erin(dataset), dataset.label_classes.get(name="access")
    OwnKeys.objects.create(dataset=dataset, user=erin, keys={str(access.pk): "3"})
    call_command("classes", "support", "rename", "access", "log in")
    log_in = dataset.label_classes.get(name="log in")
    assert own_keys(dataset, erin).keys == {str(log_in.pk): "3"}
