"""Files in: rows a second beside the same rows written bare, peak memory, and how long an expert's answer waits.

On SQLite; on PostgreSQL too where BENCH_DATABASE_URL names a database, of which a new one is made beside it.
BENCH_ROWS sets the rows (100,000).
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.table import Row, row

ROOT = Path(__file__).resolve().parents[1]
ROWS, FEW = int(os.environ.get("BENCH_ROWS", "100000")), 10_000
SHARE, WAIT, MEMORY = 0.5, 1.0, 300.0  # of the bare speed; seconds; MiB
SETUP = """
import json, os, resource, sys, time
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from pathlib import Path
"""
BEGIN = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
IN = """
from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.jobs.work import work_here
from annotation.core.files.parsing_items import ItemMapping
def bring(path, slug):
    params = import_params(slug, slug, Path(path), ItemMapping(text=("text",), label="label", id="id"))
    job = request_import(params, background=False)
    began, cpu = time.perf_counter(), time.process_time()
    work_here(job)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.perf_counter() - began, time.process_time() - cpu, peak
first = bring(sys.argv[2], "first")
print(json.dumps([*bring(sys.argv[1], "large"), first[-1]]))
"""
# Open cases that an expert answers one after the other, until a file called "over" is there.
ANSWERS = """
from uuid import uuid4
from django.contrib.auth.models import User
from django.utils import timezone
from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.jobs.work import work_here
from annotation.actions.people.add_member import add_member
from annotation.actions.queue.decide import Answer, decide
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.core.files.parsing_items import ItemMapping
from annotation.models import Dataset, Item
folder = Path(sys.argv[2])
work_here(request_import(import_params("asked", "asked", Path(sys.argv[1]), ItemMapping(text=("text",), label="label",
          id="id")), background=False))
dataset = Dataset.objects.get(slug="asked")
erin = User.objects.create_user("erin")
add_member(dataset, erin, "expert")
items = list(Item.objects.filter(dataset=dataset).values_list("id", flat=True))
create_cases(dataset, [Unit(frozenset([pk]), 0.5) for pk in items], timezone.now())
label = dataset.label_classes.first()
cases = iter(list(dataset.cases.open().order_by("id")))
(folder / "ready").touch()
waits = []
while not (folder / "over").exists():
    began = time.perf_counter()
    decide(next(cases), erin, Answer("label", uuid4(), label), timezone.now(), learn=False)
    waits.append(time.perf_counter() - began)
    time.sleep(0.05)
