from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.jobs import work as engine
from annotation.actions.jobs.cancel import UnableToCancel, cancel
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.parts import LINKS, Part, Wait
from annotation.actions.jobs.reap import reap
from annotation.actions.jobs.work import UnableToWork, claim, work, work_here
from annotation.models import Dataset, Guideline, Job
from tests import people
from tests.pages import html_of
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset():
    return Dataset.objects.create(slug="d", name="D")


@pytest.fixture
def worked(monkeypatch):
    """Numbers of the parts that were worked, in order; a whole sums them up."""
    numbers = []

    def part(job, report):
        numbers.append(job.params["number"])
        report("at it", 0.5)
        return lambda: {"number": job.params["number"]}

    def whole(job, report):
        parts = job.parts.order_by("id")
        if not parts:
            return Wait([Part("part", {"number": number}) for number in range(job.params["parts"])])
        done = [part.result["number"] for part in parts if part.status == Job.DONE]
        return lambda: {"sum": sum(done), "lost": len(parts) - len(done)}

    monkeypatch.setitem(engine.JOB_RUNNERS, "part", part)
    monkeypatch.setitem(engine.JOB_RUNNERS, "whole", whole)
    return numbers


def asked(dataset, parts=3, **more):
    return enqueue("whole", dataset, {"parts": parts}, background=False, **more)


def begun(dataset, parts=3, **more):
    """A whole whose parts are written, and the parts."""
    whole = work(asked(dataset, parts, **more).pk)
    return whole, list(whole.parts.order_by("id"))


def silent(job, **ago):
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(**ago))


def test_it_works_without_a_worker(dataset, worked, rung):
    whole = work_here(asked(dataset))
    assert (whole.status, whole.result, whole.progress) == ("done", {"sum": 3, "lost": 0}, 1.0)
    assert worked == [0, 1, 2] and rung == []
    assert whole.children.count() == 3 and set(whole.parts.values_list("status", flat=True)) == {"done"}


def test_a_whole_waits_outside_of_any_worker_and_the_last_part_queues_it(dataset, worked, rung):
    whole, parts = begun(dataset)
    assert (whole.status, whole.attempt, whole.result) == ("waiting", 0, None)
    for number, part in enumerate(parts):
        whole.refresh_from_db()
        assert (whole.status, round(whole.progress, 3)) == ("waiting", round(number / 3, 3))
        work(part.pk)
    whole.refresh_from_db()
    assert (whole.status, whole.progress) == ("queued", 1.0)
    assert work(whole.pk).result == {"sum": 3, "lost": 0}


