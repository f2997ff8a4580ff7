import json
import logging
import shutil
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from annotation.core.running.log_lines import JsonLine, PlainLine, shown_path
from annotation.models import Dataset, Job, Process
from annotation.reading.operating import readiness
from tests.factories import small_dataset
from tests.pages import html_of
from tests.people import leo, otto

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-the-metrics"


@pytest.fixture
def look(monkeypatch, settings):
    """Every look is a new one."""
    settings.REDIS_URL = ""
    monkeypatch.setattr(readiness.LOOK, "at", float("-inf"))
    monkeypatch.setattr(readiness, "KEPT", -1.0)


def worker(heard=None):
    now = timezone.now()
    Process.objects.create(host="h", pid=2, kind="worker", version="0", started_at=now, heard_at=heard or now)


def ask(path, **headers):
    return Client(raise_request_exception=False).get(path, headers=headers)


def test_health_asks_nobody(django_assert_num_queries, settings):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["labels.example.org"], True
    with django_assert_num_queries(0):
        answer = Client(headers={"host": "10.0.0.7"}).get("/health/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_tells_strangers_no_more_than_yes_or_no(look):
    worker()
    answer = ask("/ready/")
    parts = dict.fromkeys(("database", "migrations", "worker", "disk"), "ok")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "parts": parts})


def test_without_a_worker_it_is_not_ready_and_whoever_has_the_token_learns_why(look, settings):
    settings.METRICS_TOKEN = TOKEN
    answer = ask("/ready/", authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 503 and answer.json()["parts"]["worker"] == "not ok"
    assert "none showed life" in answer.json()["said"]["worker"]
    assert "said" not in ask("/ready/", authorization="Bearer guessed").json()


@pytest.mark.fault("disk full at readiness")
def test_a_full_disk_is_told(look, settings, monkeypatch):
    worker()
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=10_000_000))
    answer = ask("/ready/")
    assert answer.status_code == 503 and answer.json()["parts"]["disk"] == "not ok"


@pytest.mark.fault("broker down at readiness")
def test_a_broker_that_is_down_is_told(look, settings):
    worker()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = ask("/ready/")
    assert answer.status_code == 503 and answer.json()["parts"]["broker"] == "not ok"


@pytest.mark.fault("database down at readiness")
def test_a_database_that_is_down_is_told(look, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("the database is gone, user me at 10.0.0.1")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", gone)
    monkeypatch.setattr(connection, "close", lambda: None)
    answer = ask("/ready/")
    assert answer.status_code == 503 and answer.json()["parts"]["database"] == "not ok"
    assert b"10.0.0.1" not in answer.content and ask("/health/").status_code == 200


def test_migrations_that_wait_are_told(look, monkeypatch):
    worker()
    monkeypatch.setattr(readiness.MigrationExecutor, "migration_plan", lambda self, nodes: ["one"])
    assert ask("/ready/").json()["parts"]["migrations"] == "not ok"


def test_a_look_is_kept_for_a_moment():
    looked, now = [], [0.0]
    kept = readiness.KeptLook(lambda: looked.append(1) or {}, lambda: now[0])
    for at in (0.0, 1.0, 2.9, 3.1):
        now[0] = at
        kept.take()
    assert len(looked) == 2


def test_there_are_no_metrics_without_a_token(settings):
    settings.METRICS_TOKEN = ""
    assert ask("/metrics/", authorization="Bearer ").status_code == 404


def test_metrics_are_for_whoever_has_it(look, settings):
    settings.METRICS_TOKEN = TOKEN
    assert ask("/metrics/").status_code == ask("/metrics/", authorization="Bearer x").status_code == 401
    worker()
    dataset = Dataset.objects.create(slug="d", name="D")
    now = timezone.now()
    Job.objects.create(kind="training", key="a", dataset=dataset, created_at=now - timedelta(seconds=90))
    Job.objects.create(
        kind="import", key="b", status=Job.FAILED, started_at=now - timedelta(seconds=30), finished_at=now
    )
    ask("/login/")
    text = ask("/metrics/", authorization=f"Bearer {TOKEN}").content.decode()
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(figures['secondlook_jobs{kind="training",status="queued"}']) == 1
    assert 90 <= float(figures["secondlook_oldest_waiting_job_seconds"]) < 120
    assert float(figures['secondlook_job_seconds_max{kind="import",status="failed"}']) == pytest.approx(30, abs=1)
    assert float(figures['secondlook_answers_total{method="GET",page="login",status="200"}']) >= 1
    assert float(figures['secondlook_processes{kind="worker"}']) == 1
    assert float(figures["secondlook_disk_free_bytes"]) > 0


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "annotation.requests")
    return caplog


