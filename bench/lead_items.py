"""The table of items at one million: how long a page takes under each filter, on the database that settings name.

`python -m bench lead.items` makes a SQLite database in a folder of its own; with BENCH_DATABASE_URL it fills that one,
which has to be empty.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from bench.table import Row, row

ROOT = Path(__file__).resolve().parents[1]
N, CLASSES, ANNOTATORS, FLAGS, REQUESTS = 1_000_000, 10, 200, 5_000, 20
LIMIT = 200.0  # ms a page
FILTERS = {
    "words": "words=kitten+-w18", "absent_word": "words=nowhere",
    "label_and_annotator": "label=class+3&annotator=ann+7", "model_differs": "model={model}",
    "contested": "state=contested", "annotators_differ": "differ=annotators", "flagged": "detector=any",
    "score": "sort=score&state=labelled", "received": "sort=-received&source=s3",
}  # fmt: skip


def run() -> list[Row]:
    found = []
    with tempfile.TemporaryDirectory(prefix="secondlook-bench-") as folder:
        environment = os.environ | {
            "SECONDLOOK_DATA_DIR": folder, "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", ""), "REDIS_URL": "",
        }  # fmt: skip
        command = [sys.executable, "-m", "bench.lead_items", str(N)]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        figures = json.loads(done.stdout.splitlines()[-1])
    for name, one in figures["filters"].items():
        print(
            f"{name}: p95 {one['p95']:.0f} ms (CPU {one['cpu_p95']:.0f}), first {one['first']:.0f} ms, "
            f"{one['queries']} queries, {one['found']} found in {one['requests']} requests\n  {one['plan']}"
        )
        data = f"{N:,} synthetic items, one label each, {figures['database']}, seed 0"
        found.append(
            row(f"lead.items.{name}", data, N, "ms a page, p95", one["p95"], LIMIT, "the limit", "", 1.0,
                more_is_better=False)
        )  # fmt: skip
    return found


def _main(n: int, names: str = "") -> None:
    """Print the figures of the filters of these names, with commas between; of all without any."""
    import django  # noqa: PLC0415  settings come from the environment of this process

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    started = perf_counter()
    dataset, lead, model = _filled(n)
    print(f"filled in {perf_counter() - started:.0f} s", file=sys.stderr)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    chosen = names.split(",") if names else list(FILTERS)
    figures = {name: _measured(dataset, lead, FILTERS[name].format(model=model)) for name in chosen}
    print(json.dumps({"database": connection.vendor, "filters": figures}))


# Written by the database itself, from the number k of an item; what looks random follows from k.
NUMBERS = "WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < {n} - 1)"
TEXT = " || ' w' || ".join(f"((k * {2 * i + 7919} + k / 97 * {i + 31}) % {400 * (i % 5 + 1)})" for i in range(14))
CODE, WHO = f"((k * 48271 + k / 7) % {CLASSES})", f"((k * 16807 + k / 13) % {ANNOTATORS})"
INSERTS = {
    "annotation_item": (
        "dataset_id, split, external_id, digest, content, source, received_at, taken_back, created_at",
        "{dataset}, 'pool', 'i' || k, 'd' || k, {json}, 's' || (k % 10), CASE WHEN k % 2 = 1 THEN {day} END, 0, {now}",
        "",
    ),
    "annotation_label": (
        "item_id, annotator_id, label_class_id, origin, created_at",
        "{item} + k, {annotator} + " + WHO + ", {label} + " + CODE + ", 'import', {now}", "",
    ),
    "annotation_currentlabel": (
        "item_id, label_class_id, state, basis, created_at",
        "{item} + k, CASE WHEN k % 40000 <> 7 THEN {label} + " + CODE + " END, "
        "CASE WHEN k % 40000 <> 7 THEN 'labelled' ELSE 'contested' END, 'import', {now}", "WHERE k % 50000 <> 9",
    ),
    "annotation_flag": (
        "detection_id, detector, item_id, score, reason", "{detection}, 'label_error', {item} + k, 0.9, 'odd label'",
        "WHERE k % {each} = 3",
    ),
}  # fmt: skip


def _filled(n: int) -> tuple[Any, Any, int]:
    """A dataset of n items, its lead and the id of a prediction set over all of them."""
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from annotation import models  # noqa: PLC0415
    from annotation.core.artifacts import arrays_to_bytes, save_bytes  # noqa: PLC0415

    lead = models.User.objects.create_user("lead")
    dataset = models.Dataset.objects.create(slug="million", name="million", fields=[{"name": "text", "type": "text"}])
    models.Membership.objects.create(dataset=dataset, user=lead, role="lead")
    classes = [models.LabelClass.objects.create(dataset=dataset, name=f"class {k}", position=k) for k in range(CLASSES)]
    people = [models.Annotator.objects.create(dataset=dataset, name=f"ann {k}") for k in range(ANNOTATORS)]
    detection = models.Detection.objects.create(
        dataset=dataset, n_items=n, n_groups=0, n_conflicts=0, n_flags=FLAGS, n_findings=0, seconds=1, arrays=""
    )
    text = f"'{{{{\"text\": \"w' || {TEXT} || CASE WHEN k % 20000 = 11 THEN ' kitten' ELSE '' END || '\"}}}}'"
    postgres = connection.vendor == "postgresql"
    ids = {
        "dataset": dataset.pk, "annotator": people[0].pk, "label": classes[0].pk, "detection": detection.pk,
        "item": 1, "each": max(1, n // FLAGS), "now": "CURRENT_TIMESTAMP",
        "day": "CURRENT_TIMESTAMP - k * interval '1 minute'" if postgres else "datetime('now', '-' || k || ' minutes')",
        "json": (f"CAST({text} AS jsonb)" if postgres else text).format(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        for table, (columns, values, where) in INSERTS.items():
            select = f"{NUMBERS} SELECT {values} FROM n {where}".format(n=n, **ids)
            cursor.execute(f"INSERT INTO {table} ({columns}) {select}")
            if table == "annotation_item":
                ids["item"] = models.Item.objects.order_by("id").values_list("id", flat=True)[0]
    items, rng = np.arange(ids["item"], ids["item"] + n), np.random.default_rng(0)
    arrays = arrays_to_bytes(item=items, score=rng.random(n))
    detection.arrays = save_bytes(settings.ARTIFACTS_DIR, arrays, ".npz")
    detection.save()
    k = np.arange(n)
    code = (k * 48271 + k // 7) % CLASSES
    probability = np.full((n, CLASSES), 0.02, dtype=np.float32)
    probability[k, np.where(rng.random(n) < 0.1, rng.integers(0, CLASSES, n), code)] = 0.82
    arrays = save_bytes(settings.ARTIFACTS_DIR, arrays_to_bytes(item=items, probability=probability), ".npz")
    names = [f"class {k}" for k in range(CLASSES)]
    made = models.PredictionSet.objects.create(dataset=dataset, name="model", classes=names, arrays=arrays, n=n)
    return dataset, lead, made.pk


def _measured(dataset: Any, lead: Any, query: str) -> dict[str, Any]:
    """Twenty requests one after the other, each going on where the last one ended; from the first again at the end.
    `first`: the one before them, which reads what is kept in memory from then on. CPU seconds are of this process."""
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from annotation.reading.items.search import search  # noqa: PLC0415
    from annotation.views.items.table import read_query  # noqa: PLC0415

    client, after, times, cpu, found, queries = Client(), "", list[float](), list[float](), 0, 0
    client.force_login(lead)
    url = f"/d/{dataset.slug}/items/?{query}"
    for _ in range(REQUESTS + 1):
        with CaptureQueriesContext(connection) as captured:
            began, own = perf_counter(), process_time()
            page = client.get(url + after, headers={"host": "localhost"}).content.decode()
            times.append(1_000 * (perf_counter() - began))
            cpu.append(1_000 * (process_time() - own))
        goes_on = re.search(r"[?&;](after=[^&\"]+)", page)
        queries, found = max(queries, len(captured)), found + page.count('name="item"')
        after = f"&{goes_on[1]}" if goes_on else ""
    looked = search(dataset, read_query(query))
    window = looked.order.window(None, 2_000) if looked.order else None
    plan = window.among(looked.items).explain() if window else ""
    return {
        "p95": float(np.quantile(times[1:], 0.95)), "cpu_p95": float(np.quantile(cpu[1:], 0.95)), "first": times[0],
        "median": float(np.median(times[1:])), "queries": queries, "found": found, "requests": len(times),
        "plan": plan.replace("\n", " | ")[:900],
    }  # fmt: skip


if __name__ == "__main__":
    _main(int(sys.argv[1]), *sys.argv[2:3])
