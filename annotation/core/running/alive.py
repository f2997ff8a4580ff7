"""Showing life to the supervisor, by the protocol of systemd's watchdog: a datagram to the socket in NOTIFY_SOCKET.

So a worker runs the same under systemd (WatchdogSec) and under `up`. See sd_notify(3).
"""

import contextlib
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

ADDRESS = "NOTIFY_SOCKET"
LONGEST = 4096  # bytes of one message


def say_alive() -> None:
    """From inside what has to go on: the main loop, or beside a job while it is computed."""
    _say(f"WATCHDOG=1\nX_PID={os.getpid()}")


def say_ready() -> None:
    _say(f"READY=1\nWATCHDOG=1\nX_PID={os.getpid()}")


def say_idle() -> None:
    """This process may be silent from now on, until it shows life again."""
    _say(f"X_IDLE=1\nX_PID={os.getpid()}")


def _say(text: str) -> None:
    address = os.environ.get(ADDRESS, "")
    if not address:
        return
    where = "\0" + address[1:] if address.startswith("@") else address
    # whoever listens may be gone, or not come to read: that must not stop the work
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.setblocking(False)
        one.sendto(text.encode(), where)


@dataclass
class SignOfLife:
    """at: seconds of the monotonic clock. handle: names this process and no later one of the same number; -1 where the
    system has none."""

    at: float
    handle: int = -1

    def close(self) -> None:
        if self.handle >= 0:
            os.close(self.handle)


@dataclass
class Ear:
    """Listens to processes beneath this one, and ends those that fall silent."""

    socket: socket.socket
    address: str
    processes: dict[int, SignOfLife] = field(default_factory=dict)

    def listen(self, now: float) -> None:
        """Take in what was said since the last time."""
        while True:
            try:
                said = self.socket.recv(LONGEST).decode(errors="replace").splitlines()
            except (BlockingIOError, InterruptedError):
                return
            pids = [line.removeprefix("X_PID=") for line in said if line.startswith("X_PID=")]
            if not pids or not pids[0].isdecimal() or len(pids[0]) > 9:
                continue
            if "X_IDLE=1" in said:
                self.forget(int(pids[0]))
            elif "WATCHDOG=1" in said:
                self._note(int(pids[0]), now)

    def expect(self, pid: int, now: float) -> None:
        """A process that was just started, and has as long as any other to be heard."""
        self._note(pid, now)

    def forget(self, pid: int) -> None:
        if heard := self.processes.pop(pid, None):
            heard.close()

    def end_silent(self, now: float, patience: float) -> list[int]:
        """Kill whoever was not heard for `patience` seconds; returns their ids. A stopped process takes SIGKILL too."""
        silent = [pid for pid, heard in self.processes.items() if now - heard.at > patience]
        killed = [pid for pid in silent if _kill(pid, self.processes[pid].handle)]
        for pid in silent:
            self.forget(pid)
        return killed

    def forgive(self, now: float) -> None:
        """Nobody was silent: this process itself did not listen, for it was stopped or the machine slept."""
        for heard in self.processes.values():
            heard.at = now

    def _note(self, pid: int, now: float) -> None:
        if pid in self.processes:
            self.processes[pid].at = now
            return
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        except (AttributeError, OSError):
            handle = -1
        self.processes[pid] = SignOfLife(now, handle)


def _kill(pid: int, handle: int) -> bool:
    try:
        if handle >= 0:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def listening() -> Iterator[Ear]:
    """An ear for the children of this process, which find its `address` in their environment under ADDRESS."""
    with (
        tempfile.TemporaryDirectory(prefix="second-look-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one,
    ):
        address = os.path.join(folder, "alive")
        one.bind(address)
        one.setblocking(False)
        ear = Ear(one, address)
        try:
            yield ear
        finally:
            for pid in list(ear.processes):
                ear.forget(pid)
