"""A large training goes through its folds side by side, and finds what it finds in one go."""

import errno
import os
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from annotation.actions.jobs.work import UnableToWork, work, work_here
from annotation.models import Job
from modeling.actions.training import folds
from modeling.actions.training.train import request_training
from modeling.models import ModelRun
from tests.modeling import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(monkeypatch):
    """Any number of rows counts as many."""
    monkeypatch.setattr(folds, "MANY", 0)


def asked(dataset, **more):
    return request_training(dataset, learner="logistic", background=False, again=True, **more)


def run_of(job):
    return ModelRun.objects.get(pk=job.outcome["run"])


def test_folds_side_by_side_make_the_very_same_run(tmp_path, monkeypatch):
    dataset = small_world.pool(tmp_path)
    whole = run_of(work_here(asked(dataset, pairs={"l1_ratio": "0"})))
    monkeypatch.setattr(folds, "MANY", 0)
    job = work_here(asked(dataset, pairs={"l1_ratio": "0"}))
    parted = run_of(job)
    assert [part.kind for part in job.parts.all()] == ["training_fold"] * 5
    assert parted.parameter_hash == whole.parameter_hash and parted.metrics == whole.metrics
    assert parted.resolved == whole.resolved and parted.predictions.arrays == whole.predictions.arrays
    assert whole.metrics["path"]


def test_a_chosen_C_has_no_path_to_go(tmp_path, many):
    job = work_here(asked(small_world.pool(tmp_path), pairs={"C": "1"}))
    assert not job.parts.exists() and not run_of(job).metrics.get("path")


class Killed(BaseException):
    """As by SIGKILL."""


@pytest.mark.fault("a worker is killed in one fold of a training")
def test_a_killed_worker_loses_its_own_fold_alone(tmp_path, many, monkeypatch, fault):
    job = asked(small_world.pool(tmp_path))
    work(job.pk)
    parts = list(Job.objects.filter(wholes=job).order_by("id"))
    tried, gone = folds.try_fold, []

    def counted(*args):
        gone.append(args[-2])
        if gone == [0, 1]:
            raise Killed
        return tried(*args)

    monkeypatch.setattr(folds, "try_fold", counted)
    work(parts[0].pk)
    with pytest.raises(Killed):
        work(parts[1].pk)
    Job.objects.filter(pk=parts[1].pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    done = work_here(Job.objects.get(pk=job.pk))
    assert gone == [0, 1, 1, 2, 3, 4] and done.status == Job.DONE
    fault.lost(5 - len(folds.tried_of(done.parts.all())))


def test_a_fold_whose_job_failed_is_gone_through_with_the_rest(tmp_path, many):
    dataset = small_world.pool(tmp_path)
    whole = run_of(work_here(asked(dataset)))
    job = asked(dataset, seed=0)
    work(job.pk)
    part = Job.objects.filter(wholes=job).order_by("id").first()
    Job.objects.filter(pk=part.pk).update(status=Job.FAILED, error="The worker died three times.")
    assert run_of(work_here(Job.objects.get(pk=job.pk))).parameter_hash == whole.parameter_hash


@pytest.mark.fault("the disk is full as a model is written")
def test_a_full_disk_leaves_no_run_and_no_half_a_file(tmp_path, monkeypatch, fault):
    dataset = small_world.pool(tmp_path)
    before = set(os.listdir(settings.ARTIFACTS_DIR)) if os.path.isdir(settings.ARTIFACTS_DIR) else set()

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("annotation.core.artifacts.os.fsync", full)
        with pytest.raises(UnableToWork, match="No space left on device"):
            work_here(asked(dataset))
    fault.lost(ModelRun.objects.count() + len(set(os.listdir(settings.ARTIFACTS_DIR)) - before))
    assert run_of(work_here(asked(dataset))).artifact
