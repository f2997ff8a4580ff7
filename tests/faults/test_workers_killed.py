"""Workers are killed outright; the same worker and reaper as `up` starts are there."""

import json
import time

import pytest

from tests.faults.site import Site


def import_pool(site: Site, *extra: str) -> str:
    file = site.env["SECONDLOOK_DATA_DIR"] + "/pool.csv"
    return site.manage(
        "import_items", "faults", file, "--text", "text", "--label", "label", "--id", "id", "--json", *extra
    )


def kill_and_wait(site: Site, job: int) -> tuple[float, dict]:
    """Kill the worker and all its children, start it again as the supervisor would, wait for the job."""
    killed = time.monotonic()
    site.kill("worker")
    site.start("worker")
    over = site.wait(job, lambda job: job["status"] in {"done", "failed"})
    return time.monotonic() - killed, over


@pytest.mark.fault("worker killed in mid-training")
def test_training(site, fault):
    import_pool(site)
    site.start("worker")
    site.start("reaper")
    asked = json.loads(
        site.manage("train", "faults", "--learner", "logistic", "--set", "C=cv", "--background", "--json")
    )
    site.wait(asked["job"], lambda job: job["status"] == "running" and job["progress"] > 0.05)
    recovery, job = kill_and_wait(site, asked["job"])
    fault.recovered(recovery)
    runs = int(site.python("from modeling.models import ModelRun; print(ModelRun.objects.count())"))
    fault.lost(abs(1 - runs))
    assert job["status"] == "done" and job["attempt"] == 2


@pytest.mark.fault("worker killed in mid-import")
def test_import(site, fault):
    site.start("worker")
    site.start("reaper")
    asked = json.loads(import_pool(site, "--background"))
    site.wait(asked["job"], lambda job: job["status"] != "queued")
    recovery, job = kill_and_wait(site, asked["job"])
    fault.recovered(recovery)
    fault.lost(3000 - int(site.python("from annotation.models import Item; print(Item.objects.count())")))
    assert job["status"] == "done"


@pytest.mark.fault("one of two workers killed in mid-sweep, for good")
def test_sweep(site, fault):
    import_pool(site)
    for number in (1, 2):
        site.start("worker", number)
    site.start("reaper")
    grid = "C=0.1,0.3,1,3,10,30"
    asked = json.loads(
        site.manage(
            "sweep", "faults", "--learner", "logistic", "--grid", grid, "--seeds", "2", "--background", "--json"
        )
    )
    site.wait(asked["job"], lambda job: job["status"] == "waiting" and job["progress"] > 0.2)
    killed = time.monotonic()
    site.kill("worker1")
    job = site.wait(asked["job"], lambda job: job["status"] in {"done", "failed"})
    fault.recovered(time.monotonic() - killed)
    code = (
        "from django.db.models import F, Sum; from annotation.models import Job; from modeling.models import ModelRun\n"
        "print(ModelRun.objects.count(), Job.objects.filter(kind='training').aggregate(n=Sum(F('attempt') - 1))['n'])"
    )
    runs, again = map(int, site.python(code).split())
    fault.lost(abs(12 - runs))
    assert job["status"] == "done" and again <= 1, f"{again} fits were done a second time"


@pytest.mark.fault("message to the worker lost")
def test_doorbell(site, fault):
    import_pool(site)
    code = (
        "from annotation.models import Dataset; from annotation.actions.detecting.detect import request_detection\n"
        "print(request_detection(Dataset.objects.get(), background=False).pk)"
    )
    job = int(site.python(code))
    started = time.monotonic()
    site.start("worker")
    site.start("reaper")
    done = site.wait(job, lambda job: job["status"] in {"done", "failed"})
    fault.recovered(time.monotonic() - started)
    assert done["status"] == "done"
