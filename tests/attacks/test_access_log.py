"""The lines of the access log: what leaves one, who reads them, and whose name goes."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.actions.people.invite import invite
from annotation.models import AccessRecord, Membership, User
from tests import people
from tests.factories import small_dataset
from tests.pages import text_of
from tests.people import as_

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(tmp_path):
    return small_dataset(tmp_path)


def lines(**of):
    return list(AccessRecord.objects.filter(**of).order_by("id").values_list("kind", "user__username", "what"))


def test_downloads_and_pages_about_people_leave_a_line(support):
    leo, erin = people.leo(support), people.erin(support)
    client = as_(leo)
    client.get(reverse("download_export", args=["support", "labels"]))
    client.get(reverse("download_cases", args=["support"]))
    client.get(reverse("people", args=["support"]))
    client.get(reverse("expert_record", args=["support", erin.pk]))
    client.post(reverse("make_reset_link", args=["support", erin.pk]))
    client.get(reverse("findings", args=["support"]))
    client.get(reverse("download_export", args=["support", "nothing"]))
    assert lines(dataset=support) == [
        ("export", "leo", "download export labels"), ("export", "leo", "download cases"),
        ("people", "leo", "people"), ("people", "leo", f"expert record {erin.pk}"),
        ("account", "leo", f"make reset link {erin.pk}"),
    ]  # fmt: skip


@pytest.mark.fault("the access log read by who leads nothing there")
def test_leads_read_their_own_and_staff_all(support, tmp_path):
    other = small_dataset(tmp_path, "other")
    lea = people.user("lea")
    Membership.objects.create(dataset=other, user=lea, role=Membership.LEAD)
    as_(lea).get(reverse("people", args=["other"]))
    as_(people.leo(support)).get(reverse("people", args=["support"]))
    page = text_of(as_(people.leo(support)).get(reverse("access_log", args=["support"])))
    assert "<td>leo</td>" in page and "<td>lea</td>" not in page
    page = text_of(as_(people.user("stan", is_staff=True)).get(reverse("site_access_log")))
    assert "<td>lea</td>" in page and "<td>leo</td>" in page
    for person in (people.erin(support), lea, people.olga()):
        assert as_(person).get(reverse("access_log", args=["support"])).status_code == 404
        assert as_(person).get(reverse("site_access_log")).status_code == 404


@pytest.mark.fault("a deleted person's name in the access log")
def test_who_is_deleted_leaves_no_name(support):
    leo = people.leo(support)
    mallory = people.user("mallory")
    Membership.objects.create(dataset=support, user=mallory, role=Membership.LEAD)
    as_(mallory).get(reverse("people", args=["support"]))
    Client().post("/login/", {"username": "mallory", "password": "wrong"})
    User.objects.filter(pk=mallory.pk).delete()
    assert not AccessRecord.objects.filter(what__contains="mallory").exists()
    page = text_of(as_(leo).get(reverse("access_log", args=["support"])))
    assert "mallory" not in page and "nobody known" in page


def test_no_secret_stands_in_a_line(support):
    leo = people.leo(support)
    secret = invite(support, Membership.EXPERT, "", leo, leo.date_joined.replace(year=2099))
    made = {"username": "emil", "password1": "a fine long one", "password2": "a fine long one"}
    Client().post(reverse("invitation", args=[secret]), made)
    assert ("invitation", "emil", "account made") in lines()
    assert not [what for _, _, what in lines() if secret in what or "fine" in what]
