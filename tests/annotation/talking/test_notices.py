import smtplib

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.actions.detecting.detect import request_detection
from annotation.actions.detecting.tell_ready import told_when_ready
from annotation.actions.jobs.work import work_here
from annotation.actions.people.notify import notify
from annotation.actions.people.pause import pause, resume
from annotation.actions.talking.mailing import deliver
from annotation.models import Notice
from annotation.templatetags.talking import unread_notices
from tests.factories import apart, imported, open_case, small_dataset
from tests.pages import text_of
from tests.people import emil, erin, leo, olga

now = timezone.now


@pytest.fixture
def dataset(tmp_path, db):
    return small_dataset(tmp_path)


@pytest.fixture
def mailed(settings, monkeypatch, django_capture_on_commit_callbacks):
    """What runs inside is mailed at once."""
    settings.EMAIL_HOST = "mail.example.org"
    monkeypatch.setattr("annotation.actions.talking.mailing.Thread", AtOnce)
    return lambda: django_capture_on_commit_callbacks(execute=True)


class AtOnce:
    def __init__(self, target, args):
        self.target, self.args = target, args

    def start(self):
        self.target(*self.args)


def page_of(person, name="notices", **query):
    client = Client()
    client.force_login(person)
    return client.get(reverse(name), query)


def told(dataset, person, text="Something happened.", path="/account/"):
    notify(dataset, [person.pk], text, path, now())
    return Notice.objects.latest("id")


def test_a_notice_is_there_and_read_once_opened(dataset, client):
    notice = told(dataset, erin(dataset))
    client.force_login(erin(dataset))
    page = text_of(client.get(reverse("notices")))
    assert "Something happened." in page and "1 not read yet" in page
    answer = client.get(reverse("open_notice", args=[notice.pk]))
    notice.refresh_from_db()
    assert answer.url == "/account/" and notice.read_at
    assert "not read yet" not in text_of(client.get(reverse("notices")))


def test_no_page_to_lead_to_leads_to_the_notices(dataset, client):
    client.force_login(erin(dataset))
    for path in ("", "https://elsewhere.example.org/"):
        notice = told(dataset, erin(dataset), path=path)
        assert client.get(reverse("open_notice", args=[notice.pk])).url == reverse("notices")


def test_notices_are_their_members_own(dataset, client):
    notice = told(dataset, erin(dataset))
    client.force_login(emil(dataset))
    assert client.get(reverse("open_notice", args=[notice.pk])).status_code == 404
    assert "Something" not in text_of(client.get(reverse("notices")))
    client.post(reverse("read_notices"), {"up_to": notice.pk})
    notice.refresh_from_db()
    assert notice.read_at is None


def test_all_are_read_at_once_but_those_that_came_since(dataset, client):
    client.force_login(erin(dataset))
    first, later = told(dataset, erin(dataset)), told(dataset, erin(dataset))
    client.post(reverse("read_notices"), {"up_to": first.pk})
    assert list(Notice.objects.filter(read_at=None)) == [later]
    assert client.post(reverse("read_notices"), {"up_to": "x"}).status_code == 302


def test_pages_go_by_key(dataset):
    for number in range(32):
        told(dataset, erin(dataset), f"notice {number}")
    page = page_of(erin(dataset))
    assert len(page.context["notices"]) == 30 and page.context["older"]
    older = page_of(erin(dataset), before=page.context["notices"][-1].pk)
    assert [one.text for one in older.context["notices"]] == ["notice 1", "notice 0"]
    assert page_of(erin(dataset), before="x").context["newest"]


def test_the_mark_stops_counting(dataset):
    for _ in range(12):
        told(dataset, erin(dataset))
    assert "9+ not read yet" in text_of(page_of(erin(dataset), "account"))
    assert "not read yet" not in text_of(page_of(olga(), "account"))


def test_the_mark_costs_one_query(dataset, django_assert_num_queries):
    person = erin(dataset)
    told(dataset, person)
    with django_assert_num_queries(1):
        assert unread_notices(person) == "1"