def test_each_request_is_a_line_without_secrets(lines, tmp_path):
    dataset = small_dataset(tmp_path)
    client = Client()
    client.force_login(leo(dataset))
    client.get(f"/d/{dataset.slug}/findings/?q=secret-word")
    client.get("/login/reset/MQ/c8k2ab-0123456789abcdef0123456789abcdef/")
    client.get("/invitation/dGhpcyBpcyBhIHNlY3JldA")
    said = lines.text
    assert f"GET /d/{dataset.slug}/findings/ 200" in said and f"user {leo(dataset).pk}" in said
    for secret in ("secret-word", "0123456789abcdef", "dGhpcyBpcyBhIHNlY3JldA"):
        assert secret not in said


@pytest.mark.fault("log injection")
def test_no_request_writes_a_line_of_its_own(lines):
    Client().get("/a%0aERROR%20b%0d%1b[2J%e2%80%a8x/")
    record = next(one for one in lines.records if one.name == "annotation.requests")
    for formatter in (PlainLine("%(levelname)s %(message)s"), JsonLine()):
        written = formatter.format(record)
        assert len(written.splitlines()) == 1 and "\x1b" not in written
    logged = logging.LogRecord("annotation", logging.WARNING, "f", 1, "name %s", ("x\nERROR y\u2028z",), None)
    assert len(PlainLine("%(message)s").format(logged).splitlines()) == 1
    assert json.loads(JsonLine().format(logged))["message"] == "name x\nERROR y\u2028z"


def test_a_traceback_begins_no_line_as_a_record_does():
    try:
        raise ValueError("x\n2026-11-30 ERROR forged")
    except ValueError as error:
        record = logging.LogRecord("a", logging.ERROR, "f", 1, "failed", (), (type(error), error, error.__traceback__))
    first, *rest = PlainLine("%(message)s").format(record).splitlines()
    assert first == "failed" and all(line.startswith("  ") for line in rest)


def test_parts_of_a_path_that_may_be_secrets_are_left_out():
    assert shown_path("/d/a-slug-that-is-long/x/", frozenset({"a-slug-that-is-long"})) == "/d/a-slug-that-is-long/x/"
    assert shown_path("/invitation/abcdefghijklmnop/") == "/invitation/…/"


def test_a_job_knows_the_request_that_asked_for_it(tmp_path, django_capture_on_commit_callbacks):
    dataset = small_dataset(tmp_path)
    client = Client()
    client.force_login(leo(dataset))
    name = client.post(f"/d/{dataset.slug}/detect/")["X-Request-ID"]
    assert Job.objects.get(kind="detection").asked_in == name


def test_the_operator_sees_how_the_site_runs(look, tmp_path):
    dataset = small_dataset(tmp_path)
    worker(timezone.now() - timedelta(minutes=5))
    Job.objects.create(kind="training", key="a", dataset=dataset, status=Job.FAILED, error="It <b>failed</b>.")
    client = Client()
    client.force_login(otto())
    page = html_of(client.get("/operator/"))
    assert "The site is not ready: see worker" in page and "silent" in page and "It &lt;b&gt;failed" in page
    client.force_login(leo(dataset))
    assert client.get("/operator/").status_code == 404
    assert Client().get("/operator/").status_code == 302


@pytest.mark.parametrize(
    ("behind", "said", "shown"),
    [
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (True, "x\nERROR", "127.0.0.1"),
        (False, "203.0.113.9", "127.0.0.1"),
    ],
)
def test_the_address_is_the_proxy_s_word_only_where_there_is_one(lines, settings, behind, said, shown):
    settings.BEHIND_PROXY = behind
    ask("/login/", x_forwarded_for=said)
    assert f"from {shown}\n" in lines.text