waits.sort()
print(json.dumps([len(waits), waits[len(waits) // 2], waits[-1]]))
"""
# The same rows made beforehand and written into the same tables in one go.
BARE = """
from django.db import connection, transaction
from annotation.models import CurrentLabel, Dataset, FileImport, Annotator, Item, Label, LabelClass
from django.utils import timezone
import csv
dataset = Dataset.objects.create(slug="bare", name="bare", fields=[{"name": "text", "type": "text"}])
brought = FileImport.objects.create(dataset=dataset, kind="items", file_name="f", sha256="0" * 64)
who = Annotator.objects.create(dataset=dataset, name="import")
made = [LabelClass.objects.create(dataset=dataset, name=name, position=at) for at, name in enumerate("abcde")]
classes = {one.name: one.pk for one in made}
now, postgres = timezone.now(), connection.vendor == "postgresql"
at = now if postgres else now.replace(tzinfo=None).isoformat(" ")
def rows(path):
    import hashlib
    with open(path, newline="") as file:
        for pk, (name, text, label) in enumerate(list(csv.reader(file))[1:], 1):
            content = json.dumps({"text": text}, separators=(",", ":"))
            yield pk, name, hashlib.sha256(content.encode()).hexdigest(), content, classes[label]
made = list(rows(sys.argv[1]))
tables = [
    (Item, "id dataset_id split taken_back external_id digest content written source received_at brought_by_id "
     "created_at",
     [(pk, dataset.pk, "pool", 0, name, digest, content, None, "", None, brought.pk, at)
      for pk, name, digest, content, _ in made]),
    (Label, "item_id annotator_id label_class_id origin seconds given_at brought_by_id created_at",
     [(pk, who.pk, label, "import", None, None, brought.pk, at) for pk, _, _, _, label in made]),
    (CurrentLabel, "item_id label_class_id state basis decision_id created_at",
     [(pk, label, "labelled", "import", None, at) for pk, _, _, _, label in made]),
]
del made
began, cpu = time.perf_counter(), time.process_time()
with transaction.atomic(), connection.cursor() as cursor:
    for model, columns, values in tables:
        names = ", ".join(columns.split())
        table = model._meta.db_table
        if postgres:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for one in values:
                    copy.write_row(one)
        else:
            marks = ", ".join("?" * len(columns.split()))
            cursor.cursor.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
print(json.dumps([time.perf_counter() - began, time.process_time() - cpu]))
"""


def run() -> list[Row]:
    found = _rows_of("SQLite", "", "executemany")
    if url := os.environ.get("BENCH_DATABASE_URL"):
        found += _rows_of("PostgreSQL", url, "COPY")
    return found


def _rows_of(name: str, url: str, bare_name: str) -> list[Row]:
    data = f"{ROWS:,} texts of 12 words, a label each, .csv, {name}"
    with tempfile.TemporaryDirectory(prefix="secondlook-bench-") as folder:
        paths = {n: _file(Path(folder) / f"{n}.csv", n) for n in (FEW, ROWS)}
        with _site(url) as env:
            seconds, cpu, memory, of_few = _python(env, BEGIN + IN, paths[ROWS], paths[FEW])
        with _site(url) as env:
            bare, bare_cpu = _python(env, BEGIN + BARE, paths[ROWS])
        with _site(url) as env:
            n, median, longest, answering = _answers(env, paths[ROWS], paths[FEW], Path(folder))
    print(
        f"{name}: {answering:.1f} s with {n} answers meanwhile, half of them within {1000 * median:.0f} ms", flush=True
    )
    print(
        f"{name}: {cpu:.1f} s of CPU time against {bare_cpu:.1f}; {memory:.0f} MiB at {ROWS:,} rows, {of_few:.0f} at "
        f"{FEW:,}", flush=True,
    )  # fmt: skip
    kind = name.lower()
    return [
        row(f"lead.imports.{kind}", data, ROWS, "rows/s", ROWS / seconds, ROWS / bare, f"bare {bare_name}", "", SHARE),
        row(
            f"lead.imports.{kind}.memory", data, ROWS, "MiB at the peak", memory, MEMORY, "the limit set", "", 1.0,
            more_is_better=False,
        ),
        row(
            f"lead.imports.{kind}.wait", f"{data}; {n} answers", ROWS, "s, the longest answer", longest, WAIT,
            "the limit set", "", 1.0, more_is_better=False,
        ),
    ]  # fmt: skip


def _answers(env: dict[str, str], large: Path, few: Path, folder: Path) -> tuple[int, float, float, float]:
    _python(env, BEGIN + "print('[]')")
    asking = _started(env, ANSWERS, few, folder)
    while not (folder / "ready").exists() and asking.poll() is None:
        time.sleep(0.1)
    began = time.perf_counter()
    _python(env, IN.replace('first = bring(sys.argv[2], "first")', "first = [0]"), large)
    seconds = time.perf_counter() - began
    (folder / "over").touch()
    out, _ = asking.communicate()
    n, median, longest = json.loads(out)
    return n, median, longest, seconds


def _file(path: Path, n: int) -> Path:
    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefghijklmnop", k=chance.randint(2, 9))) for _ in range(5000)]
    with path.open("w") as file:
        file.write("id,text,label\n")
        file.writelines(f"T{at},{' '.join(chance.choices(words, k=12))},{'abcde'[at % 5]}\n" for at in range(n))
    return path


@contextmanager
def _site(url: str) -> Iterator[dict[str, str]]:
    """An installation of its own."""
    with tempfile.TemporaryDirectory(prefix="secondlook-bench-") as folder:
        env = {**os.environ, "SECONDLOOK_DATA_DIR": folder, "DATABASE_URL": "", "REDIS_URL": "", "OMP_NUM_THREADS": "1"}
        if not url:
            yield env
            return
        name = f"bench_imports_{os.getpid()}"
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            admin.execute(f"CREATE DATABASE {name}")
            try:
                yield {**env, "DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}
            finally:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _started(env: dict[str, str], code: str, *arguments: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", SETUP + code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)


def _python(env: dict[str, str], code: str, *arguments: Path) -> list[float]:
    process = _started(env, code, *arguments)
    out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("a measurement failed, see above")
    return json.loads(out.splitlines()[-1])
