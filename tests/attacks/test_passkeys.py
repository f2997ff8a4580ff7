"""Passkeys as somebody would misuse them: made up, of another account, without the password before. How they work in a
browser is in `tests/browser/test_passkeys.py`."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from annotation.forms.guarding.passkeys import UNREADABLE
from tests import people
from tests.attacks.test_second_step import is_in, log_in, sure
from tests.people import as_

pytestmark = pytest.mark.django_db
ODD = [
    "", "null", "[]", "{}", "7", '"x"', "{not json", '{"id": "x"}',
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {
        "clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {
        "clientDataJSON": "e30", "attestationObject": "AA"}}),
]  # fmt: skip


@pytest.mark.fault("a made-up passkey")
@pytest.mark.parametrize("credential", ODD)
def test_a_made_up_passkey_lets_nobody_in(credential):
    people.user("erin")
    client = Client()
    client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential}, follow=True)
    assert answer.status_code == 200 and answer.redirect_chain[-1][0].startswith("/login/")
    assert not is_in(client)
    if credential:
        page = answer.content.decode()
        assert UNREADABLE in page or "Enter a valid JSON" in page or "required" in page


@pytest.mark.parametrize("credential", ODD)
def test_a_made_up_passkey_is_not_kept(credential):
    erin = people.user("erin")
    client = sure(log_in()[0])
    client.get(reverse("mfa_add_webauthn"))
    answer = client.post(reverse("mfa_add_webauthn"), {"name": "mine", "credential": credential, "passwordless": "on"})
    assert answer.status_code == 200
    assert not Authenticator.objects.filter(user=erin).exists()


@pytest.mark.fault("a passkey added to an account left open")
def test_a_passkey_is_added_by_who_knows_the_password():
    client = as_(people.user("erin"))
    answer = client.get(reverse("mfa_add_webauthn"))
    assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("account_reauthenticate"))


@pytest.mark.fault("another's passkey removed")
def test_anothers_passkey_is_not_to_be_removed():
    people.user("erin")
    theirs = Authenticator.objects.create(user=people.user("leo"), type="webauthn", data={"name": "of Leo"})
    client = sure(log_in()[0])
    for ask in (client.get, client.post):
        assert ask(reverse("mfa_remove_webauthn", args=[theirs.pk])).status_code == 404
    assert Authenticator.objects.filter(pk=theirs.pk).exists()
    assert "of Leo" not in client.get(reverse("mfa_list_webauthn")).content.decode()
