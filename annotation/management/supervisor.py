"""Web, worker and reaper under one parent: a child that dies is started again, one that falls silent is killed and then
started again, Ctrl-C stops them all."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings

from annotation.core.running.alive import ADDRESS, Ear, listening

PATIENCE = 10.0  # seconds a child gets to end by itself
SETTLED = 30.0  # seconds of life after which an earlier death is forgiven
TO_BEGIN = 2.0  # seconds a worker gets to take a job before another is called for what still waits
ABSENT = 5.0  # seconds between two looks after which it was this process that did not listen
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A named process; `deaths` in a row make its restarts slower, up to half a minute. watched: it shows life, and is
    killed when it no longer does. environment: what it finds beside this process's own."""

    name: str
    command: Sequence[str]
    watched: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen | None = None
    started: float = 0.0
    deaths: int = 0
    restart_at: float = field(default=0.0)
    code: int | None = None  # how it ended last, as `Popen.returncode` says it

    def start(self, now: float, ear: Ear | None = None) -> None:
        environment = {**os.environ, **self.environment}
        environment.pop(ADDRESS, None)
        if ear and self.watched:
            environment[ADDRESS] = ear.address
        self.process = subprocess.Popen(
            self.command, env=environment, start_new_session=True, preexec_fn=_die_with_parent
        )
        self.started = now
        if ear and self.watched:
            ear.expect(self.process.pid, now)

    def has_died(self, now: float) -> bool:
        """Note a death once, and when to start again."""
        if self.process is None or self.process.poll() is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # what a child leaves behind would work on unsupervised
        self.deaths = self.deaths + 1 if now - self.started < SETTLED else 1
        self.restart_at = now + min(2.0 ** (self.deaths - 1), 30.0) - 1
        self.code, self.process = self.process.returncode, None
        return True


def _die_with_parent() -> None:
    """Linux only: a supervisor killed outright takes its children along."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def supervise(
    children: Sequence[Child],
    say: Callable[[str], None],
    ready: Callable[[], None],
    meanwhile: Callable[[], None] = lambda: None,
    patience: float = PATIENCE,
) -> None:
    """Run `children` until SIGINT or SIGTERM; calls `ready` once, after the first start of all, and `meanwhile` in each
    round."""
    with _told_to_stop(children, patience) as told, listening() as ear:
        for child in children:
            child.start(time.monotonic(), ear)
        ready()
        watch = Watch(ear, say)
        while not told:
            watch.look(children)
            _look_after(children, say, ear)
            meanwhile()
            time.sleep(0.2)


def keep_staffed(
    places: Sequence[Child],
    work_waits: Callable[[], bool],
    say: Callable[[str], None],
    seconds: float = 0.5,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Until SIGINT or SIGTERM, start one more of `places` whenever work waits that those at work don't take.

    Each leaves by itself when there is nothing to do, so that a house at rest holds no mathematics in memory.
    """
    # whoever started this process has no more than PATIENCE
    with _told_to_stop(places, PATIENCE - 2) as told, listening() as ear:
        watch = Watch(ear, say)
        while not told:
            watch.look(places)
            _look_for_hands(places, work_waits, say, ear)
            meanwhile()
            time.sleep(seconds)


class Watch:
    """Hears which processes live, those beneath the children too, and kills the silent."""

    def __init__(self, ear: Ear, say: Callable[[str], None]) -> None:
        self.ear, self.say, self.looked_at = ear, say, time.monotonic()

    def look(self, children: Sequence[Child]) -> None:
        now = time.monotonic()
        self.ear.listen(now)
        if now - self.looked_at > ABSENT:
            self.ear.forgive(now)
        self.looked_at = now
        names = {child.process.pid: child.name for child in children if child.process}
        for pid in self.ear.end_silent(now, settings.SILENT_SECONDS):
            name = names.get(pid, "a process of the worker")
            self.say(f"{name} ({pid}) showed no life for {settings.SILENT_SECONDS:g} s and is replaced")


@contextmanager
def _told_to_stop(children: Sequence[Child], patience: float) -> Iterator[list[int]]:
    """The signals that have told this process to end; however it ends, its children do so first."""
    told: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, frame: told.append(got))
    try:
        yield told
    finally:
        stop(children, patience)


def _look_for_hands(
    places: Sequence[Child], work_waits: Callable[[], bool], say: Callable[[str], None], ear: Ear
) -> None:
    now = time.monotonic()
    for place in places:
        if place.has_died(now) and place.code:
            say(f"{place.name} ended with code {place.code}; what it was at is given back")
    free = [place for place in places if place.process is None and now >= place.restart_at]
    beginning = [place for place in places if place.process and now - place.started < TO_BEGIN]
    if free and not beginning and work_waits():
        free[0].start(now, ear)


def _look_after(children: Sequence[Child], say: Callable[[str], None], ear: Ear) -> None:
    now = time.monotonic()
    for child in children:
        if child.has_died(now):
            say(f"{child.name} died and is started again")
        if child.process is None and now >= child.restart_at:
            child.start(now, ear)


def stop(children: Sequence[Child], patience: float) -> None:
    """Ask every child to end, which then ends its own; after `patience` seconds kill what is left of them all."""
    running = [child.process for child in children if child.process]
    for process in running:
        process.terminate()
    until = time.monotonic() + patience
    while time.monotonic() < until and any(process.poll() is None for process in running):
        time.sleep(0.05)
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
