"""Faults on purpose, on both back ends: `make faults` kills workers with SIGKILL and shows what survives.

Each fault runs against a fresh data folder and database, with the same worker and reaper that `up` starts.
"""

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
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
import redis

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get("TEST_DATABASE_URL") or "postgres://127.0.0.1:5432/postgres"
REDIS = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/8"
PATIENCE = 240.0


@dataclass(frozen=True)
class Result:
    name: str
    backend: str
    survived: bool
    lost: int
    recovery_s: float


class Site:
    """One installation: its environment, its worker and its reaper."""

    def __init__(self, backend: str, env: dict[str, str]) -> None:
        self.backend, self.env = backend, {**os.environ, **env, "OMP_NUM_THREADS": "1"}
        self.processes: dict[str, subprocess.Popen] = {}

    def manage(self, *args: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
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


def import_pool(one: Site, *extra: str) -> str:
    file = one.env["SECONDLOOK_DATA_DIR"] + "/pool.csv"
    return one.manage(
        "import_items", "faults", file, "--text", "text", "--label", "label", "--id", "id", "--json", *extra
    )


def killed_in_training(one: Site) -> Result:
    import_pool(one)
    one.start("worker")
    one.start("reaper")
    asked = json.loads(
        one.manage("train", "faults", "--learner", "logistic", "--set", "C=cv", "--background", "--json")
    )
    one.wait(asked["job"], lambda job: job["status"] == "running" and job["progress"] > 0.05)
    recovery, job = kill_and_wait(one, asked["job"])
    runs = int(one.python("from modeling.models import ModelRun; print(ModelRun.objects.count())"))
    survived = job["status"] == "done" and runs == 1 and job["attempt"] == 2
    return Result("worker killed in mid-training", one.backend, survived, 0 if runs == 1 else 1, recovery)


def killed_in_import(one: Site) -> Result:
    one.start("worker")
    one.start("reaper")
    asked = json.loads(import_pool(one, "--background"))
    one.wait(asked["job"], lambda job: job["status"] != "queued")
    recovery, job = kill_and_wait(one, asked["job"])
    items = int(one.python("from annotation.models import Item; print(Item.objects.count())"))
    return Result(
        "worker killed in mid-import", one.backend, job["status"] == "done" and items == 3000, 3000 - items, recovery
    )


def killed_in_sweep(one: Site) -> Result:
    """One of two workers is killed and stays dead; `lost` counts the fits that had to be done a second time."""
    import_pool(one)
    for number in (1, 2):
        one.start("worker", number)
    one.start("reaper")
    grid = "C=0.1,0.3,1,3,10,30"
    asked = json.loads(
        one.manage("sweep", "faults", "--learner", "logistic", "--grid", grid, "--seeds", "2", "--background", "--json")
    )
    one.wait(asked["job"], lambda job: job["status"] == "waiting" and job["progress"] > 0.2)
    killed = time.monotonic()
    one.kill("worker1")
    job = one.wait(asked["job"], lambda job: job["status"] in {"done", "failed"})
    recovery = time.monotonic() - killed
    code = (
        "from django.db.models import F, Sum; from annotation.models import Job; from modeling.models import ModelRun\n"
        "print(ModelRun.objects.count(), Job.objects.filter(kind='training').aggregate(n=Sum(F('attempt') - 1))['n'])"
    )
    runs, again = map(int, one.python(code).split())
    survived = job["status"] == "done" and runs == 12 and again <= 1
    return Result("one of two workers killed in mid-sweep", one.backend, survived, again, recovery)


def doorbell_lost(one: Site) -> Result:
    """The row is written, the message never arrives."""
    import_pool(one)
    code = (
        "from annotation.models import Dataset; from annotation.actions.detecting.detect import request_detection\n"
        "print(request_detection(Dataset.objects.get(), background=False).pk)"
    )
    job = int(one.python(code))
    started = time.monotonic()
    one.start("worker")
    one.start("reaper")
    done = one.wait(job, lambda job: job["status"] in {"done", "failed"})
    return Result("message to the worker lost", one.backend, done["status"] == "done", 0, time.monotonic() - started)


def kill_and_wait(one: Site, job: int) -> tuple[float, dict]:
    """Kill the worker and all its children outright, start it again as the supervisor would, wait for the job."""
    killed = time.monotonic()
    one.kill("worker")
    one.start("worker")
    over = one.wait(job, lambda job: job["status"] in {"done", "failed"})
    return time.monotonic() - killed, over


def main() -> int:
    results = []
    for make_site in (sqlite_site, postgres_site):
        for fault in (killed_in_training, killed_in_import, killed_in_sweep, doorbell_lost):
            with make_site() as one:
                result = fault(one)
            results.append(result)
            verdict = "survived" if result.survived else "LOST"
            print(f"{result.name:40} {result.backend:20} {verdict:9} {result.recovery_s:6.1f} s", flush=True)
    (ROOT / "tests/faults/results.json").write_text(json.dumps([asdict(result) for result in results], indent=1))
    return 0 if all(result.survived for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
