import time
from datetime import timedelta
from threading import Event

import pytest
import redis
from django.utils import timezone

from annotation.actions.jobs import doorbell
from annotation.actions.jobs.doorbell import LEFT_ALONE, Doorbell, send
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.reap import reap
from annotation.models import Dataset, Job


class Bell:
    """A Redis that answers as it is told to, and a clock that is set."""

    def __init__(self):
        self.rung, self.failure, self.now, self.goes_on = [], None, 0.0, Event()
        self.goes_on.set()
        self.door = Doorbell(self.send, lambda: self.now)

    def send(self, job):
        self.goes_on.wait(5)
        if self.failure:
            raise self.failure
        self.rung.append(job)

    def settle(self):
        if thread := self.door.thread:
            thread.join(5)


@pytest.fixture
def bell():
    return Bell()


def test_all_are_rung_for_in_turn(bell):
    bell.goes_on.clear()
    for job in (1, 2, 3):
        bell.door.ring(job)
    thread = bell.door.thread
    bell.goes_on.set()
    thread.join(5)
    assert bell.rung == [1, 2, 3] and bell.door.thread is None
    bell.door.ring(4)
    bell.settle()
    assert bell.rung == [1, 2, 3, 4]


@pytest.mark.fault("broker hangs while a job is asked for")
def test_nobody_waits_for_a_redis_that_hangs(bell, fault):
    bell.goes_on.clear()
    begun = time.monotonic()
    for job in range(100):
        bell.door.ring(job)
    assert time.monotonic() - begun < 0.5
    bell.goes_on.set()
    bell.settle()
    fault.lost(100 - len(bell.rung))


@pytest.mark.parametrize("failure", [OSError("down"), redis.TimeoutError("silent")])
def test_one_that_fails_is_left_alone_for_a_while(bell, failure):
    bell.failure = failure
    assert not bell.door.ring_now(1)
    bell.failure = None
    bell.door.ring(2)
    bell.settle()
    assert not bell.door.ring_now(3) and bell.rung == []
    bell.now += LEFT_ALONE
    assert bell.door.ring_now(4) and bell.rung == [4]


def test_what_is_no_failure_of_redis_is_not_hidden_and_the_next_ring_works(bell):
    bell.failure = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        bell.door.ring_now(1)


@pytest.mark.fault("broker down at enqueue")
def test_a_redis_that_is_down_loses_nothing(db, settings, monkeypatch, fault, django_capture_on_commit_callbacks):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    bell = Bell()
    bell.failure = OSError("no Redis")
    monkeypatch.setattr(doorbell, "DOORBELL", bell.door)
    with django_capture_on_commit_callbacks(execute=True):
        job = enqueue("test", Dataset.objects.create(slug="d", name="D"), {})
    bell.settle()
    job.refresh_from_db()
    assert job.status == Job.QUEUED
    later = timezone.now() + timedelta(minutes=1)
    assert reap(later) == []
    bell.failure, bell.now = None, LEFT_ALONE
    assert reap(later) == [job.pk] and bell.rung == [job.pk]
    fault.lost(0)


def test_a_redis_that_is_down_is_told_by_one_of_the_failures(settings, monkeypatch):
    monkeypatch.setattr("celery.current_app.connection_for_write", _nowhere)
    with pytest.raises(doorbell.FAILURES):
        send(1)


def _nowhere(**options):
    assert options["transport_options"]["socket_timeout"] <= 1
    raise redis.ConnectionError("refused")
