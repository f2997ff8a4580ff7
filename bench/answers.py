"""How many answers a second twenty experts without pause get in, while very many cases are open and the order learns.

Each expert asks for a case and answers it, over and over: by the actions alone, and by the page as a browser asks for
it (one request records the answer and brings the next case). Beside it a loop of bare SQL that leases a case and writes
the same facts. On SQLite, and with BENCH_DATABASE_URL on that database too, which has to be empty; a worker works what
the answers ask for meanwhile. `python -m bench.answers profile` shows where the time of one expert goes.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier, Thread
from time import monotonic, perf_counter, process_time
from typing import Any
from uuid import uuid4

import numpy as np

from bench.answers_bare import CLASSES, by_sql
from bench.table import Row, row

ROOT = Path(__file__).resolve().parents[1]
OPEN = int(os.environ.get("BENCH_OPEN_CASES", "100000"))
EXPERTS, PROCESSES, SECONDS = 20, 2, float(os.environ.get("BENCH_SECONDS", "30"))
ASKED = 60  # answers that are profiled
SEEDED = 40  # answers before the clock starts, so that there is an order to learn
GOALS = {"sqlite": 80.0, "postgresql": 150.0}
OF_BARE = 0.5


@dataclass(frozen=True)
class Pulled:
    """answers: how many in `seconds`; p50, p95: ms of one; queries: of one, mean; refused: not taken; failed: errors"""

    answers: int
    seconds: float
    p50: float
    p95: float
    queries: float
    refused: int
    failed: int

    @property
    def a_second(self) -> float:
        return self.answers / self.seconds


def run() -> list[Row]:
    urls = ["", *filter(None, [os.environ.get("BENCH_DATABASE_URL")])]
    return [one for url in urls for one in on_database(url)]


def on_database(url: str) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="secondlook-bench-") as folder:
        env = os.environ | {
            "SECONDLOOK_DATA_DIR": folder, "DATABASE_URL": url, "REDIS_URL": "", "SECONDLOOK_SECRET_KEY": "bench" * 10,
            "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "SECONDLOOK_HOSTS": "testserver",
        }  # fmt: skip
        name = asked(env, "fill", str(OPEN))["database"]
        bare = together(env, "bare", learns=False)
        found = {way: together(env, way, learns=True) for way in ("actions", "page")}
    rows = []
    for way, one in found.items():
        print(
            f"{name}, {way}: {one.a_second:.0f} answers/s, p50 {one.p50:.0f} ms, p95 {one.p95:.0f} ms, "
            f"{one.queries:.1f} queries an answer, {one.refused} refused, {one.failed} failed; bare SQL "
            f"{bare.a_second:.0f}/s, p50 {bare.p50:.1f} ms, p95 {bare.p95:.1f} ms, {bare.queries:.0f} statements"
        )
        data = f"{OPEN:,} open cases, {EXPERTS} experts, {PROCESSES} processes, {name}"
        key, unit = f"expert.answers.{name}.{way}", "answers a second"
        rows.append(row(key, data, one.answers, unit, one.a_second, GOALS[name], "the goal", "", 1.0))
        rows.append(
            row(f"{key}.of_bare", data, one.answers, unit, one.a_second, bare.a_second, "bare SQL", "", OF_BARE)
        )
    return rows


def asked(env: dict[str, str], *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.answers", *words],
        cwd=ROOT,
        env=env,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def together(env: dict[str, str], way: str, learns: bool) -> Pulled:
    """All experts at once, over PROCESSES processes, with a worker beside them where the order learns."""
    each = EXPERTS // PROCESSES
    worker = subprocess.Popen([sys.executable, "-m", "bench.answers", "work"], cwd=ROOT, env=env) if learns else None
    words = [[way, str(place * each), str(each)] for place in range(PROCESSES)]
    try:
        started = [
            subprocess.Popen([sys.executable, "-m", "bench.answers", *one], cwd=ROOT, env=env, stdout=subprocess.PIPE,
                             text=True)
            for one in words
        ]  # fmt: skip
        said = [json.loads(one.communicate()[0].splitlines()[-1]) for one in started]
    finally:
        if worker:
            worker.terminate()
            worker.wait()
    taken = np.concatenate([one["ms"] for one in said])
    p50, p95 = (float(np.quantile(taken, share)) for share in (0.5, 0.95))
    queries = float(np.average([one["queries"] for one in said], weights=[len(one["ms"]) for one in said]))
    return Pulled(
        len(taken), SECONDS, p50, p95, queries, *(sum(one[key] for one in said) for key in ("refused", "failed"))
    )


# ---- in a process of its own


def _main(way: str, *words: str) -> None:
    import django  # noqa: PLC0415  settings come from the environment of this process

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    if way == "fill":
        print(json.dumps({"database": _filled(int(words[0]))}))
    elif way == "work":
        from annotation.actions.jobs.work import work_what_waits  # noqa: PLC0415

        work_what_waits(600)
    elif way == "profile":
        _profiled(words[0] if words else "actions")
    else:
        print(json.dumps(_pull(way, int(words[0]), int(words[1]))))


def _filled(n: int) -> str:
    """A dataset of n items with one label each, an open case for every one, and a detection to learn from."""
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from annotation import bulk, models  # noqa: PLC0415
    from annotation.actions.queue.open_cases import Unit, create_cases  # noqa: PLC0415
    from annotation.core.artifacts import arrays_to_bytes, save_bytes  # noqa: PLC0415
    from annotation.core.order.prior_evidence import Factor, PriorEvidence, to_arrays  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    now, rng = timezone.now(), np.random.default_rng(0)
    dataset = models.Dataset.objects.create(slug="many", name="many", fields=[{"name": "text", "type": "text"}])
    names = [f"class {place}" for place in range(CLASSES)]
    classes = [models.LabelClass.objects.create(dataset=dataset, name=name, position=k) for k, name in enumerate(names)]
    who = models.Annotator.objects.create(dataset=dataset, name="ann")
    for place in range(EXPERTS):
        user = models.User.objects.create_user(f"expert{place}")
        models.Membership.objects.create(dataset=dataset, user=user, role="expert")
    codes, sources = rng.integers(0, CLASSES, n), rng.integers(0, 5, n)
    bulk.insert(
        models.Item, ["dataset_id", "split", "external_id", "digest", "content", "source", "taken_back", "created_at"],
        [(dataset.pk, "pool", f"i{k}", f"{k:064d}", {"text": f"text number {k} of many"}, f"s{sources[k]}", 0, now)
         for k in range(n)],
    )  # fmt: skip
    items = list(dataset.items.order_by("id").values_list("id", flat=True))
    label = [classes[code].pk for code in codes]
    bulk.insert(models.Label, ["item_id", "annotator_id", "label_class_id", "origin", "created_at"],
                [(item, who.pk, one, "import", now) for item, one in zip(items, label, strict=True)])  # fmt: skip
    bulk.insert(models.CurrentLabel, ["item_id", "label_class_id", "state", "basis", "created_at"],
                [(item, one, "labelled", "import", now) for item, one in zip(items, label, strict=True)])  # fmt: skip
    score = np.round(rng.random(n), 4)
    place = np.arange(n)
    factors = {"class": Factor(place, codes, tuple(names)),
               "source": Factor(place, sources, tuple(f"s{k}" for k in range(5)))}  # fmt: skip
    prior = PriorEvidence(np.array(items), score, {"label_error": score}, factors, n_classes=CLASSES)
    arrays = save_bytes(settings.ARTIFACTS_DIR, arrays_to_bytes(**to_arrays(prior)), ".npz")
    models.Detection.objects.create(
        dataset=dataset, n_items=n, n_groups=0, n_conflicts=0, n_flags=0, n_findings=0, seconds=1, arrays=arrays
    )
    create_cases(dataset, [Unit(frozenset([item]), one) for item, one in zip(items, score.tolist(), strict=True)], now)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    _pull("actions", 0, 2, most=SEEDED)
    return connection.vendor


def _pull(way: str, first: int, n: int, most: int = 10**9) -> dict[str, Any]:
    """Experts `first` to `first + n`, each in a thread: ms of each answer, queries of one, how many were not taken."""
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    from annotation.models import Dataset  # noqa: PLC0415

    if connections["default"].vendor == "postgresql":
        connections.settings["default"]["OPTIONS"]["pool"]["max_size"] = n + 2
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    dataset = Dataset.objects.get(slug="many")
    users = [get_user_model().objects.get(username=f"expert{place}") for place in range(first, first + n)]
    make = {"actions": _by_actions, "page": _by_page, "bare": by_sql}[way]
    said: dict[str, Any] = {"ms": [], "refused": 0, "failed": 0, "queries": []}
    together = Barrier(n)

    def answering(user: Any) -> None:
        answer = make(dataset, user)
        counted = _Counted()
        answer()  # what a process loads once is loaded
        together.wait()
        until = monotonic() + SECONDS
        while monotonic() < until and len(said["ms"]) < most:
            started = perf_counter()
            try:
                with counted:
                    taken = answer()
            except Exception as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
                said["failed"] += 1
                continue
            if taken:
                said["ms"].append(1000 * (perf_counter() - started))
                said["queries"].append(counted.last if way != "bare" else taken)
            else:
                said["refused"] += 1
        connections.close_all()

    threads = [Thread(target=answering, args=[user]) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said | {"queries": float(np.mean(said["queries"] or [0.0]))}


class _Counted:
    """Statements of this thread's connection while it is entered."""

    last = 0

    def __enter__(self) -> None:
        from django.db import connection  # noqa: PLC0415

        self.last = 0
        self.wrapper = connection.execute_wrapper(self._one)
        self.wrapper.__enter__()

    def _one(self, execute: Callable[..., Any], *rest: Any) -> Any:
        self.last += 1
        return execute(*rest)

    def __exit__(self, *error: Any) -> None:
        self.wrapper.__exit__(*error)


