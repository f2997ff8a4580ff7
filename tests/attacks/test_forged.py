"""Requests that another site, or somebody with a form of their own, sends."""

from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from annotation.actions.detecting.detect import request_detection
from annotation.actions.jobs import flood
from annotation.actions.people.deactivate import deactivate
from annotation.actions.people.invite import invite
from annotation.actions.people.reset import reset_path
from annotation.models import Case, Comment, Dataset, Decision, Item, Job, Membership, User
from tests import people
from tests.attacks.routes import arguments, routes
from tests.factories import open_case, small_dataset
from tests.people import as_

pytestmark = pytest.mark.django_db
RIGHT = "a long password"


@pytest.fixture
def support(tmp_path):
    return small_dataset(tmp_path)


def logged_in(name="erin"):
    client = Client()
    client.post("/login/", {"username": name, "password": RIGHT})
    return client


def is_in(client):
    return client.get(reverse("account")).status_code == 200


# -- Other sites


@pytest.mark.fault("forms sent by another site")
def test_no_route_takes_a_form_without_its_token(support):
    client = as_(people.leo(support))
    cookie = f"sessionid={client.cookies['sessionid'].value}; csrftoken={'a' * 32}"
    asked, handler = RequestFactory(HTTP_COOKIE=cookie, HTTP_ORIGIN="https://evil.example"), WSGIHandler()
    found = {}
    for pattern in routes():
        address = reverse(pattern.name, kwargs=arguments(pattern, "support", {"case": 1}))
        found[pattern.name] = handler.get_response(asked.post(address, {"csrfmiddlewaretoken": "b" * 32})).status_code
    assert len(found) > 150
    assert set(found.values()) == {403}, {name: code for name, code in found.items() if code != 403}


@pytest.mark.fault("a log-in that sends to another site")
@pytest.mark.parametrize("to", [
    "https://evil.example/", "//evil.example", "\\\\evil.example", "/\\evil.example", "javascript:alert(1)",
    "http:///evil.example", "%2f%2fevil.example", " //evil.example", "\t//evil.example", "https:evil.example",
])  # fmt: skip
def test_next_leads_nowhere_else(to, support):
    people.user("erin")
    answer = Client().post("/login/", {"username": "erin", "password": RIGHT, "next": to})
    assert (
        answer.status_code == 302 and urlsplit(urljoin("http://testserver/login/", answer.url)).netloc == "testserver"
    )
    item = Item.objects.filter(dataset=support).first()
    comments = reverse("item_comments", args=["support", item.pk])
    said = as_(people.erin(support)).post(comments, {"text": "hm", "next": to})
    assert said.status_code in (200, 302) and "evil" not in said.get("Location", "").partition("?")[0]


# -- Sessions


@pytest.mark.fault("a session planted before the log-in")
def test_a_session_is_another_after_the_log_in():
    people.user("erin")
    planted = Client()
    planted.cookies["sessionid"] = "a" * 32
    planted.post("/login/", {"username": "erin", "password": RIGHT})
    assert planted.cookies["sessionid"].value != "a" * 32 and is_in(planted)
    assert not Session.objects.filter(session_key="a" * 32).exists()
    before = Client()
    before.get("/login/")
    session = before.session
    session["kept"] = 1
    session.save()
    before.cookies["sessionid"] = session.session_key
    before.post("/login/", {"username": "erin", "password": RIGHT})
    assert before.cookies["sessionid"].value != session.session_key
    assert not Session.objects.filter(session_key=session.session_key).exists()


@pytest.mark.fault("a stolen session used after the password was changed")
def test_a_new_password_ends_every_other_session():
    people.user("erin")
    here, stolen = logged_in(), logged_in()
    key = here.cookies["sessionid"].value
    sent = {"old_password": RIGHT, "new_password1": "quite a new one", "new_password2": "quite a new one"}
    assert here.post(reverse("password_change"), sent).status_code == 302
    assert is_in(here) and not is_in(stolen)
    assert here.cookies["sessionid"].value != key and not Session.objects.filter(session_key=key).exists()


@pytest.mark.fault("a session used after its end")
def test_a_session_ends_with_the_log_out_the_account_and_its_time(support, settings):
    erin = people.erin(support)
    for end in (lambda client: client.post(reverse("logout")),
                lambda client: client.post(reverse("log_out_everywhere")),
                lambda client: deactivate(erin, None, timezone.now()),
                lambda client: Session.objects.update(expire_date=timezone.now())):  # fmt: skip
        User.objects.filter(pk=erin.pk).update(is_active=True)
        client = as_(erin)
        copy = Client()
        copy.cookies["sessionid"] = client.cookies["sessionid"].value
        assert is_in(copy)
        end(client)
        assert not is_in(copy)


@pytest.mark.fault("a session made up")
def test_a_session_nobody_was_given_opens_nothing():
    for key in ("1", "x" * 32, "../../etc/passwd", "'; drop table auth_user; --", "\x00"):
        client = Client(raise_request_exception=False)
        client.cookies["sessionid"] = key
        assert client.get(reverse("account")).status_code == (400 if "\0" in key else 302)
    assert not any(SESSION_KEY in one.get_decoded() for one in Session.objects.all())


# -- Fields that no form has