def test_parts_ring_for_one_another_so_that_other_jobs_get_a_turn(
    dataset, worked, rung, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        whole, parts = begun(dataset, parts=5)
    ids = [part.pk for part in parts]
    assert rung == ids[:LINKS]
    for at, part in enumerate(parts):
        with django_capture_on_commit_callbacks(execute=True):
            work(part.pk)
        assert rung == (ids[: LINKS + at + 1] if at < 4 else [*ids, whole.pk])


def test_the_reaper_leaves_parts_whose_turn_has_not_come(dataset, worked, rung):
    _, parts = begun(dataset, parts=5)
    rung.clear()
    assert reap(timezone.now() + timedelta(seconds=20)) == [part.pk for part in parts[:LINKS]]


def test_parts_that_were_there_are_used_again(dataset, worked, rung):
    work_here(enqueue("part", dataset, {"number": 1}, background=False))
    other = enqueue("part", dataset, {"number": 2}, background=False)
    whole = work_here(asked(dataset))
    assert worked == [1, 2, 0] and whole.result["sum"] == 3
    assert whole.children.count() == 1 and whole.parts.count() == 3 and Job.objects.get(pk=other.pk).parent is None


def test_two_wholes_share_a_part(dataset, worked, rung):
    first, parts = begun(dataset)
    second, shared = begun(dataset, parts=2)
    assert shared == parts[:2]
    for part in shared:
        work(part.pk)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("waiting", "queued")
    with pytest.raises(UnableToCancel, match="is done already; there is nothing to cancel"):
        cancel(work_here(second), timezone.now())


def test_all_parts_done_before_is_no_waiting_at_all(dataset, worked, rung):
    work_here(asked(dataset))
    again = work(asked(dataset, again=True).pk)
    assert (again.status, again.children.count(), worked) == ("queued", 0, [0, 1, 2])


def test_a_part_that_fails_does_not_hold_up_the_whole(dataset, worked, rung, monkeypatch):
    def fail(job, report):
        raise UnableToWork("No.")

    whole, parts = begun(dataset)
    for part in parts[:2]:
        work(part.pk)
    monkeypatch.setitem(engine.JOB_RUNNERS, "part", fail)
    work(parts[2].pk)
    assert work_here(whole).result == {"sum": 1, "lost": 1}


@pytest.mark.fault("a worker is killed in one part of a job")
def test_a_killed_worker_loses_no_more_than_its_part(dataset, worked, rung):
    whole, parts = begun(dataset)
    work(parts[0].pk)
    killed = claim(parts[1].pk)
    silent(killed, minutes=1)
    assert parts[1].pk in reap(timezone.now())
    for part in parts[1:]:
        work(part.pk)
    assert work_here(whole).result["sum"] == 3
    assert worked == [0, 1, 2] and Job.objects.get(pk=parts[1].pk).attempt == 2


@pytest.mark.fault("a part of a job that always kills its worker")
def test_a_part_whose_workers_died_three_times_does_not_hold_up_the_whole(dataset, worked, rung):
    whole, parts = begun(dataset)
    for _ in range(3):
        claim(parts[2].pk)
        silent(parts[2], minutes=1)
        reap(timezone.now())
    for part in parts[:2]:
        work(part.pk)
    reap(timezone.now())
    assert work_here(whole).result == {"sum": 1, "lost": 1}


@pytest.mark.fault("a worker is killed while it writes the parts of a job")
def test_a_worker_killed_while_it_writes_the_parts_leaves_none(dataset, worked, rung, monkeypatch):
    monkeypatch.setattr("annotation.actions.jobs.work.begin", lambda *args: Guideline.objects.create(version=1))
    job = work(asked(dataset).pk)
    assert job.status == "failed" and not Job.objects.filter(kind="part").exists()


def test_attempts_of_the_closing_stage_count_anew_and_a_zombie_of_the_first_is_told_apart(dataset, worked, rung):
    job = asked(dataset, parts=1)
    zombie = claim(job.pk)
    silent(job, minutes=1)
    assert work(job.pk).status == "waiting"
    work(job.parts.get().pk)
    closing = claim(job.pk)
    assert (zombie.attempt, closing.attempt) == (1, 1)
    with pytest.raises(engine.Superseded):
        engine.reporter(zombie)("back again", 0.5)
    engine.reporter(closing)("closing", 0.5)


@pytest.mark.fault("a job whose parts are over was missed")
def test_the_reaper_queues_a_whole_that_was_missed(dataset, worked, rung):
    whole, parts = begun(dataset)
    Job.objects.filter(parent=whole).update(status=Job.DONE, result={"number": 7})
    assert reap(timezone.now()) == []
    whole.refresh_from_db()
    assert whole.status == "queued" and work_here(whole).result["sum"] == 21


def test_cancel_takes_the_parts_along_and_asked_again_uses_what_was_done(dataset, worked, rung):
    whole, parts = begun(dataset)
    work(parts[0].pk)
    running = claim(parts[1].pk)
    cancel(whole, timezone.now())
    states = [Job.objects.get(pk=part.pk).status for part in parts]
    assert (whole.status, states) == ("cancelled", ["done", "cancelled", "cancelled"])
    with pytest.raises(engine.Superseded):
        engine.reporter(running)("on", 0.7)
    again = work_here(asked(dataset))
    assert again != whole and again.result["sum"] == 3 and worked == [0, 1, 2]


@pytest.mark.fault("a part that runs is cancelled")
def test_a_cancelled_part_that_runs_writes_nothing(dataset, rung, monkeypatch):
    def runner(job, report):
        cancel(job, timezone.now())
        return lambda: Guideline.objects.create(dataset=dataset, version=1, text="x") and {}

    monkeypatch.setitem(engine.JOB_RUNNERS, "part", runner)
    job = work(enqueue("part", dataset, {}, background=False).pk)
    assert job.status == "cancelled" and not Guideline.objects.exists()
    with pytest.raises(UnableToWork, match="The job was cancelled"):
        work_here(job)


def test_cancelling_leaves_a_part_that_another_whole_waits_for(dataset, worked, rung):
    first, parts = begun(dataset)
    second, _ = begun(dataset, parts=2)
    cancel(first, timezone.now())
    assert [Job.objects.get(pk=part.pk).status for part in parts] == ["queued", "queued", "cancelled"]
    assert work_here(second).result == {"sum": 1, "lost": 0}


def test_a_cancelled_part_lets_the_whole_go_on(dataset, worked, rung):
    whole, parts = begun(dataset)
    cancel(parts[0], timezone.now())
    assert work_here(whole).result == {"sum": 3, "lost": 1}


def test_a_lead_cancels_by_a_press_and_nobody_else_does(client, dataset, worked, rung):
    whole, parts = begun(dataset)
    url = reverse("cancel_job", args=["d", whole.pk])
    for person in (people.erin(dataset), people.olga()):
        client.force_login(person)
        assert client.post(url).status_code == 404
    client.force_login(people.leo(dataset))
    assert client.get(url).status_code == 405
    page = html_of(client.get(reverse("job", args=["d", whole.pk])))
    assert "0 of 3 parts are done" in page and f'action="{url}"' in page
    assert client.post(url, follow=True).status_code == 200
    whole.refresh_from_db()
    assert whole.status == "cancelled" and not whole.parts.unfinished().exists()
    assert "is cancelled already" in html_of(client.post(url, follow=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.fault("two workers end the last two parts at once")
def test_two_workers_that_end_the_last_two_parts_at_once_queue_the_whole_once(dataset, worked, rung):
    def each(pk):
        return work(pk, rings=False).status

    for round_ in range(5):
        whole, parts = begun(dataset, parts=2, again=True)
        Job.objects.filter(kind="part").update(status=Job.QUEUED, attempt=0)
        Job.objects.filter(pk=whole.pk).update(status=Job.WAITING)

        def both(pk):
            return each(pk), Job.objects.get(pk=whole.pk).status  # noqa: B023

        found = in_threads(both, [part.pk for part in parts])
        assert [status for status, _ in found] == ["done", "done"]
        assert "queued" in [status for _, status in found], round_
