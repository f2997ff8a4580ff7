"""Who gets into an account, who may open whose, and whose labels are whose."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.actions.files.import_labels import import_labels
from annotation.actions.people import reset
from annotation.actions.people.change_people import UnableToChange
from annotation.actions.people.deactivate import deactivate, reactivate
from annotation.actions.people.reset import UnableToReset, reset_path, reset_path_by
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.models import Annotator, Label, Membership, User
from tests import people
from tests.factories import answer, imported, open_case, small_dataset

pytestmark = pytest.mark.django_db
NEW = {"new_password1": "another long one", "new_password2": "another long one"}


@pytest.fixture
def support(tmp_path):
    return small_dataset(tmp_path)


def logged_in(person):
    client = Client()
    client.force_login(person)
    return client


def is_in(client):
    return client.get(reverse("account")).status_code == 200


def choose(path, **said):
    client = Client()
    page = client.get(path, follow=True)
    return client.post(page.redirect_chain[-1][0], NEW | said, follow=True) if page.redirect_chain else page


@pytest.mark.fault("a reset link used a second time")
def test_a_link_works_once_and_ends_every_session(support):
    erin = people.erin(support)
    there = logged_in(erin)
    path = reset_path(erin)
    assert "log in with it" in choose(path).content.decode()
    assert not is_in(there)
    assert Client().login(username="erin", password="another long one")
    assert "does not work any more" in choose(path).content.decode()


@pytest.mark.fault("a reset link used after a day")
def test_a_link_runs_out_after_a_day(support, monkeypatch):
    path = reset_path(people.erin(support))
    later = timezone.now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(reset.default_token_generator, "_now", lambda: later.replace(tzinfo=None))
    monkeypatch.setattr(
        "django.contrib.auth.tokens.PasswordResetTokenGenerator._now", lambda self: later.replace(tzinfo=None)
    )
    assert "does not work any more" in choose(path).content.decode()


@pytest.mark.fault("an account with more rights taken over by a reset link")
def test_a_lead_opens_only_accounts_that_see_no_more_than_the_lead(support, tmp_path):
    leo, erin = people.leo(support), people.erin(support)
    assert reset_path_by(leo, erin).startswith("/login/reset/")
    other = imported(tmp_path, [{"id": "1", "text": "a", "label": "x"}], "other")
    Membership.objects.create(dataset=other, user=erin, role=Membership.EXPERT)
    for by, whom in ((leo, erin), (leo, people.otto()), (leo, people.olga()), (erin, people.emil(support)), (leo, leo)):
        with pytest.raises(UnableToReset):
            reset_path_by(by, whom)
    staff = people.user("stan", is_staff=True)
    assert reset_path_by(staff, erin) and reset_path_by(people.otto(), staff)
    with pytest.raises(UnableToReset):
        reset_path_by(staff, people.otto())
    Membership.objects.filter(dataset=other).update(role=Membership.LEAD)
    with pytest.raises(UnableToReset):
        reset_path_by(leo, erin)


def test_a_lead_hands_the_link_over(support):
    erin, leo = people.erin(support), logged_in(people.leo(support))
    page = leo.post(reverse("make_reset_link", args=["support", erin.pk]), follow=True).content.decode()
    link = re.search(r"http://testserver(/login/reset/\S+?)<", page)[1]
    assert link not in leo.get(reverse("people", args=["support"])).content.decode()
    assert "log in with it" in choose(link).content.decode()
    refused = leo.post(reverse("make_reset_link", args=["support", people.olga().pk]))
    assert refused.status_code == 404
    erin.refresh_from_db()
    assert logged_in(erin).post(reverse("make_reset_link", args=["support", erin.pk])).status_code == 404


@pytest.mark.fault("accounts told apart by the page of forgotten passwords")
def test_forgotten_by_mail_tells_nobody_who_is_there(support, settings, monkeypatch):
    monkeypatch.setattr(reset, "mail_reset", reset._sent)
    monkeypatch.setattr("annotation.views.account.mail_reset", reset._sent)
    url = reverse("forgot_password")
    assert "sends no mail" in Client().get(url).content.decode()
    settings.EMAIL_HOST = "mail.example.org"
    User.objects.filter(pk=people.erin(support).pk).update(email="erin@example.org")
    people.emil(support)
    said = [Client().post(url, {"who": who}).content.decode() for who in ("erin", "ERIN@example.org", "emil", "nobody")]
    pages = {re.sub(r"csrftoken.*", "", one) for one in said}
    assert len(pages) == 1
    assert [one.to for one in mail.outbox] == [["erin@example.org"]]
    assert "log in with it" in choose(re.search(r"/login/reset/\S+", mail.outbox[0].body)[0]).content.decode()
    assert "Forgot your password?" in Client().get(reverse("login")).content.decode()


def test_logged_out_everywhere(support):
    erin = people.erin(support)
    here, there, others = logged_in(erin), logged_in(erin), logged_in(people.emil(support))
    here.post(reverse("log_out_everywhere"))
    assert [is_in(one) for one in (here, there, others)] == [False, False, True]


def test_deactivated_and_back(support):
    erin = people.erin(support)
    open_case(support, "s1")
    there, case = logged_in(erin), lease(support, erin, timezone.now())
    with pytest.raises(UnableToChange, match="Only those who run the site"):
        deactivate(erin, people.leo(support), timezone.now())
    deactivate(erin, people.otto(), timezone.now())
    case.refresh_from_db()
    assert (case.leased_to, is_in(there), Client().login(username="erin", password="a long password")) == (
        None,
        False,
        False,
    )
    with pytest.raises(UnableToReset, match="deactivated"):
        reset_path(User.objects.get(pk=erin.pk))
    reactivate(erin, people.otto())
    assert Client().login(username="erin", password="a long password")
    with pytest.raises(UnableToChange, match="only lead of support"):
        deactivate(people.leo(support), None, timezone.now())
    with pytest.raises(UnableToChange, match="yourself"):
        deactivate(people.otto(), people.otto(), timezone.now())


def test_staff_switch_accounts_on_the_page(support):
    erin, stan = people.erin(support), people.user("stan", is_staff=True)
    Membership.objects.create(dataset=support, user=stan, role=Membership.LEAD)
    url = reverse("switch_account", args=["support", erin.pk])
    assert "Only those who run the site" in logged_in(people.leo(support)).post(url, follow=True).content.decode()
    page = logged_in(stan).post(url, follow=True).content.decode()
    assert "is deactivated and logged out" in page and "Reactivate" in page
    assert "can log in again" in logged_in(stan).post(url, {"reactivate": "1"}, follow=True).content.decode()


@pytest.mark.fault("a deleted account's name taken by another")
def test_a_new_person_of_an_old_name_has_none_of_the_old_ones_labels(support):
    old = people.eve(support)
    decide(open_case(support, "s1"), old, answer(support, "access"), timezone.now())
    User.objects.filter(pk=old.pk).update(username="eve.old")
    new = people.eve(support)
    assert new.pk != old.pk
    case = open_case(support, "s1")
    assert support.cases.free_for(new, timezone.now()).filter(pk=case.pk).exists()
    decide(case, new, answer(support, "payment"), timezone.now())
    given = Label.objects.filter(origin="expert").order_by("id").values_list("annotator__user", "label_class__name")
    assert list(given) == [(old.pk, "access"), (new.pk, "payment")]


def test_a_deleted_ones_labels_are_nobodys(support):
    old = people.eve(support)
    mine = Annotator.objects.of_user(support, old)
    Label.objects.create(
        item=support.items.first(), annotator=mine, label_class=support.label_classes.first(), origin="expert"
    )
    old.delete()
    new = people.eve(support)
    theirs = Annotator.objects.of_user(support, new)
    assert theirs != mine and not theirs.labels.exists() and theirs.name == f"@eve ({new.pk})"


@pytest.mark.parametrize("first", ["the file", "eve"])
def test_a_name_in_a_file_never_becomes_a_users_own(support, tmp_path, first):
    eve = people.eve(support)
    if first == "eve":
        Annotator.objects.of_user(support, eve)
    path = tmp_path / "labels.csv"
    path.write_text("id,who,label\ns1,@eve,access\n")
    done = import_labels(support, path, item="id", annotator="who", label="label")
    assert done["notes"] == ["'@eve' in the file is '@eve (file)' here: users' own begin with @"]
    mine = Annotator.objects.of_user(support, eve)
    assert mine.name == "@eve" and not mine.labels.exists()
    again = import_labels(support, path, item="id", annotator="who", label="label")
    assert again["labels"] == 0 and support.annotators.of_files().filter(name="@eve (file)").count() == 1
