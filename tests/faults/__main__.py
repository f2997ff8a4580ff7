"""Faults on purpose, on both back ends: `make faults` kills workers with SIGKILL and shows what survives.

Each fault runs against a fresh data folder and database, with the same worker and reaper that `up` starts.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass

from tests.faults.experts_at_work import experts_at_work
from tests.faults.site import ROOT, Site, postgres_site, sqlite_site


@dataclass(frozen=True)
class Result:
    name: str
    backend: str
    survived: bool
    lost: int
    recovery_s: float


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


def experts_while_all_is_killed(one: Site) -> Result:
    """50 experts decide while the web and the worker are killed; `lost` counts answers lost, doubled or misrouted."""
    work = experts_at_work(one)
    print(work.sentence, flush=True)
    return Result("web and worker killed, experts at work", one.backend, not work.wrong, work.wrong, work.recovery_s)


def main() -> int:
    results = []
    faults = (killed_in_training, killed_in_import, killed_in_sweep, doorbell_lost, experts_while_all_is_killed)
    for make_site in (sqlite_site, postgres_site):
        for fault in faults:
            with make_site() as one:
                result = fault(one)
            results.append(result)
            verdict = "survived" if result.survived else "LOST"
            print(f"{result.name:40} {result.backend:20} {verdict:9} {result.recovery_s:6.1f} s", flush=True)
    (ROOT / "tests/faults/results.json").write_text(json.dumps([asdict(result) for result in results], indent=1))
    return 0 if all(result.survived for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
