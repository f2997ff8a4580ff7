"""Every route × who comes × one's own, another dataset's and no object × methods, out of the URL map.

A door that is not a person's answers 404, the same whatever is behind it; no question is a fault of the server; and
another dataset's object answers as one that isn't there.
"""

import re

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from annotation.access import ANYONE, KEEPER, LEAD, LEAD_WRITES, MEMBER, STAFF, USER
from annotation.models import Dataset, User
from annotation.views.guarding import roles as annotation_roles
from annotation.views.guarding.doors import door
from modeling.views import roles as modeling_roles
from tests import people
from tests.attacks.routes import ABSENT, PROBES, a_world, arguments, of_an_object, routes

pytestmark = pytest.mark.django_db
# The last four are asked of one's own only: the door knows of them before any object is looked for.
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE")
EVERYBODY = ("anonymous", "stranger", "expert", "lead", "lead of another", "staff", "deactivated", "lead of archived")
SELDOM = METHODS[2:]
HANDLER = WSGIHandler()
HERE, THERE = "here", "there"
# Who is let in by which role, into the dataset they are a member of.
LET_IN = {
    ANYONE: set(EVERYBODY),
    USER: set(EVERYBODY) - {"anonymous", "deactivated"},
    MEMBER: {"expert", "lead", "lead of another", "lead of archived"},
    LEAD: {"lead", "lead of another", "lead of archived"},
    KEEPER: {"lead", "lead of another", "lead of archived", "staff"},
    STAFF: {"staff"},
}


@pytest.fixture(scope="module")
def worlds(django_db_setup, django_db_blocker, tmp_path_factory):
    """Two datasets with an object of each kind, made once."""
    folder = tmp_path_factory.mktemp("worlds")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        patch.setattr(django_settings, "ARTIFACTS_DIR", folder / "artifacts")
        patch.setattr(django_settings, "HEARTBEAT_SECONDS", 0)
        yield {slug: a_world(folder, slug)[1] for slug in (HERE, THERE)}, folder / "artifacts"
        transaction.set_rollback(True)


def coming(who):
    """What makes requests of that person."""
    client = Client(raise_request_exception=False)
    names = {"expert": f"expert of {HERE}", "lead of another": f"lead of {THERE}"}
    if who == "staff":
        client.force_login(people.user("stan", is_staff=True))
    elif who in ("stranger", "deactivated"):
        client.force_login(people.user(who))
        User.objects.filter(username="deactivated").update(is_active=False)
    elif who != "anonymous":
        client.force_login(User.objects.get(username=names.get(who, f"lead of {HERE}")))
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return RequestFactory(HTTP_COOKIE=cookies)


def addresses(pattern, worlds):
    """(what it is, address): own, foreign and absent object, foreign and absent dataset, as seen from HERE."""
    asked = [("own", HERE, worlds[HERE])]
    if of_an_object(pattern):
        asked += [("foreign object", HERE, worlds[THERE]), ("absent object", HERE, {})]
    if "slug" in pattern.pattern.converters:
        asked += [("foreign dataset", THERE, worlds[THERE]), ("absent dataset", "nowhere", worlds[HERE])]
    for what, where, objects in asked:
        try:
            yield what, reverse(pattern.name, kwargs=arguments(pattern, where, objects))
        except (NoReverseMatch, ValueError):
            assert ABSENT in arguments(pattern, where, objects).values()


def ask(client, method, address):
    """The answer, with all that it did undone. Straight to the handler: the test client keeps what each page was made
    of, which takes longer than the page."""
    request = client.generic(method, address)
    request._dont_enforce_csrf_checks = True
    with transaction.atomic():
        answer = HANDLER.get_response(request)
        answer.body = b"" if answer.streaming else re.sub(rb"\d+|[0-9A-Za-z]{30,}", b"", answer.content)
        transaction.set_rollback(True)
    return answer


def lets_in(role, who, what, method):
    """Whether the door opens; the object behind may still not be there."""
    if role == LEAD_WRITES:
        role = MEMBER if method in ("GET", "HEAD") else LEAD
    elsewhere = what != "foreign dataset" if who == "lead of another" else what in ("foreign dataset", "absent dataset")
    if role == KEEPER and who == "staff":
        return True
    return who in LET_IN[role] and (role in (ANYONE, USER, STAFF) or not elsewhere)


def faults_of(who, client, pattern, worlds):
    """What is wrong with the answers, and how many there were."""
    found, n, role = [], 0, pattern.callback.role
    for method in METHODS:
        told = {}
        for what, address in addresses(pattern, worlds):
            if what != "own" and (method in SELDOM or who == "lead of archived"):
                continue
            answer = ask(client, method, address)
            n += 1
            said = (answer.status_code, answer.body)
            told[what] = said
            line = f"{method} {pattern.name} by {who}, {what}: {answer.status_code}"
            shut_out = 302 if who in ("anonymous", "deactivated") else 404
            if answer.status_code >= 500:
                found.append(line)
            elif not lets_in(role, who, what, method):
                leads_in = answer.status_code == 302 and not answer.url.startswith("/login/")
                if answer.status_code != shut_out or leads_in:
                    found.append(f"{line} and not {shut_out}")
            elif method not in ("GET", "POST", "HEAD") and answer.status_code not in (405, 404, 410):
                found.append(f"{line} and not 405")
        # what is in no dataset is another's too, but for the one whose it is
        theirs = who == "lead of another" and "slug" not in pattern.pattern.converters
        if {"foreign object", "absent object"} <= told.keys() and not theirs:
            foreign, absent = told["foreign object"], told["absent object"]
            if foreign != absent:
                found.append(f"{method} {pattern.name} by {who}: a foreign object {foreign[0]}, an absent {absent[0]}")
    return found, n


@pytest.mark.fault("every route asked by everybody for what is not theirs")
@pytest.mark.parametrize("who", EVERYBODY)
def test_no_door_opens_to_the_wrong_person(who, worlds, settings, tmp_path, record_property):
    settings.ARTIFACTS_DIR, settings.UPLOADS_DIR = worlds[1], tmp_path
    if who == "lead of archived":
        Dataset.objects.filter(slug=HERE).update(archived_at=timezone.now())
    found, n, client = [], 0, coming(who)
    for pattern in routes():
        wrong, asked = faults_of(who, client, pattern, worlds[0])
        found, n = found + wrong, n + asked
    record_property("requests", n)
    print(f"{who}: {n} requests")
    assert found == []


@pytest.mark.fault("a route that names no role")
def test_each_route_names_its_role_and_one_without_opens_to_nobody():
    named = {**annotation_roles.ROLES, **modeling_roles.ROLES}
    found = {pattern.name: pattern.callback.role for pattern in routes()}
    assert {name for name, role in found.items() if role not in LET_IN and role != LEAD_WRITES} == set()
    assert set(named) == set(found) | PROBES
    assert {name: role for name, role in named.items() if name not in PROBES} == found
    asked = RequestFactory().get("/d/x/new/")
    for person in (AnonymousUser(), people.olga(), people.otto()):
        asked.user = person
        with pytest.raises(Http404):
            door(lambda request: HttpResponse("in"), "new", None, "")(asked)
