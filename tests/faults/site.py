"""One installation for faults on purpose: a fresh data folder and database, and its processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

ROOT = Path(__file__).resolve().parents[2]
POSTGRES, REDIS = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
PATIENCE = 240.0


class Site:
    """One installation: its environment, its worker and its reaper."""

    def __init__(self, backend: str, env: dict[str, str]) -> None:
        self.backend, self.env = backend, {**os.environ, **env, "OMP_NUM_THREADS": "1"}
        self.processes: dict[str, subprocess.Popen] = {}

    def manage(self, *args: str, patience: float = PATIENCE) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=patience,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout

    def python(self, code: str) -> str:
        setup = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; django.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", setup + code], cwd=ROOT, env=self.env, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def start(self, name: str, number: int | str = "") -> None:
        """A process of the site; with a number several of one kind."""
        self.processes[f"{name}{number}"] = subprocess.Popen(
            [sys.executable, "manage.py", name], cwd=ROOT, env=self.env, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        process = self.processes.pop(name)
        # children first: a worker's process would hear of its parent's end and give its job back
        for pid in [*children_of(process.pid), process.pid]:
            os.killpg(pid, number)
        process.wait()

    def job(self, pk: int) -> dict:
        fields = "'status', 'progress', 'attempt', 'error'"
        found = f"json.dumps(Job.objects.values({fields}).get(pk={pk}))"
        return json.loads(self.python(f"import json; from annotation.models import Job; print({found})"))

    def wait(self, pk: int, reached: Callable[[dict], bool]) -> dict:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            job = self.job(pk)
            if reached(job):
                return job
        raise RuntimeError(f"job {pk} did not get there: {job}")


def children_of(pid: int) -> list[int]:
    """Those that lead a group of their own, as a worker's processes do."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed if os.getpgid(int(child)) == int(child)]


def beneath(pid: int, word: str) -> list[int]:
    """Processes beneath this one whose command line has the word, children first."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
    found = {str(pid)}
    for _ in range(5):
        found |= {child for child, parent, _ in rows if parent in found}
    return [int(child) for child, _, args in reversed(rows) if child in found and word in args]


@contextmanager
def sqlite_site() -> Iterator[Site]:
    with site("SQLite", {"DATABASE_URL": "", "REDIS_URL": ""}) as one:
        yield one


@contextmanager
def postgres_site() -> Iterator[Site]:
    name = f"secondlook_faults_{os.getpid()}"
    base = POSTGRES.rsplit("/", 1)[0]
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            env = {"DATABASE_URL": f"{base}/{name}", "REDIS_URL": REDIS, "SECONDLOOK_LANE": name}
            with site("PostgreSQL + Redis", env) as one:
                yield one
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            client = redis.Redis.from_url(REDIS)
            for key in client.keys(f"*{name}*"):
                client.delete(key)


@contextmanager
def site(backend: str, env: dict[str, str]) -> Iterator[Site]:
    folder = tempfile.mkdtemp(prefix="secondlook-faults-")
    one = Site(backend, {**env, "SECONDLOOK_DATA_DIR": folder})
    try:
        one.manage("migrate", "-v0")
        one.python(
            "from modeling.demo.filings import generate\n"
            f"generate(0).pool.drop(columns='truth').to_csv({folder + '/pool.csv'!r}, index=False)"
        )
        yield one
    finally:
        for name in list(one.processes):
            one.kill(name)
        shutil.rmtree(folder)
