"""A large detection goes through its pieces side by side, and finds what it finds in one go."""

import os
import shutil
from datetime import timedelta

import numpy as np
import pytest
from django.conf import settings
from django.utils import timezone

from annotation.actions.detecting import pieces
from annotation.actions.detecting.detect import request_detection
from annotation.actions.jobs.reap import reap
from annotation.actions.jobs.work import UnableToWork, work, work_here
from annotation.actions.queue.decide import decide
from annotation.core.artifacts import bytes_to_arrays, load_bytes
from annotation.core.judging import desk
from annotation.models import CurrentLabel, Flag, Item, Job
from tests.factories import answer, imported
from tests.people import erin

pytestmark = pytest.mark.django_db
WORDS = {"late": "parcel delayed waiting courier post", "lost": "refund money account charged card"}


def some(tmp_path, n=90, seed=0):
    """n items of two classes; every ninth label is wrong, and every tenth item is the one before with a word more."""
    rng, rows = np.random.default_rng(seed), []
    for number in range(n):
        label = ("late", "lost")[number % 2]
        text = (
            f"{number} " + " ".join(rng.choice(WORDS[label].split(), 5)) + " " + " ".join(rng.choice(list("abcdef"), 3))
        )
        if number % 10 == 9:
            text = rows[-1]["text"] + " please"
        given = label if number % 9 else ("lost", "late")[number % 2]
        rows.append({"id": f"i{number}", "text": text, "label": given})
    return imported(tmp_path, rows)


@pytest.fixture
def many(monkeypatch):
    """Any number of items counts as many, and a few make a piece."""
    monkeypatch.setattr(pieces, "MANY", 0)
    monkeypatch.setattr(desk, "EACH", 40)


def asked(dataset, **more):
    return request_detection(dataset, background=False, again=True, **more)


def found(dataset, job):
    """All that a detection wrote, by the items' numbers."""
    detection = dataset.detections.get(pk=job.outcome["detection"])
    flags = Flag.objects.filter(detection=detection).order_by("detector", "item")
    arrays = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, detection.arrays))
    return (
        list(flags.values_list("detector", "item", "score", "reason", "suggested")),
        list(detection.groups.order_by("digest").values_list("digest", "size", "in_conflict")),
        list(detection.findings.order_by("key").values_list("key", "reason", "n")),
        {name: array.tolist() for name, array in arrays.items()},
        detection.index, detection.failed, detection.not_applicable,
    )  # fmt: skip


def test_pieces_side_by_side_find_the_very_same(tmp_path, monkeypatch):
    dataset = some(tmp_path)
    whole = work_here(asked(dataset))
    monkeypatch.setattr(pieces, "MANY", 0)
    monkeypatch.setattr(desk, "EACH", 40)
    monkeypatch.setattr("annotation.core.likeness.neighbours.EXHAUSTIVE", 20)
    job = work_here(asked(dataset))
    parts = [(part.params["kind"], part.params["number"]) for part in job.parts.order_by("id")]
    assert parts == [
        (kind, number) for own, by_fold in (("cell", "first"), ("near", "second"))
        for kind, count in ((own, 2), (by_fold, 10)) for number in range(count)
    ]  # fmt: skip
    assert Flag.objects.filter(detection__job=job).exists()
    monkeypatch.setattr(pieces, "MANY", 10**9)
    again = work_here(asked(dataset))
    assert not again.parts.exists() and found(dataset, job) == found(dataset, again)
    # more than a few thousand items meet some of the others only, and all of these few
    assert found(dataset, whole)[1] == found(dataset, job)[1]


class Killed(BaseException):
    """As by SIGKILL."""


