"""The table of items at one million: how long a page takes under each filter, on the database that settings name.

`python -m bench lead.items` makes a SQLite database in a folder of its own; with BENCH_DATABASE_URL it fills that one,
which has to be empty.
"""

import json
import os
import random
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
    "all": "", "common_word": "words=w17", "rare_word": "words=kitten+-w18", "absent_word": "words=nowhere",
    "label_and_annotator": "label=class+3&annotator=ann+7&said=class+3", "model_differs": "model={model}",
    "model_differs_rarely": "model={model}&label=class+1&annotator=ann+3&score_from=0.99",
    "contested": "state=contested", "annotators_differ": "differ=annotators", "flagged": "detector=any",
    "score": "sort=score&state=labelled", "received": "sort=-received&source=s3", "no_label": "state=none",
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


def _main(n: int) -> None:
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
    figures = {name: _measured(dataset, lead, query.format(model=model)) for name, query in FILTERS.items()}
    print(json.dumps({"database": connection.vendor, "filters": figures}))


def _filled(n: int) -> tuple[Any, Any, int]:
    """A dataset of n items, its lead and the id of a prediction set over all of them."""
    from django.conf import settings  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from annotation import bulk, models  # noqa: PLC0415
    from annotation.core.artifacts import arrays_to_bytes, save_bytes  # noqa: PLC0415

    now, draw, rng = timezone.now(), random.Random(0), np.random.default_rng(0)
    lead = models.User.objects.create_user("lead")
    dataset = models.Dataset.objects.create(slug="million", name="million", fields=[{"name": "text", "type": "text"}])
    models.Membership.objects.create(dataset=dataset, user=lead, role="lead")
    classes = [models.LabelClass(dataset=dataset, name=f"class {k}", position=k) for k in range(CLASSES)]
    models.LabelClass.objects.bulk_create(classes)
    people = [models.Annotator(dataset=dataset, name=f"ann {k}") for k in range(ANNOTATORS)]
    models.Annotator.objects.bulk_create(people)
    class_ids = list(dataset.label_classes.order_by("position").values_list("id", flat=True))
    people_ids = list(dataset.annotators.order_by("id").values_list("id", flat=True))

    def text(k: int) -> str:
        words = [f"w{int(2_000 * draw.random() ** 2)}" for _ in range(14)]
        return " ".join([*words, "kitten"] if k % 20_000 == 11 else words)

    columns = ["dataset_id", "split", "external_id", "digest", "content", "source", "received_at", "created_at"]
    bulk.insert(
        models.Item, columns,
        ((dataset.pk, "pool", f"i{k}", f"{k:064d}", {"text": text(k)}, f"s{k % 10}",
          now - timezone.timedelta(minutes=k) if k % 2 else None, now) for k in range(n)),
    )  # fmt: skip
    first = models.Item.objects.order_by("id").values_list("id", flat=True)[0]
    code = rng.integers(0, CLASSES, n).tolist()
    who = rng.integers(0, ANNOTATORS, n).tolist()
    bulk.insert(
        models.Label, ["item_id", "annotator_id", "label_class_id", "origin", "created_at"],
        ((first + k, people_ids[who[k]], class_ids[code[k]], "import", now) for k in range(n)),
    )  # fmt: skip
    contested = {k for k in range(n) if k % 40_000 == 7}
    bulk.insert(
        models.CurrentLabel, ["item_id", "label_class_id", "state", "basis", "created_at"],
        ((first + k, None if k in contested else class_ids[code[k]], "contested" if k in contested else "labelled",
          "import", now) for k in range(n) if k % 50_000 != 9),
    )  # fmt: skip
    ids = np.arange(first, first + n)
    arrays = arrays_to_bytes(item=ids, score=rng.random(n))
    detection = models.Detection.objects.create(
        dataset=dataset, n_items=n, n_groups=0, n_conflicts=0, n_flags=FLAGS, n_findings=0, seconds=1,
        arrays=save_bytes(settings.ARTIFACTS_DIR, arrays, ".npz"),
    )  # fmt: skip
    bulk.insert(
        models.Flag, ["detection_id", "detector", "item_id", "score", "reason"],
        ((detection.pk, "label_error", int(item), 0.9, "odd label") for item in rng.choice(ids, FLAGS, replace=False)),
    )  # fmt: skip
    probability = np.full((n, CLASSES), 0.02, dtype=np.float32)
    said = np.where(rng.random(n) < 0.1, rng.integers(0, CLASSES, n), code)
    probability[np.arange(n), said] = 0.82
    arrays = save_bytes(settings.ARTIFACTS_DIR, arrays_to_bytes(item=ids, probability=probability), ".npz")
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
    _main(int(sys.argv[1]))
