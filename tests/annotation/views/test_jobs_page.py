from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.jobs import work as engine
from annotation.actions.jobs.ask_again import UnableToAskAgain, ask_again
from annotation.actions.jobs.cancel import cancel
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import UnableToWork, claim, work
from annotation.models import Dataset, Job
from annotation.reading.jobs import PAGE, list_jobs
from tests.factories import small_dataset
from tests.pages import html_of
from tests.people import erin, leo, olga

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset():
    return Dataset.objects.create(slug="d", name="D")


@pytest.fixture
def lead(client, dataset):
    client.force_login(leo(dataset))
    return client


def failed(dataset, sentence="There are no items yet; import some.", kind="training", **more):
    job = enqueue(kind, dataset, {"learner": "logistic", **more}, user=leo(dataset), background=False)
    Job.objects.filter(pk=job.pk).update(status=Job.FAILED, error=sentence, finished_at=timezone.now())
    return Job.objects.get(pk=job.pk)


def page_of(client, **query):
    return html_of(client.get(reverse("jobs", args=["d"]), query))


def test_it_lists_what_runs_waits_failed_and_was_done_newest_first(lead, dataset):
    done = enqueue("detection", dataset, {"only": []}, background=False)
    Job.objects.filter(pk=done.pk).update(status=Job.DONE)
    gone = failed(dataset)
    running = enqueue("reorder", dataset, {"after": 1})
    claim(running.pk)
    Job.objects.filter(pk=running.pk).update(progress=0.4, stage="learning from the decisions")
    waits = enqueue("comparison", dataset, {"before": "3", "after": "5", "snapshot": 1}, user=leo(dataset))
    page = page_of(lead)
    assert "<h1>2 jobs are under way, 1 failed</h1>" in page
    places = [page.index(reverse("job", args=["d", job.pk])) for job in (waits, running, gone, done)]
    assert places == sorted(places)
    assert "New order of the queue" in page and "3 with 5" in page and "by leo" in page and "by itself" in page
    assert "40&nbsp;%" in page and "learning from the decisions" in page and "waits for a worker" in page
    assert "There are no items yet; import some." in page and page.count("Ask again") == 1
    assert page.count(">Cancel<") == 2 and 'hx-trigger="every 2s"' in page


def test_under_way_and_failed_are_lists_of_their_own(lead, dataset):
    gone, waits = failed(dataset), enqueue("detection", dataset, {"only": []})
    of = {show: page_of(lead, show=show) for show in ("failed", "under-way", "nonsense")}
    seen = {show: [f"jobs/{job.pk}/" in page for job in (gone, waits)] for show, page in of.items()}
    assert seen == {"failed": [True, False], "under-way": [False, True], "nonsense": [True, True]}


def test_htmx_gets_the_list_alone_and_a_list_at_rest_asks_no_more(lead, dataset):
    failed(dataset)
    part = lead.get(reverse("jobs", args=["d"]), headers={"HX-Request": "true"})
    assert html_of(part).strip().startswith("<section") and "hx-trigger" not in html_of(part)


def test_long_lists_go_on_by_key(lead, dataset):
    jobs = [failed(dataset, n=n) for n in range(PAGE + 2)]
    first = list_jobs(dataset)
    assert [line.job.pk for line in first.lines] == [job.pk for job in jobs[:1:-1]] and first.before == jobs[2].pk
    rest = list_jobs(dataset, before=first.before)
    assert [line.job.pk for line in rest.lines] == [jobs[1].pk, jobs[0].pk] and rest.before is None
    assert f"?before={first.before}" in page_of(lead)


def test_parts_are_hidden_in_their_whole_unless_they_failed(dataset):
    whole = enqueue("sweep", dataset, {})
    quiet = enqueue("training", dataset, {"n": 1}, parent=whole)
    gone = failed(dataset, n=2)
    Job.objects.filter(pk=gone.pk).update(parent=whole)
    assert [line.job.pk for line in list_jobs(dataset).lines] == [gone.pk, whole.pk] and quiet.pk


