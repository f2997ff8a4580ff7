"""Passwords, links and accounts that somebody guesses at, and owners who come in all the same."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.actions.guarding import log_in
from annotation.actions.guarding.access_log import prune_access_log
from annotation.actions.guarding.throttle import Allowance, give_back, prune_throttles, take
from annotation.actions.people import reset
from annotation.core.guarding.addresses import address_of, network_of
from annotation.models import AccessRecord, Throttle, User
from tests import people
from tests.threads import in_threads

pytestmark = pytest.mark.django_db
LOGIN = "/login/"
RIGHT = "a long password"


def tried(client, name, password="wrong", **head):
    return client.post(LOGIN, {"username": name, "password": password}, **head)


def guesses(client, n, name="erin", **head):
    return [tried(client, name, f"guess {one}", **head).status_code for one in range(n)]


@pytest.fixture
def erin(db):
    return people.user("erin")


def what(page):
    """The page without what differs in every answer."""
    return re.sub(r'value="[^"]*"|csrftoken"[^}]*|X-Request-ID.*|x-csrftoken[^>]*', "", page.content.decode())


@pytest.mark.fault("passwords of one account guessed")
def test_guesses_at_an_account_end_after_ten(erin):
    assert guesses(Client(), 10) == [200] * 10
    refused = tried(Client(), "erin", RIGHT)
    assert refused.status_code == 429 and refused["Retry-After"] == "900"
    assert "Too many tries that failed. Try again in 15 minutes" in refused.content.decode()
    assert tried(Client(REMOTE_ADDR="10.9.9.9"), "ERIN ", RIGHT).status_code == 429
    assert tried(Client(), "emil").status_code == 200


@pytest.mark.fault("accounts guessed at from one address")
def test_guesses_from_an_address_end_after_fifty(erin, settings):
    here = Client(REMOTE_ADDR="10.1.1.1")
    assert {tried(here, f"name{one}").status_code for one in range(50)} == {200}
    assert tried(here, "erin", RIGHT).status_code == 429
    assert tried(Client(REMOTE_ADDR="10.1.1.2"), "erin", RIGHT).status_code == 302


@pytest.mark.fault("guesses that burn the processor")
def test_a_refused_try_hashes_no_password(erin, monkeypatch, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    hashed = []
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", lambda *args, **more: hashed.append(1) or "pbkdf2_sha256$1$a$b")
    people.user("emil")
    hashed.clear()
    guesses(Client(), 30, "nobody")
    assert len(hashed) == 10


@pytest.mark.fault("log-ins that crowd out those at work")
def test_a_process_hashes_two_passwords_at_a_time(erin, monkeypatch):
    monkeypatch.setattr(log_in, "_WAIT", 0.01)
    with log_in.one_of_few(), log_in.one_of_few():
        answer = tried(Client(), "erin", RIGHT)
    assert answer.status_code == 429 and "Many people are logging in" in answer.content.decode()
    assert tried(Client(), "erin", RIGHT).status_code == 302
    assert not Throttle.objects.filter(tries__gt=0).exists()


@pytest.mark.fault("an owner locked out by somebody else's guesses")
def test_the_owner_comes_in_from_a_known_browser_and_after_the_time(erin, monkeypatch):
    home = Client()
    assert tried(home, "erin", RIGHT).status_code == 302
    home.post(reverse("logout"))
    guesses(Client(), 12)
    assert tried(home, "erin", RIGHT).status_code == 302
    later = timezone.now() + timedelta(minutes=16)
    monkeypatch.setattr("annotation.forms.account.timezone.now", lambda: later)
    assert tried(Client(), "erin", RIGHT).status_code == 302


@pytest.mark.fault("a note of a known browser forged or taken to another account")
def test_a_note_opens_its_own_account_only_and_not_for_ever(erin):
    people.user("emil")
    home = Client()
    tried(home, "emil", RIGHT)
    home.post(reverse("logout"))
    guesses(Client(), 10)
    assert tried(home, "erin", RIGHT).status_code == 429
    forged = Client()
    forged.cookies[log_in.NOTE] = "WzEsImEiXQ:1:aaaa"
    assert tried(forged, "erin", RIGHT).status_code == 429
    with_note = Client()
    with_note.cookies[log_in.NOTE] = log_in.note_for(erin)
    assert guesses(with_note, 11)[-2:] == [200, 429]


@pytest.mark.fault("account names told apart by the answer")
def test_a_paused_account_and_none_answer_alike(erin):
    User.objects.create_user("gone", password=RIGHT, is_active=False)
    pages = {name: [tried(Client(REMOTE_ADDR=f"10.0.{at}.1"), name, one) for one in [RIGHT + "?"] * 12]
             for at, name in enumerate(("erin", "gone", "nobody"))}  # fmt: skip
    for number in (0, 9, 11):
        said = {what(answers[number]).replace(name, "") for name, answers in pages.items()}
        assert len(said) == 1
        assert len({answers[number].status_code for answers in pages.values()}) == 1
    assert tried(Client(), "gone", RIGHT).status_code == 429


@pytest.mark.fault("account names told apart by time")
def test_a_name_that_nobody_has_takes_a_hash_too(erin, monkeypatch, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    erin.set_password(RIGHT)
    erin.save()
    hashed = []
    encode = PBKDF2PasswordHasher.encode
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args))
    for name in ("erin", "nobody"):
        hashed.clear()
        tried(Client(), name)
        assert len(hashed) == 1, name


@pytest.mark.fault("guesses by way of the site's administration")
def test_the_administration_has_no_log_in_of_its_own(erin):
    there = Client().post("/admin/login/?next=/admin/", {"username": "erin", "password": RIGHT})
    assert (there.status_code, there.url) == (302, "/login/?next=%2Fadmin%2F")
    client = Client()
    client.force_login(erin)
    assert client.get("/admin/", follow=True).status_code == 404
    client.force_login(people.otto())
    assert client.get("/admin/").status_code == 200


@pytest.mark.fault("the address forged in a header")
def test_an_address_is_what_the_proxy_says_and_nothing_before_it(erin, settings):
    for one in range(50):
        tried(Client(REMOTE_ADDR="10.1.1.1"), f"name{one}", HTTP_X_FORWARDED_FOR=f"1.2.3.{one}")
    assert tried(Client(REMOTE_ADDR="10.1.1.1"), "x", HTTP_X_FORWARDED_FOR="9.9.9.9").status_code == 429
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    head = {"HTTP_X_FORWARDED_FOR": "8.8.8.8, 10.7.7.7"}
    assert tried(Client(REMOTE_ADDR="10.1.1.1"), "x", **head).status_code == 200


def test_addresses_by_hand():
    assert address_of("10.0.0.1", "1.1.1.1", behind_proxy=False) == "10.0.0.1"
    assert address_of("10.0.0.1", "1.1.1.1, 2.2.2.2", behind_proxy=True) == "2.2.2.2"
    assert address_of("10.0.0.1", "", behind_proxy=True) == "10.0.0.1"
    assert address_of("", "", behind_proxy=False) == address_of("x", "y", behind_proxy=True) == ""
    assert address_of("::ffff:10.0.0.1", "", behind_proxy=False) == "10.0.0.1"
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::9") == "2001:db8:1:2::"
    assert network_of("10.0.0.1") == "10.0.0.1" and network_of("") == ""


@pytest.mark.fault("tries counted by several processes at one moment")
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_than_the_limit_pass():
    now = timezone.now()
    passed = in_threads(lambda number: take([Allowance(("x",), 3, 60)], now) is None, range(8))
    assert sum(passed) == 3


def test_counts_by_hand():
    now, one, other = timezone.now(), Allowance(("a",), 2, 60), Allowance(("b",), 1, 60)
    assert take([one, other], now) is None
    assert take([one, other], now) is other
    assert take([one], now) is None and take([one], now) is one
    give_back([one])
    assert take([one], now) is None and take([one], now) is one
    assert take([one], now + timedelta(seconds=61)) is None
    assert prune_throttles(now + timedelta(seconds=62)) == 1


@pytest.mark.fault("reset links asked for without end")
def test_an_address_is_mailed_ten_links_and_an_account_one(erin, settings, monkeypatch):
    monkeypatch.setattr("annotation.views.account.mail_reset", reset._sent)
    settings.EMAIL_HOST = "mail.example.org"
    User.objects.filter(pk=erin.pk).update(email="erin@example.org")
    codes = [Client().post(reverse("forgot_password"), {"who": "erin"}).status_code for _ in range(12)]
    assert codes == [200] * 10 + [429] * 2 and len(mail.outbox) == 1


@pytest.mark.fault("reset and invitation links guessed")
def test_links_that_lead_nowhere_are_counted(erin):
    codes = [Client().get(reverse("reset", args=["MQ", f"a-{one}"])).status_code for one in range(25)]
    codes += [Client().get(reverse("invitation", args=[f"secret{one}"])).status_code for one in range(26)]
    assert codes == [200] * 25 + [410] * 25 + [429]
    path = reset.reset_path(erin)
    assert Client().get(path).status_code == 429
    assert Client(REMOTE_ADDR="10.5.5.5").get(path).status_code == 302


@pytest.mark.fault("the own password guessed in a session left open")
def test_the_old_password_is_asked_for_ten_times(erin):
    client = Client()
    client.force_login(erin)
    sent = {"old_password": "?", "new_password1": "quite a new one", "new_password2": "quite a new one"}
    codes = [client.post(reverse("password_change"), sent).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_who_came_in_and_who_did_not_is_a_line_without_a_secret(erin):
    tried(Client(), "erin", "Tr0ub4dor")
    tried(Client(), "Tr0ub4dor", "erin")
    tried(Client(), "erin", RIGHT)
    lines = list(AccessRecord.objects.order_by("id").values_list("kind", "user__username", "address", "what"))
    assert lines == [("log-in refused", "erin", "127.0.0.1", ""), ("log-in refused", None, "127.0.0.1", ""),
                     ("log-in", "erin", "127.0.0.1", "")]  # fmt: skip
    guesses(Client(), 20)
    assert AccessRecord.objects.filter(kind=AccessRecord.PAUSED).count() == 1


def test_lines_are_kept_for_so_long(erin, settings):
    tried(Client(), "erin", RIGHT)
    now = timezone.now()
    settings.ACCESS_LOG_DAYS = 30
    assert prune_access_log(now + timedelta(days=29)) == 0
    assert prune_access_log(now + timedelta(days=31)) == 1
    settings.ACCESS_LOG_DAYS = 0
    assert prune_access_log(now + timedelta(days=99)) == 0
