from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.actions.jobs import work as engine
from annotation.actions.jobs.doorbell import DOORBELL
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.reap import reap
from annotation.actions.jobs.work import UnableToWork, claim, work, work_here, work_in_turn, work_what_waits
from annotation.models import Dataset, Guideline, Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset():
    return Dataset.objects.create(slug="d", name="D")


def runs(monkeypatch, runner):
    monkeypatch.setitem(engine.JOB_RUNNERS, "test", runner)


def guideline(dataset, version=1):
    return Guideline.objects.create(dataset=dataset, version=version, text="x")


def stale(job):
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=1))


def test_a_job_is_done_with_its_result(monkeypatch, dataset, rung):
    runs(monkeypatch, lambda job, report: lambda: {"rows": 3})
    job = work_here(enqueue("test", dataset, {}, background=False))
    assert (job.status, job.result, job.attempt, job.progress) == ("done", {"rows": 3}, 1, 1.0)
    assert rung == []


def test_the_doorbell_rings_on_commit_only(dataset, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = enqueue("test", dataset, {})
        assert rung == []
    assert rung == [job.pk]


def test_asked_twice_is_one_job_and_again_is_another(dataset, rung):
    first = enqueue("test", dataset, {"a": 1}, inputs="x")
    assert enqueue("test", dataset, {"a": 1}, inputs="x") == first
    assert enqueue("test", dataset, {"a": 1}, inputs="y") != first
    assert enqueue("test", dataset, {"a": 1}, inputs="x", again=True) != first


def test_two_live_jobs_with_one_key_are_refused_by_the_database(dataset):
    Job.objects.create(kind="test", key="k")
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind="test", key="k")


def test_a_failed_job_says_its_sentence_and_starts_anew(monkeypatch, dataset):
    def fail(job, report):
        raise UnableToWork("There are no items yet; import some.")

    runs(monkeypatch, fail)
    first = enqueue("test", dataset, {}, background=False)
    with pytest.raises(UnableToWork, match="There are no items yet"):
        work_here(first)
    assert Job.objects.get(pk=first.pk).error == "There are no items yet; import some."
    assert enqueue("test", dataset, {}, background=False) != first


@pytest.mark.fault("write of a job fails halfway")
def test_a_write_that_fails_leaves_nothing(monkeypatch, dataset):
    def write():
        guideline(dataset)
        raise RuntimeError("half-way")

    runs(monkeypatch, lambda job, report: write)
    with pytest.raises(UnableToWork, match="failed unexpectedly"):
        work_here(enqueue("test", dataset, {}, background=False))
    assert not Guideline.objects.exists()


@pytest.mark.fault("two workers take the same job")
def test_only_one_worker_wins_a_job(dataset):
    job = enqueue("test", dataset, {}, background=False)
    assert claim(job.pk).attempt == 1
    assert claim(job.pk) is None


@pytest.mark.fault("zombie finishes late")
def test_a_stale_job_is_given_back_and_a_zombie_cannot_write(monkeypatch, dataset, rung):
    job = enqueue("test", dataset, {}, background=False)

    def superseded(claimed, report):
        stale(job)
        reap(timezone.now())
        runs(monkeypatch, lambda job, report: lambda: {"by": "the second"})
        work(job.pk)
        return lambda: guideline(dataset) and {"by": "the zombie"}

    runs(monkeypatch, superseded)
    work(job.pk)
    job.refresh_from_db()
    assert (job.status, job.result, job.attempt) == ("done", {"by": "the second"}, 2)
    assert not Guideline.objects.exists()


@pytest.mark.fault("zombie reports progress")
def test_progress_of_a_zombie_stops_it(monkeypatch, dataset, rung):
    job = enqueue("test", dataset, {}, background=False)
    reached = []

    def superseded(claimed, report):
        Job.objects.filter(pk=job.pk).update(attempt=7)
        report("on", 0.5)
        reached.append("after the report")

    runs(monkeypatch, superseded)
    work(job.pk)
    assert reached == []


@pytest.mark.fault("message to the worker lost in an emptied broker")
def test_the_reaper_rings_again_for_what_nobody_picked_up(dataset, rung):
    job = enqueue("test", dataset, {}, background=False)
    now = timezone.now()
    assert reap(now) == []
    assert reap(now + timedelta(seconds=20)) == [job.pk]
    assert reap(now + timedelta(seconds=21)) == []
    assert rung == [job.pk]


@pytest.mark.fault("a job that always dies")
def test_after_three_attempts_the_job_fails_with_a_sentence(dataset, rung):
    job = enqueue("test", dataset, {}, background=False)
    for _ in range(3):
        assert claim(job.pk)
        stale(job)
        reap(timezone.now())
    job.refresh_from_db()
    assert job.status == "failed" and "died three times" in job.error