@pytest.mark.fault("fields that no form has")
def test_what_a_form_does_not_ask_is_not_taken(support):
    leo, erin = people.leo(support), people.erin(support)
    rights = {"is_staff": "1", "is_superuser": "1", "is_active": "1", "role": "lead", "user": leo.pk, "id": leo.pk}
    secret = invite(support, Membership.EXPERT, "emil", leo, timezone.now())
    made = {"username": "mallory", "password1": "a fine long one", "password2": "a fine long one"}
    Client().post(reverse("invitation", args=[secret]), made | rights)
    mallory = User.objects.get(username="mallory")
    assert (mallory.is_staff, mallory.is_superuser) == (False, False)
    assert support.role_of(mallory) == Membership.EXPERT
    as_(mallory).post(reverse("mail_address"), {"email": "m@example.org", "username": "leo", **rights})
    mallory.refresh_from_db()
    assert (mallory.username, mallory.is_staff) == ("mallory", False)
    item = Item.objects.filter(dataset=support).first()
    asked = {"text": "hm", "author": leo.pk, "user": leo.pk, "created_at": "2000-01-01"}
    as_(mallory).post(reverse("item_comments", args=["support", item.pk]), asked)
    comment = Comment.objects.get()
    assert comment.author == mallory and comment.created_at.year > 2000
    case = open_case(support, "s1")
    Case.objects.filter(pk=case.pk).update(leased_to=erin, leased_until=timezone.now() + timezone.timedelta(hours=1))
    answer = {"outcome": "label", "token": "9f2c7b0e-61c4-4b46-8a5a-0c8a5d2f1a11", "expert": leo.pk, "blind": "1",
              "label": support.label_classes.first().pk, "label_class": support.label_classes.first().pk}  # fmt: skip
    as_(erin).post(reverse("decide", args=["support", case.pk]), answer)
    assert not Decision.objects.exclude(expert=erin).exists()
    as_(leo).post(reverse("rename_dataset", args=["support"]), {"name": "Help", "slug": "other", "archived_at": "1"})
    support.refresh_from_db()
    assert (support.slug, support.archived_at) == ("support", None)


@pytest.mark.fault("an account made without an invitation")
def test_nobody_registers(support):
    for path in ("/accounts/signup/", "/signup/", "/register/", "/accounts/login/", "/invitation/x/"):
        answer = Client().post(path, {"username": "mallory", "password1": "a fine long one", "password2":
                                      "a fine long one"})  # fmt: skip
        assert answer.status_code in (302, 403, 404, 410), path
    assert not User.objects.filter(username="mallory").exists()


@pytest.mark.fault("an invitation or a reset link used twice")
def test_links_work_once(support):
    leo = people.leo(support)
    secret = invite(support, Membership.LEAD, "", leo, timezone.now())
    olga, emil = people.olga(), people.user("emil")
    url = reverse("invitation", args=[secret])
    assert as_(olga).post(url).status_code == 302
    assert as_(emil).post(url).status_code == 410 and support.role_of(emil) is None
    path = reset_path(emil)
    client = Client()
    page = client.get(path)
    new = {"new_password1": "another long one", "new_password2": "another long one"}
    assert client.post(page.url, new).status_code == 302
    assert "does not work any more" in Client().get(path, follow=True).content.decode()


# -- Paths


@pytest.mark.fault("paths that climb out of their folder")
@pytest.mark.parametrize("path", [
    "/static/../config/settings.py", "/static/%2e%2e/config/settings.py", "/static/..%2f..%2fetc/passwd",
    "/static//etc/passwd", "/d/support/import/..%2f..%2fetc%2fpasswd/", "/d/support/import/....//",
    "/d/support/import/%2e%2e/", "/d/support/import/secret_key/rejected.csv", "/d/support/export/..%2fkinds/",
    "/d/support/import/%00/", "/d/..%2f../", "/static/expert/../../manage.py",
])  # fmt: skip
def test_no_path_leaves_its_folder(path, support):
    client = as_(people.leo(support))
    client.raise_request_exception = False
    answer = client.get(path)
    assert answer.status_code in (301, 302, 400, 404), path
    assert b"SECRET_KEY" not in answer.getvalue() and b"root:" not in answer.getvalue()


# -- Floods


@pytest.mark.fault("jobs asked for without end")
def test_a_person_has_so_many_jobs_waiting_and_others_theirs(support, monkeypatch):
    monkeypatch.setattr(flood, "MOST", 3)
    leo, other = people.leo(support), people.user("lea")
    Membership.objects.create(dataset=support, user=other, role=Membership.LEAD)
    client, url = as_(leo), reverse("detect", args=["support"])
    for one in range(3):
        Job.objects.create(kind="detection", dataset=support, key=f"k{one}", created_by=leo, status=Job.QUEUED)
    page = client.post(url, follow=True)
    assert "You have 3 jobs that are not over in this dataset" in page.content.decode()
    assert Job.objects.filter(created_by=leo, status=Job.QUEUED).count() == 3
    assert as_(other).post(url).status_code == 302
    assert Job.objects.filter(created_by=other).count() == 1
    assert request_detection(support, background=False).status == Job.QUEUED
    Job.objects.filter(key="k0").update(status=Job.DONE)
    assert Dataset.objects.get().jobs.filter(created_by=leo, status=Job.QUEUED).count() == 2
