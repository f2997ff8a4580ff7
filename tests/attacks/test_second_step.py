"""A code after the password: set up, asked for, guessed at, used twice, lost."""

import re
import time
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotation.models import AccessRecord
from tests import people
from tests.factories import small_dataset

pytestmark = pytest.mark.django_db
RIGHT = "a long password"


def log_in(client=None, name="erin"):
    client = client or Client()
    return client, client.post("/login/", {"username": name, "password": RIGHT})


def sure(client):
    """What guards an account is changed only by who knows its password."""
    assert client.post(reverse("account_reauthenticate"), {"password": RIGHT}).status_code == 302
    return client


def code_of(secret, step=0):
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30 + step))


def is_in(client):
    return client.get(reverse("account")).status_code == 200


@pytest.fixture
def erin(db):
    return people.user("erin")


@pytest.fixture
def secret(erin):
    """Of Erin's app, set up on the page."""
    client = sure(log_in()[0])
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]
    assert "not the code of this moment" in client.post(
        reverse("mfa_activate_totp"), {"code": "000000"}).content.decode()  # fmt: skip
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(found, -1)})
    assert answer.status_code == 302
    return found


def test_a_code_is_asked_for_after_the_password(erin, secret):
    client, answer = log_in()
    assert answer.url == reverse("mfa_authenticate") and not is_in(client)
    page = client.get(answer.url).content.decode()
    assert "Write the code that your app shows" in page
    done = client.post(answer.url, {"code": code_of(secret)})
    assert done.status_code == 302 and done.url == "/" and is_in(client)
    assert AccessRecord.objects.filter(kind=AccessRecord.LOG_IN, user=erin).count() == 2


@pytest.mark.fault("the second step left out")
def test_nothing_opens_between_the_password_and_the_code(erin, secret):
    client, answer = log_in()
    for path in ("/", reverse("account"), reverse("mfa_index"), reverse("mfa_deactivate_totp"), "/admin/"):
        assert client.get(path, follow=True).redirect_chain[-1][0].startswith("/login/")
    assert Client().get(answer.url).status_code == 302


@pytest.mark.fault("codes of the second step guessed")
def test_codes_are_guessed_ten_times(erin, secret):
    client, answer = log_in()
    pages = [client.post(answer.url, {"code": f"{one:06}"}).content.decode() for one in range(11)]
    assert "not the code" in pages[8] and "Too many tries" in pages[10]
    assert "Too many tries" in client.post(answer.url, {"code": code_of(secret)}).content.decode()
    assert not is_in(client)


@pytest.mark.fault("a code of the second step used twice")
def test_a_code_is_good_once(erin, secret):
    code = code_of(secret)
    first, answer = log_in()
    first.post(answer.url, {"code": code})
    second, answer = log_in()
    assert "used already" in second.post(answer.url, {"code": code}).content.decode() or not is_in(second)
    assert is_in(first) and not is_in(second)


@pytest.mark.fault("the app with the codes lost")
def test_a_recovery_code_lets_in_once_and_the_operator_can_help(erin, secret):
    keeper, answer = log_in()
    keeper.post(answer.url, {"code": code_of(secret)})
    sure(keeper)
    if not Authenticator.objects.filter(user=erin, type="recovery_codes").exists():
        keeper.post(reverse("mfa_generate_recovery_codes"))
    codes = Authenticator.objects.get(user=erin, type="recovery_codes").wrap().get_unused_codes()
    page = keeper.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert codes[0] in page and len(codes) == 10
    for expected in (True, False):
        client, answer = log_in()
        client.post(answer.url, {"code": codes[0]})
        assert is_in(client) == expected
    out = StringIO()
    call_command("second_step", "erin", off=True, stdout=out)
    assert "no code is asked for" in out.getvalue() and not is_in(keeper)
    client, answer = log_in()
    assert is_in(client)


@pytest.mark.fault("a database read by somebody without the secret key")
def test_the_secret_is_not_in_the_database_in_the_open(erin, secret):
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept


@pytest.mark.fault("a second step switched off in a session left open")
def test_changing_it_asks_for_the_password_or_a_code(erin, secret):
    client = Client()
    client.force_login(erin)
    answer = client.post(reverse("mfa_deactivate_totp"))
    assert answer.status_code == 302 and "again" in answer.url
    assert Authenticator.objects.filter(user=erin, type="totp").exists()
    asked = client.post(reverse("account_reauthenticate"), {"password": "wrong"})
    assert asked.status_code == 200 or "again" in asked.url


def test_leads_need_one_where_the_site_says_so(tmp_path, settings):
    dataset = small_dataset(tmp_path)
    settings.LEADS_NEED_CODE = True
    lead, expert = Client(), Client()
    lead.force_login(people.leo(dataset))
    expert.force_login(people.erin(dataset))
    answer = lead.get(reverse("findings", args=["support"]))
    assert (answer.status_code, answer.url) == (302, reverse("mfa_index"))
    assert "Set up an app that shows codes first, or a passkey" in lead.get(answer.url).content.decode()
    assert expert.get(reverse("history", args=["support"])).status_code == 200
    operator = Client()
    operator.force_login(people.otto())
    assert operator.get("/admin/", follow=True).status_code == 404
    settings.LEADS_NEED_CODE = False
    assert operator.get("/admin/").status_code == 200
