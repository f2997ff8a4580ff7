"""Single sign-on against a provider that says what it is told to."""

import json
import time
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotation.models import AccessRecord, User
from tests import people

pytestmark = pytest.mark.django_db
ISSUER = "https://login.example.org"


class Answer:
    def __init__(self, said):
        self.said, self.status_code, self.headers = said, 200, {"content-type": "application/json"}
        self.text = json.dumps(said)

    def json(self):
        return self.said

    def raise_for_status(self):
        pass


class Provider:
    """In place of the network: its answers, as a session of `requests`."""

    def __init__(self):
        self.claims = {"sub": "erin-1", "email": "erin@example.org", "email_verified": True}
        self.token = {}

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def get(self, url, **more):
        if url.endswith("openid-configuration"):
            places = {"authorization": "ask", "token": "token", "userinfo": "who"}
            found = {f"{name}_endpoint": f"{ISSUER}/{path}" for name, path in places.items()}
            return Answer({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **found})
        return Answer(self.claims)

    def request(self, method, url, **more):
        now = int(time.time())
        shown = {"iss": ISSUER, "aud": "us", "iat": now, "exp": now + 60, **self.claims, **self.token}
        return Answer({"access_token": "a", "token_type": "Bearer", "id_token": jwt.encode(shown, "k" * 32)})


@pytest.fixture
def provider(settings, monkeypatch):
    made = Provider()
    monkeypatch.setattr(
        "annotation.views.guarding.single_sign_on.SingleSignOnAdapter.get_requests_session", lambda self: made
    )
    settings.OIDC_ISSUER, settings.OIDC_DOMAINS = ISSUER, ["example.org"]
    app = {"provider_id": "sso", "name": "Work", "client_id": "us", "secret": "s", "settings": {"server_url": ISSUER}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    return made


def come(client=None, **changed):
    """Through the provider and back."""
    client = client or Client()
    sent = client.post(reverse("openid_connect_login", args=["sso"]))
    assert sent.status_code == 302 and sent.url.startswith(f"{ISSUER}/ask?"), sent.url
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent.url).query).items()}
    assert asked["code_challenge_method"] == "S256"
    back = {"code": "c", "state": asked["state"], **changed}
    return client, client.get(reverse("openid_connect_callback", args=["sso"]), back)


def is_in(client):
    return client.get(reverse("account")).status_code == 200


def given(name="erin", address="erin@example.org"):
    person = people.user(name)
    call_command("single_sign_on", name, address=address, stdout=StringIO())
    return person


def test_who_the_provider_and_the_operator_vouch_for_comes_in(provider):
    erin = given()
    assert "Log in with" in Client().get("/login/").content.decode()
    client, answer = come()
    assert answer.status_code == 302 and is_in(client)
    assert client.session["_auth_user_id"] == str(erin.pk)
    provider.claims["email"] = "new-name@example.org"
    assert is_in(come()[0])
    call_command("single_sign_on", "erin", off=True, stdout=StringIO())
    assert not is_in(come()[0])


@pytest.mark.fault("a stranger with an address of a provider")
@pytest.mark.parametrize("claims", [
    {"email_verified": False}, {"email": "olga@example.org", "sub": "olga"}, {"email": "erin@evil.example"},
    {"email": None}, {"email": "erin@example.org.evil.example"},
])  # fmt: skip
def test_nobody_else_does(provider, claims):
    given()
    provider.claims |= claims
    client, answer = come()
    assert answer.url == "/login/" and not is_in(client)
    assert "There is no account here for who you logged in as" in client.get("/login/").content.decode()
    assert User.objects.count() == 1 and not SocialAccount.objects.exists()
    assert AccessRecord.objects.filter(kind=AccessRecord.REFUSED, what="by single sign-on").count() == 1


@pytest.mark.fault("somebody else's address typed as one's own")
def test_an_address_that_a_member_typed_counts_for_nothing(provider):
    mallory = people.user("mallory")
    User.objects.filter(pk=mallory.pk).update(email="erin@example.org")
    assert not is_in(come()[0])
    given()
    assert come()[0].session["_auth_user_id"] != str(mallory.pk)
    with pytest.raises(CommandError, match="another account's"):
        call_command("single_sign_on", "mallory", address="Erin@example.org")


@pytest.mark.fault("a single sign-on that is switched off, forged or replayed")
def test_a_switched_off_account_and_a_forged_answer_open_nothing(provider):
    erin = given()
    come()
    User.objects.filter(pk=erin.pk).update(is_active=False)
    assert not is_in(come()[0])
    User.objects.filter(pk=erin.pk).update(is_active=True)
    assert not is_in(come(state="forged")[0])
    client = Client()
    client.get(reverse("openid_connect_callback", args=["sso"]), {"code": "c", "state": "x"})
    assert not is_in(client)
    for wrong in ({"sub": "somebody else"}, {"aud": "them"}, {"iss": "https://evil.example"}, {"exp": 1}):
        provider.token = wrong
        assert not is_in(come()[0]), wrong


def test_without_a_provider_there_is_no_such_door(db):
    assert "/login/by/" not in Client().get("/login/").content.decode()
    assert Client().get(reverse("openid_connect_login", args=["sso"])).status_code in (302, 404)