def test_what_begins_by_itself_is_not_listed_once_it_is_done(dataset):
    job = enqueue("reorder", dataset, {"after": 1})
    assert len(list_jobs(dataset).lines) == 1
    Job.objects.filter(pk=job.pk).update(status=Job.DONE)
    assert list_jobs(dataset).heading == "No job here yet"
    Job.objects.filter(pk=job.pk).update(status=Job.FAILED)
    assert len(list_jobs(dataset).lines) == 1


def test_asked_again_it_is_a_new_job_and_the_old_one_waits_for_nobody(lead, dataset, monkeypatch):
    gone = failed(dataset, kind="test")
    answer = lead.post(reverse("job_again", args=["d", gone.pk]))
    again = Job.objects.latest("id")
    assert answer.url == reverse("job", args=["d", again.pk]) and again != gone
    assert (again.kind, again.params, again.seed, again.key) == (gone.kind, gone.params, gone.seed, gone.key)
    assert again.created_by == leo(dataset) and ask_again(gone, leo(dataset)) == again
    page = page_of(lead)
    assert "Ask again" not in page and "asked for again" in page and "<h1>1 job is under way</h1>" in page
    monkeypatch.setitem(engine.JOB_RUNNERS, "test", lambda job, report: lambda: {"run": 1})
    assert work(again.pk).status == Job.DONE


def test_an_import_whose_file_is_gone_says_so(lead, tmp_path):
    dataset = small_dataset(tmp_path, "d")
    job = Job.objects.get(kind="import")
    Job.objects.filter(pk=job.pk).update(status=Job.FAILED)
    assert "Ask again" in page_of(lead)
    next(tmp_path.glob("*.csv")).unlink()
    page = page_of(lead)
    assert "Ask again" not in page and "is no longer kept; choose it again." in page
    answer = lead.post(reverse("job_again", args=["d", job.pk]), follow=True)
    assert "is no longer kept; choose it again." in html_of(answer) and dataset.jobs.count() == 1


def test_what_is_under_way_or_done_is_not_asked_for_again(dataset):
    job = enqueue("training", dataset, {})
    with pytest.raises(UnableToAskAgain, match="is queued; only what failed or was cancelled"):
        ask_again(job, leo(dataset))


def test_a_job_is_cancelled_from_the_list_and_asked_for_again(lead, dataset):
    job = enqueue("training", dataset, {})
    answer = lead.post(reverse("cancel_job", args=["d", job.pk]), {"jobs": ""}, follow=True)
    assert answer.request["PATH_INFO"] == reverse("jobs", args=["d"]) and "Ask again" in html_of(answer)
    answer = lead.post(reverse("cancel_job", args=["d", job.pk]), {"jobs": ""}, follow=True)
    assert "there is nothing to cancel" in html_of(answer)


def test_what_no_worker_picks_up_is_told(lead, dataset):
    job = enqueue("training", dataset, {})
    assert "No worker has picked up" not in page_of(lead)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    assert "No worker has picked up" in page_of(lead)
    claim(job.pk)
    assert "No worker has picked up" not in page_of(lead)


def test_a_dataset_without_jobs(lead):
    assert "<h1>No job here yet</h1>" in page_of(lead)


@pytest.mark.parametrize("who", [erin, lambda dataset: olga()])
def test_only_leads_see_and_ask(client, dataset, who):
    gone = failed(dataset)
    client.force_login(who(dataset))
    assert client.get(reverse("jobs", args=["d"])).status_code == 404
    assert client.post(reverse("job_again", args=["d", gone.pk])).status_code == 404
    cancelled = enqueue("training", dataset, {"n": 9})
    cancel(cancelled, timezone.now())
    assert Job.objects.count() == 2


def test_another_datasets_job_is_not_there(lead, dataset):
    other = Dataset.objects.create(slug="other", name="Other")
    gone = failed(other)
    assert lead.post(reverse("job_again", args=["d", gone.pk])).status_code == 404


def test_what_a_job_refuses_stands_beside_it(lead, dataset, monkeypatch):
    def refuse(job, report):
        raise UnableToWork("There are no items <yet>.")

    monkeypatch.setitem(engine.JOB_RUNNERS, "test", refuse)
    work(enqueue("test", dataset, {}).pk)
    assert "There are no items &lt;yet&gt;." in page_of(lead)