def _by_actions(dataset: Any, user: Any) -> Callable[[], int]:
    from django.utils import timezone  # noqa: PLC0415

    from annotation.actions.queue.decide import Answer, decide  # noqa: PLC0415
    from annotation.actions.queue.lease import lease  # noqa: PLC0415

    classes = list(dataset.label_classes.all())
    dice = np.random.default_rng(user.pk)

    def answer() -> int:
        case = lease(dataset, user, timezone.now())
        if case is None:
            return 0
        decide(case, user, Answer("label", uuid4(), classes[dice.integers(CLASSES)], seconds=8.0), timezone.now())
        return 1

    return answer


def _by_page(dataset: Any, user: Any) -> Callable[[], int]:
    import re  # noqa: PLC0415

    from django.test import Client  # noqa: PLC0415

    client = Client()
    client.force_login(user)
    classes = list(dataset.label_classes.values_list("id", flat=True))
    dice = np.random.default_rng(user.pk)
    shown = re.compile(r'<form\s+id="answer".*?</form>|<template.*?</template>', re.DOTALL)
    waiting: list[tuple[str, str, str]] = []

    def read(page: str) -> None:
        for one in shown.findall(page):
            patterns = (
                r'"(/d/many/[^"]+/decide/)"', r'data-token="([^"]+)"|name="token" value="([^"]+)"',
                r'name="item" value="(\d+)"',
            )  # fmt: skip
            said = [re.search(pattern, one) for pattern in patterns]
            address, token, item = (next(filter(None, found.groups()), "") if found else "" for found in said)
            if address and item:
                waiting.append((address, token, item))

    def answer() -> int:
        if not waiting:
            read(client.get("/d/many/queue/").content.decode())
        if not waiting:
            return 0
        action, token, item = waiting.pop(0)
        have = ",".join(one[0].rstrip("/").split("/")[-2] for one in waiting)
        body = {"token": token, "item": item, "answer": classes[dice.integers(CLASSES)], "shown": "8000", "have": have,
                "more": "1"}  # fmt: skip
        done = client.post(action, body, headers={"HX-Request": "true"})
        read(done.content.decode())
        return int(done.status_code == 200)

    return answer


def _profiled(way: str) -> None:
    """Where the time of one expert's answers goes, and which statements they ask."""
    import cProfile  # noqa: PLC0415
    import pstats  # noqa: PLC0415

    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from annotation.models import Dataset  # noqa: PLC0415

    dataset, user = Dataset.objects.get(slug="many"), get_user_model().objects.get(username="expert3")
    answer = {"actions": _by_actions, "page": _by_page}[way](dataset, user)
    answer(), answer()
    profile = cProfile.Profile()
    started, worked = perf_counter(), process_time()
    for _ in range(ASKED):
        answer()
    ms, own = (1000 * one / ASKED for one in (perf_counter() - started, process_time() - worked))
    print(f"{ms:.1f} ms an answer without the profile, {own:.1f} ms of it in this process")
    profile.enable()
    for _ in range(ASKED):
        answer()
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    said: list[tuple[float, str]] = []

    def timed(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        began = perf_counter()
        try:
            return execute(sql, *rest)
        finally:
            said.append((1000 * (perf_counter() - began), sql))

    with connection.execute_wrapper(timed):
        answer()
    for ms, sql in said:
        print(f"{ms:6.2f} ms  {sql[:600]}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