def test_mail_goes_to_who_has_an_address(dataset, mailed):
    person = erin(dataset)
    person.email = "erin@example.org"
    person.save()
    with mailed():
        notify(dataset, [person.pk, emil(dataset).pk], "Two\ncases wait.", "/d/support/queue/", now())
        assert mail.outbox == [], "nothing before the commit"
    (sent,) = mail.outbox
    assert sent.to == ["erin@example.org"] and sent.subject == "support: Two cases wait."
    assert "http://localhost:8000/d/support/queue/" in sent.body


def test_no_mail_without_a_server(dataset, settings, django_capture_on_commit_callbacks):
    erin(dataset).email = "erin@example.org"
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        told(dataset, erin(dataset))
    assert callbacks == [] and mail.outbox == []


@pytest.mark.parametrize("error", [OSError("no route to host"), smtplib.SMTPRecipientsRefused({})])
def test_a_broken_mail_server_is_a_line_in_the_log(dataset, mailed, monkeypatch, caplog, error):
    person = erin(dataset)
    person.email = "erin@example.org"
    person.save()
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", _raises(error))
    with mailed():
        told(dataset, person)
    assert Notice.objects.filter(user=person).count() == 1
    assert "1 of 1 mails could not be sent" in caplog.text


def _raises(error):
    def send(self, mails):
        raise error

    return send


def test_an_address_is_given_and_taken_back(dataset, client, settings):
    settings.EMAIL_HOST = "mail.example.org"
    person = erin(dataset)
    client.force_login(person)
    refused = client.post(reverse("mail_address"), {"email": "nonsense"})
    assert refused.status_code == 200 and "valid email" in text_of(refused)
    client.post(reverse("mail_address"), {"email": "erin@example.org"})
    person.refresh_from_db()
    assert person.email == "erin@example.org"
    client.post(reverse("mail_address"), {"email": ""})
    person.refresh_from_db()
    assert person.email == ""


def test_pause_and_resume_are_told(dataset):
    person, lead = erin(dataset), leo(dataset)
    pause(dataset, person, lead, "we talk first", now())
    resume(dataset, person, lead, now())
    assert [one.text for one in Notice.objects.filter(user=person).order_by("id")] == [
        "You are paused: we talk first.", "You can go on: cases wait for you."
    ]  # fmt: skip


def test_experts_are_told_when_a_detection_fills_an_empty_queue(tmp_path, db):
    words = {"access": "password", "payment": "invoice"}
    rows = []
    for n in range(60):
        label = ("access", "payment")[n % 2]
        rows.append({"id": f"i{n}", "text": apart(words[label], n), "label": "payment" if n == 0 else label})
    dataset = imported(tmp_path, rows)
    first, second, lead = erin(dataset), emil(dataset), leo(dataset)
    work_here(request_detection(dataset, background=False))
    n_open = dataset.cases.open().count()
    assert n_open, "the detection found something"
    assert set(Notice.objects.values_list("user", flat=True)) == {first.pk, second.pk}
    assert not Notice.objects.filter(user=lead).exists()
    assert f"{n_open} case" in Notice.objects.filter(user=first).get().text
    work_here(request_detection(dataset, background=False, again=True))
    assert Notice.objects.filter(user=first).count() == 1, "the queue was not empty"


def test_nobody_is_told_when_nothing_was_opened(dataset):
    open_case(dataset, "s1")
    with told_when_ready(dataset, now()):
        open_case(dataset, "s2")
    assert not Notice.objects.exists()


def test_what_fails_in_between_tells_nobody(dataset):
    erin(dataset)
    with pytest.raises(RuntimeError), transaction.atomic(), told_when_ready(dataset, now()):
        open_case(dataset, "s1")
        raise RuntimeError
    assert not Notice.objects.exists()


def test_delivering_nothing_is_no_trouble(settings):
    assert deliver([]) == 0
