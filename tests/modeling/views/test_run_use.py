"""Predict a file and take the model away, from the run's page."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from annotation.actions.files.uploads import prune_uploads
from annotation.actions.jobs.work import work
from annotation.models import Job, Membership
from modeling.actions.proving.set_costs import set_costs
from modeling.actions.running.export_model import packed
from modeling.models import ModelRun
from tests import people
from tests.modeling import small_world
from tests.pages import html_of

pytestmark = pytest.mark.django_db
TWO = b"id,text\nn1,reset my password please\nn2,the card was charged twice\n"


@pytest.fixture
def run(tmp_path, settings):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.UPLOADS_DIR.mkdir()
    return small_world.trained(small_world.pool(tmp_path))


def post(client, run, content=TWO, name="new.csv", **data):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("predict", args=["support", run.pk]), {"file": file, **data})


def page(client, url):
    return html_of(client.get(url))


def test_a_file_is_predicted_by_a_job_and_fetched(client, run):
    client.force_login(people.leo(run.dataset))
    assert "Predict a file" in page(client, reverse("run", args=["support", run.pk]))
    assert "<b>text</b> (text)" in page(client, reverse("predict", args=["support", run.pk]))
    asked = post(client, run, id="id")
    job = Job.objects.get(kind="prediction")
    assert asked.url == reverse("job", args=["support", job.pk]) and work(job.pk).status == Job.DONE
    shown = page(client, asked.url)
    assert "2 rows predicted by run" in shown and reverse("predicted", args=["support", job.pk]) in shown
    answer = client.get(reverse("predicted", args=["support", job.pk]))
    assert 'filename="new-predicted.csv"' in answer["Content-Disposition"]
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0].split(",")[:2] == ["id", "predicted"] and lines[1].startswith("n1,access,")
    assert len(lines) == 3


def test_by_costs_where_the_lead_says_so(client, run):
    set_costs(run.dataset, pairs=[("payment", "access", 1000)])
    client.force_login(people.leo(run.dataset))
    post(client, run, id="id", costs="on")
    assert work(Job.objects.get(kind="prediction").pk).result["predicted"] == {"payment": 2, "access": 0}


@pytest.mark.parametrize(
    ("content", "data", "sentence"),
    [
        (b"id,words\na,b\n", {"id": "id"}, "Column &#x27;text&#x27;: the file has no such column"),
        (TWO, {"id": "number"}, "Column &#x27;number&#x27;: the file has no such column"),
        (b"", {}, "is empty"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_no_job(client, run, content, data, sentence):
    client.force_login(people.leo(run.dataset))
    response = post(client, run, content, **data)
    assert response.status_code == 400 and sentence in html_of(response)
    assert not Job.objects.filter(kind="prediction").exists()


def test_a_bad_row_fails_the_job_and_can_be_fetched_or_left_out(client, run):
    client.force_login(people.leo(run.dataset))
    content = TWO + b"n3,\n"
    asked = post(client, run, content, id="id")
    job = Job.objects.get(kind="prediction")
    assert work(job.pk).status == Job.FAILED
    shown = page(client, asked.url)
    assert "Row 4, column &#x27;text&#x27;" in shown and "Download the 1 row at fault" in shown
    rejected = b"".join(client.get(reverse("rejected_rows", args=["support", job.pk])).streaming_content)
    assert rejected.startswith(b"id,text,row,reason\r\nn3,,4,")
    post(client, run, content, id="id", accept_good="on")
    good = work(Job.objects.filter(kind="prediction").order_by("-id").first().pk)
    assert (good.status, good.result["rows"], good.result["rejected"]) == (Job.DONE, 2, 1)


def test_the_files_go_after_a_day_and_the_page_says_so(client, run):
    client.force_login(people.leo(run.dataset))
    post(client, run, id="id")
    job = Job.objects.get(kind="prediction")
    assert prune_uploads(timezone.now() + timedelta(days=2)) == 0, "a queued job needs it"
    work(job.pk)
    assert prune_uploads(timezone.now() + timedelta(days=2)) == 2
    url = reverse("predicted", args=["support", job.pk])
    assert client.get(url).status_code == 404


@pytest.mark.fault("somebody else's predicted file fetched")
def test_only_who_asked_fetches_it(client, run):
    client.force_login(people.leo(run.dataset))
    post(client, run, id="id")
    job = Job.objects.get(kind="prediction")
    work(job.pk)
    lena = people.user("lena")
    Membership.objects.create(dataset=run.dataset, user=lena, role=Membership.LEAD)
    client.force_login(lena)
    assert client.get(reverse("predicted", args=["support", job.pk])).status_code == 404


def test_the_model_is_downloaded_with_its_card(client, run):
    client.force_login(people.leo(run.dataset))
    answer = client.get(reverse("download_model", args=["support", run.pk]))
    assert answer.content == packed(run) and "support-run-" in answer["Content-Disposition"]
    assert "card.md" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()


def test_a_model_whose_file_is_gone_is_a_sentence(client, run, settings):
    client.force_login(people.leo(run.dataset))
    (settings.ARTIFACTS_DIR / run.artifact).unlink()
    answer = client.get(reverse("download_model", args=["support", run.pk]), follow=True)
    assert "The artifact" in html_of(answer)


@pytest.mark.parametrize("name", ["predict", "download_model"])
def test_others_get_nothing(client, run, name):
    url = reverse(name, args=["support", run.pk])
    client.force_login(people.erin(run.dataset))
    assert client.get(url).status_code == 404
    client.force_login(people.olga())
    assert client.get(url).status_code == 404 and client.post(url).status_code in (404, 405)
    assert ModelRun.objects.count() == 1
