"""Every page at a million items and three million labels, right after they came in: time, queries, memory, plans.

`python -m bench pages` makes a SQLite database in a folder of its own; with BENCH_DATABASE_URL it fills that one, which
has to be empty. `python -m bench.pages build N` and `python -m bench.pages ask [NAME…]` are its two halves, on the
database that settings name. A page is asked for ten times by a process of its own, which has read nothing before.
"""

import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from bench.pages_addresses import Page, pages_of
from bench.table import Row, row

ROOT = Path(__file__).resolve().parents[1]
N, SMALL, REQUESTS = 1_000_000, 500, int(os.environ.get("BENCH_REQUESTS", 10))
LIMIT, LIMITS = 300.0, {"overview": 500.0}  # ms
LARGE, SMALL_ONE = "large", "small"


@dataclass(frozen=True)
class Figures:
    """Of one page: milliseconds, queries of one request and the rows read, MiB that the process grew by, and the
    highest estimate of a plan with its query (PostgreSQL only)."""

    page: str
    status: int
    p50: float
    p95: float
    first: float
    queries: int
    rows: int
    mib: float
    cost: float
    sql: str


def run() -> list[Row]:
    found = []
    with tempfile.TemporaryDirectory(prefix="secondlook-bench-") as folder:
        environment = os.environ | {
            "SECONDLOOK_DATA_DIR": folder, "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", ""), "REDIS_URL": "",
        }  # fmt: skip
        for half in (["build", str(N)], ["ask"]):
            command = [sys.executable, "-m", "bench.pages", *half]
            done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    for one in figures["pages"]:
        limit = LIMITS.get(one["page"].split()[0], LIMIT)
        data = f"{N:,} synthetic items, three labels each, {figures['database']}, not analysed"
        found.append(
            row(f"lead.pages.{one['page']}", data, N, "ms a page, p95", one["p95"], limit, "the limit", "", 1.0,
                more_is_better=False)
        )  # fmt: skip
    return found


def build(n: int) -> None:
    _set_up()
    from django.core.management import call_command  # noqa: PLC0415  settings come from the environment

    from bench.pages_site import build as build_dataset  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    started = perf_counter()
    build_dataset(LARGE, n)
    build_dataset(SMALL_ONE, min(n, SMALL))
    print(f"filled in {perf_counter() - started:.0f} s", file=sys.stderr)


def ask(*names: str) -> None:
    """Print the figures of the pages of these names, of all without any."""
    _set_up()
    importlib.import_module("config.wsgi")  # as a web process: all code loaded, statements limited
    listed: list[list[Any]] = in_child(lambda: [list(asdict(one).values()) for one in pages_of((LARGE, SMALL_ONE))])
    pages = [Page(*one) for one in listed]
    found = []
    print(_line("page", "status", "p50", "p95", "first", "queries", "rows", "MiB", "cost"), file=sys.stderr)
    for page in pages:
        if names and not any(page.name.startswith(name) for name in names):
            continue
        figures: dict[str, Any] = in_child(partial(_measured, page))
        if not figures:
            continue
        one = Figures(**figures)
        found.append(one)
        print(_of(one), file=sys.stderr, flush=True)
        if names:
            print(f"    {one.sql[:1500]}", file=sys.stderr)
    _tell(found)


def _tell(found: list[Figures]) -> None:
    from django.db import connection  # noqa: PLC0415

    over = [one for one in found if one.p95 > LIMITS.get(one.page.split()[0], LIMIT)]
    print(f"{len(found)} pages, {len(over)} over their limit:", file=sys.stderr)
    for one in sorted(over, key=lambda one: -one.p95):
        print(_of(one), file=sys.stderr)
    print(json.dumps({"database": connection.vendor, "pages": [asdict(one) for one in found]}))


def _of(one: Figures) -> str:
    figures = (f"{value:,.0f}" for value in (one.p50, one.p95, one.first))
    return _line(one.page, one.status, *figures, one.queries, one.rows, f"{one.mib:.0f}", f"{one.cost:,.0f}")


def _line(page: str, *columns: object) -> str:
    return f"{page:46}" + "".join(f"{column!s:>9}" for column in columns)


def _set_up() -> None:
    import django  # noqa: PLC0415  settings come from the environment of this process

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()


def in_child(work: Callable[[], Any]) -> Any:
    """What `work` returns, as JSON, from a process forked for it: it begins with no connection and nothing kept."""
    there, here = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            with os.fdopen(here, "w") as answer:
                json.dump(work(), answer)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    os.close(here)
    with os.fdopen(there) as answer:
        said = answer.read()
    _, status = os.waitpid(pid, 0)
    if status:
        raise SystemExit("A page's process failed.")
    return json.loads(said)


def _measured(page: Page) -> dict[str, Any]:
    """Figures by name; none where there is no such page for this user."""
    from django.test import Client  # noqa: PLC0415

    from annotation.models import User  # noqa: PLC0415
    from tests.counting import counted  # noqa: PLC0415

    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(username=page.user))
    headers = {"host": "localhost"} | page.headers
    client.get("/account/", headers=headers)  # what any first request reads
    before, times = _peak(), list[float]()
    for _ in range(REQUESTS):
        began = perf_counter()
        status = client.get(page.address, headers=headers).status_code
        times.append(1_000 * (perf_counter() - began))
        if status in (302, 404, 405):
            return {}
    with counted() as asked:
        client.get(page.address, headers=headers)
    grown = _peak() - before
    cost, sql = max(_costs(page, client, headers), default=(0.0, ""))
    figures = Figures(
        page.name, status, *(float(np.quantile(times, share)) for share in (0.5, 0.95)), times[0],
        asked.n, asked.rows, grown, cost, sql,
    )  # fmt: skip
    return asdict(figures)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _costs(page: Page, client: Any, headers: dict[str, str]) -> Iterator[tuple[float, str]]:
    """What PostgreSQL expects of each query of the page, in its own unit."""
    from django.db import connection  # noqa: PLC0415

    if connection.vendor != "postgresql":
        return
    told: list[tuple[str, Any]] = []

    def asks(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            told.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(asks):
        client.get(page.address, headers=headers)
    with connection.cursor() as cursor:
        for sql, params in told:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            yield float(cursor.fetchone()[0][0]["Plan"]["Total Cost"]), sql


if __name__ == "__main__":
    build(int(sys.argv[2])) if sys.argv[1] == "build" else ask(*sys.argv[2:])
