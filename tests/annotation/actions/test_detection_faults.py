"""Detections that are killed, come twice or come late: nobody sees half of one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import bulk
from annotation.actions.detecting import detect as detecting
from annotation.actions.detecting import write_unseen
from annotation.actions.detecting.detect import request_detection
from annotation.actions.jobs.work import work, work_here
from annotation.actions.queue import open_cases
from annotation.models import Case, Detection, Finding, FindingItem, Flag, Group, GroupMember, Job
from annotation.reading.items.history import history_of
from annotation.reading.learned_order import newest_detection
from tests.annotation.actions.fake_detectors import Says, detect, one_finding, use
from tests.factories import imported

pytestmark = pytest.mark.django_db
WORDS = "parcel invoice counter engine window garden".split()  # noqa: SIM905
ROWS = [{"id": f"i{n}", "text": f"{word} {word[::-1]} refund", "label": ("late", "lost")[n % 2]}
        for n, word in enumerate(WORDS)]  # fmt: skip
TABLES = (Detection.every, Flag._base_manager, Group._base_manager, GroupMember._base_manager, Finding._base_manager,
          FindingItem._base_manager)  # fmt: skip


class Killed(BaseException):
    """As by SIGKILL: nothing catches it and nothing is tidied up."""


@pytest.fixture
def dataset(monkeypatch, tmp_path):
    use(monkeypatch, says=Says({"refund": 0.9}, one_finding))
    return imported(tmp_path, ROWS)


def killed_at(monkeypatch, model, times=1):
    """The process dies as it puts rows into this table for the so-manieth time."""
    insert, seen = bulk.insert, []

    def dying(into, columns, rows):
        seen.append(into)
        if seen.count(model) == times and into is model:
            raise Killed
        return insert(into, columns, rows)

    monkeypatch.setattr(bulk, "insert", dying)


def given_back(job):
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    return work_here(Job.objects.get(pk=job.pk))


def counts():
    return [manager.count() for manager in TABLES]


@pytest.mark.parametrize("model", [Flag, FindingItem])
@pytest.mark.fault("a worker is killed while a detection is written")
def test_of_a_detection_killed_while_written_nothing_is_seen(dataset, monkeypatch, fault, model):
    whole = detect(dataset)
    expected, seen = counts(), history_of(dataset.items.first())
    with monkeypatch.context() as dying:
        killed_at(dying, model)
        job = request_detection(dataset, again=True, background=False)
        with pytest.raises(Killed):
            work(job.pk)
    assert Detection.every.count() == 2 and newest_detection(dataset) == whole
    assert Flag.objects.count() == 6 and Finding.objects.count() == 1 and dataset.findings.count() == 1
    assert history_of(dataset.items.first()) == seen
    done = given_back(job)
    assert counts() == [2 * n for n in expected], "what the dead attempt left is gone"
    assert newest_detection(dataset).pk == done.result["detection"] and not Detection.every.filter(finished=False)
    fault.lost(6 - dataset.cases.open().count())


@pytest.mark.fault("a worker is killed while a detection opens its cases")
def test_a_detection_killed_between_its_cases_is_whole_and_the_retry_opens_the_rest(dataset, monkeypatch, fault):
    monkeypatch.setattr(open_cases, "PIECE", 2)
    job = request_detection(dataset, background=False)
    with monkeypatch.context() as dying:
        killed_at(dying, Case, times=2)
        with pytest.raises(Killed):
            work(job.pk)
    assert newest_detection(dataset).flags.count() == 6 and dataset.cases.open().count() == 2
    first = set(dataset.cases.open().values_list("id", flat=True))
    assert given_back(job).result["cases"] == 6
    assert first <= set(dataset.cases.open().values_list("id", flat=True)), "whoever had one of them still has it"
    fault.lost(6 - len(set(dataset.cases.open().values_list("case_items__item", flat=True))))


@pytest.mark.fault("a detection given up for dead finishes late")
def test_a_zombie_writes_nothing_more(dataset, monkeypatch, fault):
    job = request_detection(dataset, background=False)
    put, late = write_unseen._put, []

    def overtaken(model, *args, **more):
        if model is Flag and not late:
            late.append(job.pk)
            given_back(job)
        return put(model, *args, **more)

    monkeypatch.setattr(write_unseen, "_put", overtaken)
    work(job.pk)
    assert late and Detection.every.count() == 1 and Flag._base_manager.count() == 6
    done = Job.objects.get(pk=job.pk)
    assert (done.status, done.attempt) == (Job.DONE, 2) and newest_detection(dataset).pk == done.result["detection"]
    fault.lost(6 - dataset.cases.open().count())


@pytest.mark.fault("two detections of one dataset at once")
def test_of_two_at_once_the_later_one_has_the_queue(dataset, monkeypatch, fault):
    plan, quicker = detecting.plan_cases, []

    def overtaken(*args):
        if not quicker:
            quicker.append(None)
            use(monkeypatch, says=Says({"refund": 0.5}))
            quicker[0] = work_here(request_detection(dataset, again=True, background=False))
        return plan(*args)

    monkeypatch.setattr(detecting, "plan_cases", overtaken)
    slower = work_here(request_detection(dataset, background=False))
    assert newest_detection(dataset).pk == quicker[0].result["detection"] > slower.result["detection"]
    assert {flag.score for flag in Detection.objects.get(pk=slower.result["detection"]).flags.all()} == {0.9}
    assert dataset.cases.open().count() == slower.result["cases"] == 6
    scores = set(dataset.cases.open().values_list("score", flat=True))
    detect(dataset, again=True)
    fault.lost(len(scores - set(dataset.cases.open().values_list("score", flat=True))))


@pytest.mark.fault("an upgrade between two detections")
def test_after_an_upgrade_the_same_items_are_looked_at_again(dataset, monkeypatch):
    first = work_here(request_detection(dataset, background=False))
    assert request_detection(dataset, background=False) == first
    monkeypatch.setattr(detecting, "code_mark", lambda: "of another version")
    assert request_detection(dataset, background=False) != first


def test_no_transaction_of_a_large_detection_is_long(dataset, monkeypatch):
    """Every piece is as small as is asked for: six flags two at a time, six cases two at a time."""
    monkeypatch.setattr(write_unseen, "ROWS", 2)
    monkeypatch.setattr(open_cases, "PIECE", 2)
    pieces, insert = [], bulk.insert
    monkeypatch.setattr(bulk, "insert", lambda model, columns, rows: pieces.append(
        (model, insert(model, columns, rows))))  # fmt: skip
    assert detect(dataset).flags.count() == 6 and dataset.cases.open().count() == 6
    assert [n for model, n in pieces if model is Flag] == [2, 2, 2]
    assert [n for model, n in pieces if model is Case] == [2, 2, 2]
