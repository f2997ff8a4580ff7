import os
import signal
import sys
import time
from pathlib import Path

import pytest

from annotation.management.supervisor import Child, keep_staffed, stop, supervise

LIVES = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


@pytest.fixture(autouse=True)
def signals():
    """The supervisor takes over the signals of its process; afterwards they are pytest's again."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def child(name, code):
    return Child(name, [sys.executable, "-c", code])


def dies_once(path):
    """The first time it leaves a mark and dies, then it lives."""
    mark = repr(str(path))
    return f"import os\nif not os.path.exists({mark}):\n    open({mark}, 'w').close()\n    os._exit(1)\n{LIVES}"


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ignores(pid, number):
    mask = Path(f"/proc/{pid}/status").read_text().split("SigIgn:")[1].split()[0]
    return bool(int(mask, 16) >> (number - 1) & 1)


def wait_until(holds, seconds=10.0):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def stop_myself(*said):
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.fault("child of the supervisor dies")
def test_a_child_that_dies_is_started_again_and_sigterm_stops_all(tmp_path):
    children, said, pids = [child("worker", dies_once(tmp_path / "mark")), child("web", LIVES)], [], []

    def say(text):
        said.append(text)
        pids.extend(one.process.pid for one in children if one.process)
        stop_myself()

    supervise(children, say, lambda: pids.extend(one.process.pid for one in children))
    assert said == ["worker died and is started again"]
    assert len(set(pids)) == 2 and not any(map(is_alive, pids))
    assert not any(one.process and one.process.poll() is None for one in children)


def test_ctrl_c_stops_all_and_ready_is_called_once():
    children, called = [child("web", LIVES), child("reaper", LIVES)], []

    def ready():
        called.append([one.process.pid for one in children])
        os.kill(os.getpid(), signal.SIGINT)

    supervise(children, called.append, ready)
    assert len(called) == 1 and len(called[0]) == 2 and not any(map(is_alive, called[0]))


def test_what_goes_wrong_while_starting_stops_all():
    children = [child("web", LIVES), child("worker", LIVES)]
    with pytest.raises(ZeroDivisionError):
        supervise(children, print, lambda: 1 / 0)
    assert not any(is_alive(one.process.pid) for one in children)


@pytest.mark.fault("child deaf to SIGTERM")
def test_a_child_that_does_not_listen_is_killed():
    deaf = child("deaf", DEAF)
    deaf.start(time.monotonic())
    wait_until(lambda: ignores(deaf.process.pid, signal.SIGTERM))
    stop([deaf], 0.3)
    assert deaf.process.returncode == -signal.SIGKILL


def test_the_children_of_a_child_end_with_it(tmp_path):
    mark = tmp_path / "pid"
    code = f"import subprocess, sys, time\np = subprocess.Popen([sys.executable, '-c', {LIVES!r}])\n"
    code += f"open({str(mark)!r}, 'w').write(str(p.pid))\ntime.sleep(60)"
    parent = child("worker", code)
    parent.start(time.monotonic())
    wait_until(lambda: mark.exists() and mark.read_text())
    stop([parent], 1.0)
    wait_until(lambda: not is_alive(int(mark.read_text())))


def test_a_place_that_was_left_is_filled_again_while_work_waits(monkeypatch):
    monkeypatch.setattr("annotation.management.supervisor.TO_BEGIN", 0.0)
    one, said, free = child("worker", "pass"), [], []

    def work_waits():
        free.append(one.process is None)
        if len(free) == 2:
            stop_myself()
        return True

    keep_staffed([one], work_waits, said.append, seconds=0.05)
    assert free == [True, True] and said == [] and one.process.poll() is not None


def test_another_worker_is_called_only_when_the_first_had_time_to_take_the_job():
    places, looks = [child("worker", LIVES), child("worker", LIVES)], []

    def work_waits():
        looks.append(time.monotonic())
        return True

    signal.signal(signal.SIGALRM, lambda number, frame: stop_myself())
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    keep_staffed(places, work_waits, print, seconds=0.05)
    assert len(looks) == 1 and places[1].process is None


@pytest.mark.fault("worker crashes again and again")
def test_a_worker_that_crashes_is_told_of_and_started_again_later():
    one, said = child("worker", "raise SystemExit(3)"), []

    def say(text):
        said.append(text)
        stop_myself()

    keep_staffed([one], lambda: True, say, seconds=0.05)
    assert said == ["worker ended with code 3; what it was at is given back"]


def test_deaths_in_a_row_slow_the_restarts_and_a_long_life_is_forgiven():
    one, waits = child("worker", "raise SystemExit(1)"), []
    for started, died in ((0.0, 1.0), (10.0, 11.0), (20.0, 21.0), (100.0, 131.0)):
        one.start(started)
        one.process.wait()
        assert one.has_died(died) and not one.has_died(died)
        waits.append(one.restart_at - died)
    assert waits == [0.0, 1.0, 3.0, 0.0]
    one.deaths = 20
    one.start(200.0)
    one.process.wait()
    assert one.has_died(201.0) and one.restart_at - 201.0 == 29.0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
@pytest.mark.fault("supervisor killed outright")
def test_a_supervisor_that_is_killed_takes_its_children_along(tmp_path):
    mark = tmp_path / "pid"
    code = "import sys, time\nfrom annotation.management.supervisor import Child, supervise\n"
    code += f"one = Child('web', [sys.executable, '-c', {LIVES!r}])\n"
    code += f"supervise([one], print, lambda: open({str(mark)!r}, 'w').write(str(one.process.pid)))"
    outer = child("supervisor", code)
    outer.start(time.monotonic())
    wait_until(lambda: mark.exists() and mark.read_text())
    outer.process.kill()
    outer.process.wait()
    wait_until(lambda: not is_alive(int(mark.read_text())))