def test_without_redis_a_job_is_its_row_and_nothing_else(
    monkeypatch, dataset, settings, django_capture_on_commit_callbacks
):
    settings.REDIS_URL = ""
    monkeypatch.setattr(DOORBELL, "ring", lambda job: pytest.fail("rung"))
    with django_capture_on_commit_callbacks(execute=True):
        job = enqueue("test", dataset, {})
    assert reap(timezone.now() + timedelta(minutes=1)) == []
    claim(job.pk)
    stale(job)
    assert reap(timezone.now()) == [job.pk]


def test_a_worker_takes_what_waits_oldest_first_and_parts_last(monkeypatch, dataset):
    taken = []
    runs(monkeypatch, lambda job, report: taken.append(job.pk) or (lambda: {}))
    whole = Job.objects.create(kind="whole", key="w", status=Job.WAITING)
    part = enqueue("test", dataset, {"n": 0}, parent=whole)
    jobs = [enqueue("test", dataset, {"n": n}) for n in (1, 2, 3, 4)]
    claim(jobs[0].pk)
    claim(jobs[1].pk)
    stale(jobs[1])
    work_what_waits(idle_seconds=0)
    assert taken == [jobs[1].pk, jobs[2].pk, jobs[3].pk, part.pk]


def test_a_worker_takes_the_jobs_of_its_lane(monkeypatch, dataset, settings):
    taken = []
    for kind in ("test", "reorder"):
        monkeypatch.setitem(engine.JOB_RUNNERS, kind, lambda job, report: lambda: {"kind": taken.append(job.kind)})
    heavy, quick = (enqueue(kind, dataset, {}, background=False) for kind in ("test", "reorder"))
    settings.WORKS = "quick"
    assert work_in_turn(heavy.pk).pk == quick.pk and work_in_turn(heavy.pk) is None
    work_what_waits(idle_seconds=0)
    assert taken == ["reorder"]
    settings.WORKS = "heavy"
    later = enqueue("reorder", dataset, {"again": 1}, background=False)
    assert work_in_turn(later.pk).pk == heavy.pk and work_in_turn(later.pk) is None
    settings.WORKS = "all"
    assert work_in_turn(heavy.pk).pk == later.pk


@pytest.mark.fault("job that always kills its worker")
def test_what_killed_three_workers_is_not_taken_again(dataset):
    job = enqueue("test", dataset, {})
    for attempt in (1, 2, 3):
        assert claim(job.pk).attempt == attempt
        stale(job)
    assert not Job.objects.to_be_worked(timezone.now()).exists()


@pytest.mark.fault("worker told to end, in one process")
def test_a_worker_told_to_end_gives_its_job_back_and_it_costs_no_attempt(monkeypatch, dataset):
    def reporting(job, report):
        raise SystemExit(0)

    runs(monkeypatch, reporting)
    job = enqueue("test", dataset, {})
    with pytest.raises(SystemExit):
        work(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempt) == ("queued", 0)
    runs(monkeypatch, lambda job, report: lambda: {"n": 1})
    work_what_waits(idle_seconds=0)
    job.refresh_from_db()
    assert (job.status, job.result, job.attempt) == ("done", {"n": 1}, 1)


def test_a_job_is_finished_when_it_has_written(monkeypatch, dataset):
    written = []
    runs(monkeypatch, lambda job, report: lambda: written.append(timezone.now()) or {})
    job = work_here(enqueue("test", dataset, {}, background=False))
    assert job.finished_at >= written[0]


@pytest.mark.fault("worker given up for dead writes on in short transactions")
def test_a_worker_given_up_for_dead_writes_no_further_piece(monkeypatch, dataset):
    def run(job, report):
        for version in (1, 2):
            with transaction.atomic():
                report("writing", version / 2)
                guideline(dataset, version)
            Job.objects.update(attempt=2)
        return lambda: {}

    runs(monkeypatch, run)
    work(enqueue("test", dataset, {}, background=False).pk)
    assert Guideline.objects.count() == 1 and Job.objects.get().status == "running"


@pytest.mark.fault("one dataset asks for many jobs at once")
def test_datasets_take_turns(monkeypatch, dataset):
    worked = []
    runs(monkeypatch, lambda job, report: lambda: worked.append(job.pk) or {})
    many = [enqueue("test", dataset, {"n": n}, background=False).pk for n in range(4)]
    claim(many[0])
    other = enqueue("test", Dataset.objects.create(slug="other", name="Other"), {}, background=False).pk
    assert work_in_turn(many[1]).pk == other
    for rung_for in (other, many[1], many[2]):
        assert work_in_turn(rung_for) is not None
    assert work_in_turn(many[3]) is None and worked == [other, *many[1:]]
