import io
import logging
import re

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from annotation.actions.detecting.detect import request_detection
from annotation.actions.jobs import work as engine
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import UnableToWork, work, work_here
from annotation.core.detectors import DETECTORS
from annotation.core.log_ids import WithId
from annotation.models import Dataset, Job
from tests.factories import small_dataset
from tests.pages import html_of
from tests.people import leo, otto

pytestmark = pytest.mark.django_db


@pytest.fixture
def stderr():
    """What the log writes, by the handler that the settings made."""
    handler = next(one for one in logging.getLogger().handlers if any(isinstance(part, WithId) for part in one.filters))
    before = handler.setStream(io.StringIO())
    yield handler.stream
    handler.setStream(before)


@pytest.fixture
def client():
    client = Client(raise_request_exception=False)
    client.force_login(otto())
    return client


def planted(*args, **kwargs):
    raise RuntimeError("planted")


def test_a_view_that_raises_leaves_a_traceback_and_a_name_that_the_page_tells(client, stderr, monkeypatch):
    monkeypatch.setattr("annotation.views.datasets._with_counts", planted)
    answer = client.get("/")
    name = answer["X-Request-ID"]
    assert answer.status_code == 500 and f"<code>{name}</code>" in html_of(answer)
    said = stderr.getvalue()
    assert f"ERROR [request {name}] django.request: Internal Server Error: /" in said
    assert "Traceback" in said and "RuntimeError: planted" in said


def test_it_is_told_without_a_database_too(client, stderr, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("the database is gone")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", gone)
    answer = client.get("/")
    assert answer.status_code == 500 and answer["X-Request-ID"] in html_of(answer)
    assert "the database is gone" in stderr.getvalue()


@pytest.mark.parametrize(
    ("given", "kept"),
    [("from-the-proxy.17", True), ("short", False), ("two words", False), ("x" * 65, False), ("a\nERROR b", False)],
)
@pytest.mark.fault("lines of the log forged by a head")
def test_a_name_a_proxy_gave_is_kept_where_it_is_one(client, settings, given, kept):
    settings.BEHIND_PROXY = True
    name = client.get("/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert (name == given) == kept and name


def test_a_name_that_a_visitor_gave_is_not(client):
    assert client.get("/", headers={"X-Request-ID": "from-the-visitor.17"})["X-Request-ID"] != "from-the-visitor.17"


def test_what_is_not_there_is_no_line(client, stderr):
    assert client.get("/nowhere/").status_code == 404
    assert stderr.getvalue() == ""


def test_a_job_that_raises_leaves_a_traceback_under_its_name(stderr, monkeypatch):
    monkeypatch.setitem(engine.JOB_RUNNERS, "test", planted)
    job = work(enqueue("test", Dataset.objects.create(slug="d", name="D"), {}, background=False).pk)
    assert job.error == (
        f"This failed unexpectedly (RuntimeError: planted). The server's log has the details under job {job.pk}."
    )
    said = stderr.getvalue()
    assert f"ERROR [job {job.pk}] annotation.actions.jobs.work: job {job.pk} (test) failed" in said
    assert "Traceback" in said and "RuntimeError: planted" in said


class Broken:
    """A detector that cannot do anything."""

    needs: frozenset[str] = frozenset()

    def __getattr__(self, name):
        raise RuntimeError("planted")


def test_a_detector_that_raises_leaves_a_traceback_and_the_page_names_it(tmp_path, client, stderr, monkeypatch):
    monkeypatch.setitem(DETECTORS, "broken", Broken())
    dataset = small_dataset(tmp_path)
    job = work_here(request_detection(dataset, only=("broken", "outlier"), background=False))
    said = stderr.getvalue()
    assert f"ERROR [job {job.pk}] annotation.core.detectors.running: detector broken failed" in said
    assert "Traceback" in said and "RuntimeError: planted" in said and job.status == Job.DONE
    client.force_login(leo(dataset))
    page = html_of(client.get(reverse("job", args=[dataset.slug, job.pk])))
    assert re.search("The detector .?broken.? ", page) and "RuntimeError: planted" in page
    assert "broken, which failed" in html_of(client.get(reverse("jobs", args=[dataset.slug])))


def test_a_line_between_jobs_belongs_to_none(stderr):
    logging.getLogger("annotation").error("by the way")
    assert "ERROR [-] annotation: by the way" in stderr.getvalue()


def test_a_refusal_is_a_sentence_and_no_line(stderr, monkeypatch):
    def refuse(job, report):
        raise UnableToWork("There are no items yet.")

    monkeypatch.setitem(engine.JOB_RUNNERS, "test", refuse)
    job = work(enqueue("test", Dataset.objects.create(slug="d", name="D"), {}, background=False).pk)
    assert job.error == "There are no items yet." and stderr.getvalue() == ""
