"""Processes that fall silent, and clocks that jump."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.actions.jobs.reap import Silence, reap
from annotation.actions.operating.show_life import forget_long_silent, show_life, take_leave, this_process
from annotation.core.running.alive import ADDRESS, listening, say_alive, say_idle
from annotation.management.supervisor import Child
from annotation.models import Job, Process


@pytest.fixture
def ear(monkeypatch):
    with listening() as one:
        monkeypatch.setenv(ADDRESS, one.address)
        yield one


def test_who_shows_life_is_heard_and_who_rests_is_not_missed(ear):
    say_alive()
    ear.listen(10.0)
    assert ear.processes[os.getpid()].at == 10.0
    say_idle()
    ear.listen(11.0)
    assert ear.processes == {} and ear.end_silent(1000.0, 60.0) == []


def test_without_a_supervisor_nothing_is_said(monkeypatch):
    monkeypatch.delenv(ADDRESS, raising=False)
    say_alive()
    monkeypatch.setenv(ADDRESS, "/nowhere/at/all")
    say_alive()


@pytest.mark.parametrize("said", [b"WATCHDOG=1", b"WATCHDOG=1\nX_PID=-1", b"WATCHDOG=1\nX_PID=x", b"\xff\xfe", b""])
def test_what_says_nothing_is_not_heard(ear, said):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.sendto(said, ear.address)
    ear.listen(0.0)
    assert ear.processes == {}


@pytest.mark.fault("process stopped by SIGSTOP")
def test_a_stopped_process_is_killed(ear):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    ear.expect(process.pid, 0.0)
    process.send_signal(signal.SIGSTOP)
    assert ear.end_silent(59.0, 60.0) == []
    assert ear.end_silent(61.0, 60.0) == [process.pid]
    assert process.wait(5) == -signal.SIGKILL and ear.processes == {}


def test_a_process_that_is_gone_is_not_killed_a_second_time(ear):
    process = subprocess.Popen([sys.executable, "-c", ""])
    ear.expect(process.pid, 0.0)
    process.wait(10)
    assert ear.end_silent(61.0, 60.0) == []


def test_when_the_listener_slept_nobody_was_silent(ear):
    ear.expect(os.getpid(), 0.0)
    ear.forgive(500.0)
    assert ear.end_silent(501.0, 60.0) == []


def running(beat):
    return Job.objects.create(kind="t", key="k", status=Job.RUNNING, attempt=1, heartbeat_at=beat)


@pytest.mark.fault("clock jumps an hour ahead")
def test_a_clock_that_jumps_ahead_kills_no_job(db, fault):
    clock = [0.0]
    silence = Silence(lambda: clock[0])
    job = running(timezone.now())
    for _ in range(10):
        clock[0] += 2
        Job.objects.update(heartbeat_at=timezone.now() + timedelta(seconds=clock[0]))
        reap(timezone.now() + timedelta(hours=1), silence)
    job.refresh_from_db()
    assert (job.status, job.attempt) == (Job.RUNNING, 1)
    fault.lost(0)


@pytest.mark.fault("clock jumps an hour back")
def test_a_clock_that_jumps_back_keeps_no_dead_job(db):
    clock = [0.0]
    silence = Silence(lambda: clock[0])
    job = running(timezone.now() + timedelta(hours=1))
    reap(timezone.now(), silence)
    clock[0] = 16.0
    reap(timezone.now(), silence)
    job.refresh_from_db()
    assert job.status == Job.QUEUED


def test_a_process_has_one_row_that_it_renews_and_takes_away(db, monkeypatch):
    monkeypatch.setattr("annotation.actions.operating.show_life._begun_in", {})
    host, pid = this_process()
    Process.objects.create(
        host=host, pid=pid, kind="web", version="0", heard_at=timezone.now(),
        started_at=timezone.now() - timedelta(days=2),
    )  # fmt: skip
    show_life(Process.REAPER)
    show_life(Process.WORKER)
    row = Process.objects.get()
    assert row.kind == Process.WORKER and timezone.now() - row.started_at < timedelta(minutes=1)
    assert Process.objects.heard_within(60).count() == 1 and not Process.objects.silent_for(60).exists()
    take_leave()
    assert not Process.objects.exists()


def test_who_was_silent_for_a_day_is_forgotten(db):
    old = timezone.now() - timedelta(days=2)
    Process.objects.create(host="gone", pid=1, kind="web", version="0", heard_at=old, started_at=old)
    show_life(Process.WEB)
    forget_long_silent()
    assert [one.host for one in Process.objects.all()] == [this_process()[0]]


SILENT_WORKER = """
import os, signal, time
from annotation.core.running.alive import say_alive
mark = {mark!r}
again = os.path.exists(mark)
open(mark, "a").write(f"{{os.getpid()}} ")
while True:
    say_alive()
    if not again:
        os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(0.1)
"""
SUPERVISOR = """
import sys
import django
from django.conf import settings
settings.configure(SILENT_SECONDS=1.0)
from annotation.management.supervisor import Child, supervise
code = open({code!r}).read()
supervise([Child("worker", [sys.executable, "-c", code], watched=True)], print, lambda: None)
"""


@pytest.mark.fault("worker silent")
def test_the_supervisor_replaces_who_is_silent(tmp_path, fault):
    mark, code = tmp_path / "pids", tmp_path / "worker.py"
    code.write_text(SILENT_WORKER.format(mark=str(mark)))
    begun = time.monotonic()
    supervisor = subprocess.Popen(
        [sys.executable, "-u", "-c", SUPERVISOR.format(code=str(code))], stdout=subprocess.PIPE, text=True
    )
    try:
        said = supervisor.stdout.readline()
        assert said.startswith("worker (") and said.endswith("showed no life for 1 s and is replaced\n")
        while time.monotonic() - begun < 30 and len(mark.read_text().split()) < 2:
            time.sleep(0.05)
        assert len(mark.read_text().split()) == 2
        fault.recovered(time.monotonic() - begun)
    finally:
        supervisor.terminate()
        supervisor.wait(20)


def test_only_who_is_watched_is_told_where_to_show_life(ear):
    """The web server would wait for somebody to read what it says there."""
    code = "import os, sys; sys.exit(7 if 'NOTIFY_SOCKET' in os.environ else 0)"
    for watched, code_of_end in ((True, 7), (False, 0)):
        one = Child("one", [sys.executable, "-c", code], watched=watched)
        one.start(time.monotonic(), ear)
        assert one.process.wait(20) == code_of_end