@pytest.mark.fault("a worker is killed in one piece of a detection")
def test_a_killed_worker_loses_its_own_piece_alone(tmp_path, many, monkeypatch, fault):
    dataset = some(tmp_path)
    whole = found(dataset, work_here(asked(dataset)))
    job = asked(dataset)
    work(job.pk)
    parts, did, gone = list(Job.objects.filter(wholes=job).order_by("id")), pieces.do, []

    def counted(at, piece, report):
        gone.append(piece.name)
        if gone == ["cell-0", "cell-1"]:
            raise Killed
        did(at, piece, report)

    with monkeypatch.context() as watched:
        watched.setattr(pieces, "do", counted)
        work(parts[0].pk)
        with pytest.raises(Killed):
            work(parts[1].pk)
        Job.objects.filter(pk=parts[1].pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
        for part in parts[1:]:
            work(part.pk)
    assert gone[:4] == ["cell-0", "cell-1", "cell-1", "first-0"] and len(gone) == len(parts) + 1
    done = work_here(Job.objects.get(pk=job.pk))
    fault.lost(int(found(dataset, done) != whole))


@pytest.mark.fault("the first of a detection's workers is killed as it lays out")
def test_what_was_laid_out_is_not_worked_out_again(tmp_path, many, monkeypatch, fault):
    dataset, job = some(tmp_path), None
    put = desk.Desk.put

    def dies(self, name, arrays):
        if name == "centres":
            raise Killed
        put(self, name, arrays)

    job = asked(dataset)
    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(desk.Desk, "put", dies)
        work(job.pk)
    monkeypatch.setattr(desk, "regroup_items", lambda *args: 1 / 0)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    fault.lost(int(work_here(Job.objects.get(pk=job.pk)).status != Job.DONE))


def test_a_piece_whose_job_failed_is_made_up_for(tmp_path, many):
    dataset = some(tmp_path)
    whole = found(dataset, work_here(asked(dataset)))
    job = asked(dataset)
    work(job.pk)
    for part in Job.objects.filter(wholes=job).order_by("id")[:4]:
        Job.objects.filter(pk=part.pk).update(status=Job.FAILED, error="The worker died three times.")
    assert found(dataset, work_here(Job.objects.get(pk=job.pk))) == whole


def test_where_the_files_are_gone_all_is_worked_out_at_once(tmp_path, many):
    dataset = some(tmp_path)
    job = asked(dataset)
    work(job.pk)
    shutil.rmtree(pieces.desk_of(job.pk).folder)
    done = work_here(Job.objects.get(pk=job.pk))
    assert done.status == Job.DONE and {part.status for part in done.parts.all()} == {Job.FAILED}
    assert "is not in this data folder" in done.parts.first().error


def test_the_pool_is_what_it_was_at_first_whatever_came_in_between(tmp_path, many):
    dataset = some(tmp_path)
    whole = work_here(asked(dataset))
    job = asked(dataset)
    work(job.pk)
    expert, case = erin(dataset), dataset.cases.open().first()
    decide(case, expert, answer(dataset, "late"), timezone.now())
    before = CurrentLabel.objects.count()
    done = work_here(Job.objects.get(pk=job.pk))
    assert found(dataset, done) == found(dataset, whole) and CurrentLabel.objects.count() == before
    job = asked(dataset)
    work(job.pk)
    Item.objects.filter(dataset=dataset).order_by("id")[:1].get().case_items.all().delete()
    Item.objects.filter(pk=Item.objects.filter(dataset=dataset).order_by("id").first().pk).update(split="taken back")
    with pytest.raises(UnableToWork, match="taken away while"):
        work_here(Job.objects.get(pk=job.pk))


def test_files_between_pieces_go_when_the_detection_is_over(tmp_path, many, django_capture_on_commit_callbacks):
    dataset = some(tmp_path)
    with django_capture_on_commit_callbacks(execute=True):
        work_here(asked(dataset))
    job = asked(dataset)
    work(job.pk)
    folder = pieces.desk_of(job.pk).folder
    assert os.listdir(folder.parent) == [str(job.pk)]
    reap(timezone.now())
    assert folder.is_dir()
    Job.objects.filter(pk=job.pk).update(status=Job.CANCELLED)
    reap(timezone.now())
    assert not folder.exists()
