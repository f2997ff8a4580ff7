"""A whole site that stands: `up` with web, worker and reaper, a lead who is logged in, and a Redis of its own."""

import contextlib
import http.client
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.faults.site import ROOT, Site, beneath
from tests.services import free_port, start_redis

PATIENCE = 240.0
LEAD = """
import csv
from pathlib import Path
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from annotation.models import *
dataset = Dataset.objects.get(slug="faults")
user = User.objects.create_user("lead", password=None)
Membership.objects.create(dataset=dataset, user=user, role="lead")
session = SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session.save()
print(session.session_key)
"""


class Standing:
    """`up` on a port of its own; its lead asks for pages and jobs."""

    def __init__(self, site: Site, **env: str) -> None:
        self.site, self.port = site, free_port()
        site.env |= env
        self.session, self.process = "", None

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--no-demo", "--port", str(self.port)], cwd=ROOT,
                env=self.site.env, start_new_session=True, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.wait_for_web()

    @property
    def log(self) -> str:
        return self.site.env["SECONDLOOK_DATA_DIR"] + "/up.log"

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def with_items(self) -> None:
        pool = self.site.env["SECONDLOOK_DATA_DIR"] + "/pool.csv"
        self.site.manage("import_items", "faults", pool, "--text", "text", "--label", "label", "--id", "id")
        self.session = self.site.python(LEAD).splitlines()[-1]

    def ask(self, path: str, post: dict | None = None, timeout: float = 20.0) -> tuple[int, float]:
        """Status, 0 where there was none, and seconds."""
        begun, token = time.monotonic(), "t" * 32
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {"Cookie": f"sessionid={self.session}; csrftoken={token}"}
        body = None
        if post is not None:
            body = urllib.parse.urlencode({**post, "csrfmiddlewaretoken": token})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request("GET" if post is None else "POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, time.monotonic() - begun
        except (OSError, http.client.HTTPException):
            return 0, time.monotonic() - begun
        finally:
            connection.close()

    def wait_for_web(self) -> float:
        return self.until(lambda: self.ask("/health/", timeout=5)[0] == 200)

    def until(self, holds, patience: float = PATIENCE) -> float:
        """Seconds until it holds."""
        begun = time.monotonic()
        while not holds():
            assert time.monotonic() - begun < patience, f"waited in vain; the log ends {self.tail()}"
            time.sleep(0.1)
        return time.monotonic() - begun

    def tail(self) -> str:
        with contextlib.suppress(OSError):
            return open(self.log, errors="replace").read()[-2000:]
        return ""

    def train(self, *settings: str) -> int:
        asked = self.site.manage("train", "faults", "--learner", "logistic", *settings, "--background")
        return int(next(line.split(":")[1] for line in asked.splitlines() if line.startswith("job")))

    def job(self, pk: int) -> dict:
        """Read from the database itself: a process of Django's takes seconds to start."""
        query = f"SELECT status, progress, attempt, error FROM annotation_job WHERE id = {int(pk)}"
        if self.site.env["DATABASE_URL"]:
            with psycopg.connect(self.site.env["DATABASE_URL"]) as database:
                row = database.execute(query).fetchone()
        else:
            path = self.site.env["SECONDLOOK_DATA_DIR"] + "/db.sqlite3"
            with contextlib.closing(sqlite3.connect(path, timeout=30)) as database:
                row = database.execute(query).fetchone()
        return dict(zip(("status", "progress", "attempt", "error"), row, strict=True))

    def pids(self, word: str) -> list[int]:
        """Processes beneath `up` whose command line has the word, children first."""
        return beneath(self.process.pid, word)


@contextmanager
def standing(site: Site, **env: str) -> Iterator[Standing]:
    one = Standing(site, **env)
    try:
        one.with_items()
        one.start()
        yield one
    finally:
        one.stop()


class Broker:
    """A Redis that can be frozen and killed without harm to another."""

    def __init__(self) -> None:
        self.folder, self.port = tempfile.mkdtemp(prefix="second-look-redis-"), free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = start_redis(self.port, self.folder, "--appendonly", "yes")

    def send(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def broker() -> Iterator[Broker]:
    one = Broker()
    try:
        yield one
    finally:
        one.kill()
        shutil.rmtree(one.folder, ignore_errors=True)
