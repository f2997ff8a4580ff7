"""A sweep of 60 fits by 1, 2 and 4 workers, processes as `up` starts them, on both back ends: wall time, whether every
number of workers finds the identical models, and what is lost where one of two workers is killed half-way.

Wall time is that of the job, from asked to done, with the workers already up. What two workers can gain is bounded by
the cores that are free.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import django
import psycopg
import redis

from bench.table import Row, row
from tests.faults.__main__ import POSTGRES, REDIS, Site, postgres_site, sqlite_site

ROWS = 300
C = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50)
SEEDS = 3
FITS = len(C) * SEEDS
WORKERS = (1, 2, 4)
PATIENCE = 900.0
# Seconds for the workers to come up before the clock starts.
WARM = 15.0
SITES: dict[str, Callable[[], AbstractContextManager[Site]]] = {"sqlite": sqlite_site, "postgres": postgres_site}
# Each sweep has a dataset of its own out of the same file, so that none finds the fits of another.
OF = (
    "FROM annotation_job j JOIN annotation_dataset d ON d.id = j.dataset_id WHERE j.kind = 'training' AND d.slug = '{}'"
)
DONE = f"SELECT count(*) {OF} AND j.status = 'done'"
REDONE = f"SELECT sum(j.attempt - 1) {OF}"
HASHES = (
    "SELECT m.parameter_hash FROM modeling_modelrun m JOIN annotation_snapshot s ON s.id = m.snapshot_id "
    "JOIN annotation_dataset d ON d.id = s.dataset_id WHERE d.slug = '{}' ORDER BY 1"
)
ASK = """
from pathlib import Path
from annotation.actions.import_items import import_params, request_import
from annotation.actions.work import work_here
from annotation.core.parsing import ItemMapping
from annotation.models import Dataset
from modeling.actions.sweep import grid_specs, request_sweep
mapping = ItemMapping(text=("text",), label="label", id="id")
work_here(request_import(import_params({slug!r}, {slug!r}, Path({file!r}), mapping), background=False))
dataset = Dataset.objects.get(slug={slug!r})
print(request_sweep(dataset, grid_specs(dataset, "logistic", {{}}, {{"C": {values!r}}}), {seeds}).pk)
"""


def run() -> list[Row]:
    rows = []
    for name, make_site in SITES.items():
        if name == "postgres" and not there():
            print("model.sweep: PostgreSQL and Redis do not answer, so their figures are left out.", file=sys.stderr)
            continue
        rows += rows_of(name, make_site)
    return rows


def there() -> bool:
    """Whether PostgreSQL and Redis answer."""
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
        redis.Redis.from_url(REDIS, socket_connect_timeout=3).ping()
    except (psycopg.OperationalError, redis.RedisError):
        return False
    return True


def rows_of(name: str, make_site: Callable[[], AbstractContextManager[Site]]) -> list[Row]:
    data = f"{ROWS:,} filings, {len(C)} values of C × {SEEDS} seeds, {os.cpu_count()} cores"
    version = django.get_version()
    walls: dict[int, float] = {}
    models: dict[int, list[tuple]] = {}
    with make_site() as one:
        write_filings(one)
        for workers in WORKERS:
            walls[workers] = swept(one, f"by{workers}", workers)
            models[workers] = query(one, HASHES.format(f"by{workers}"))
            print(f"{name}: {FITS} fits by {workers} workers in {walls[workers]:.1f} s", flush=True)
        wall = swept(one, "killed", 2, kill_at=FITS // 2)
        kept, redone = query(one, HASHES.format("killed")), int(query(one, REDONE.format("killed"))[0][0])
    print(f"{name}: one of two killed half-way: {wall:.1f} s, {redone} fits done twice, {len(kept)} runs", flush=True)
    rival = "the same sweep by one worker, Django"
    alike = sum(models[workers] == models[1] for workers in (2, 4)) + (kept == models[1])
    made = [
        row(f"model.sweep.{name}.{workers}_workers", data, FITS, "s", walls[workers], walls[1], rival, version, goal,
            more_is_better=False)
        for workers, goal in ((2, 1.3), (4, 0.8))
    ]  # fmt: skip
    return [
        *made,
        row(f"model.sweep.{name}.identical", data, FITS, "sweeps with one worker's 60 models", alike, 3, rival, version,
            1.0),
        row(f"model.sweep.{name}.killed", data, FITS, "fits done twice", redone, 1, "the fit it was at", version, 1.0,
            more_is_better=False),
    ]  # fmt: skip


def swept(one: Site, slug: str, workers: int, kill_at: int = 0) -> float:
    """Wall seconds of the sweep; once `kill_at` fits are done the first worker is killed outright and stays dead."""
    for number in range(workers):
        one.start("worker", number)
    one.start("reaper")
    time.sleep(WARM)
    file = one.env["SECONDLOOK_DATA_DIR"] + "/some.csv"
    job = int(one.python(ASK.format(slug=slug, file=file, values=[str(value) for value in C], seeds=SEEDS)))
    started = time.monotonic()
    while (state := query(one, f"SELECT status, error FROM annotation_job WHERE id = {job}")[0])[0] != "done":
        if state[0] == "failed" or time.monotonic() - started > PATIENCE:
            raise RuntimeError(f"the sweep is {state[0]} after {time.monotonic() - started:.0f} s. {state[1]}")
        if kill_at and query(one, DONE.format(slug))[0][0] >= kill_at:
            one.kill("worker0")
            kill_at = 0
        time.sleep(0.2)
    for name in list(one.processes):
        one.kill(name)
    return float(query(one, f"SELECT {elapsed(one)} FROM annotation_job WHERE id = {job}")[0][0])


def write_filings(one: Site) -> None:
    file = one.env["SECONDLOOK_DATA_DIR"] + "/some.csv"
    one.python(
        "from modeling.demo.filings import generate\n"
        f"generate(0).pool.head({ROWS}).drop(columns='truth').to_csv({file!r}, index=False)"
    )


def query(one: Site, sql: str) -> list[tuple]:
    """Read from the site's database without starting another Django: that would take a core from the workers."""
    url = one.env["DATABASE_URL"]
    if url:
        with psycopg.connect(url) as open_:
            return open_.execute(sql).fetchall()
    file = sqlite3.connect(one.env["SECONDLOOK_DATA_DIR"] + "/db.sqlite3", timeout=30)
    try:
        return file.execute(sql).fetchall()
    finally:
        file.close()


def elapsed(one: Site) -> str:
    if one.env["DATABASE_URL"]:
        return "extract(epoch FROM finished_at - created_at)"
    return "(julianday(finished_at) - julianday(created_at)) * 86400"
