"""Corrected labels out: seconds to the first and the last byte and peak memory, each form in a process of its own."""

import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.table import Row, row

ROOT = Path(__file__).resolve().parents[1]
SMALL, LARGE = 10_000, 100_000
FORMS = ("csv", "csv.gz", "tsv", "jsonl", "parquet", "xlsx")
LIMIT = 5.0  # seconds for LARGE items as csv
SETUP = """
import json, os, resource, sys, time
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
"""
# `n` items of a text and a number, a label each by one of nine annotators.
FILL = """
import random
from django.core.management import call_command
from django.utils import timezone
from annotation import bulk
from annotation.models import Annotator, CurrentLabel, Dataset, Item, Label, LabelClass
call_command("migrate", verbosity=0)
n, now, chance = int(sys.argv[1]), timezone.now(), random.Random(0)
words = ["".join(chance.choices("abcdefghijklmnop", k=chance.randint(2, 9))) for _ in range(5000)]
fields = [{"name": "text", "type": "text"}, {"name": "sum", "type": "number"}]
made = Dataset.objects.create(slug="d", name="d", fields=fields)
classes = [LabelClass.objects.create(dataset=made, name=name, position=at).pk for at, name in enumerate("abcde")]
people = [Annotator.objects.create(dataset=made, name=f"ann{at}").pk for at in range(9)]
columns = ["dataset_id", "split", "external_id", "digest", "content", "source", "created_at"]
def items():
    for at in range(n):
        content = {"text": " ".join(chance.choices(words, k=12)), "sum": at / 8}
        yield made.pk, "pool", f"T{at}", f"{at:064x}", content, "mail", now
bulk.insert(Item, columns, items())
ids = list(Item.objects.order_by("id").values_list("id", flat=True))
bulk.insert(Label, ["item_id", "annotator_id", "label_class_id", "origin", "created_at"],
            ((pk, people[pk % 9], classes[pk % 5], "import", now) for pk in ids))
bulk.insert(CurrentLabel, ["item_id", "label_class_id", "state", "basis", "created_at"],
            ((pk, classes[pk % 5], "labelled", "import", now) for pk in ids))
"""
OUT = """
from annotation.actions.exporting.export import download
from annotation.core.exporting.forms import form_of
from annotation.models import Dataset
dataset, form = Dataset.objects.get(), form_of("t." + sys.argv[1])
began, size, first = time.perf_counter(), 0, None
for part in download(dataset, "corrected", form).parts:
    size += len(part)
    first = first or (part and time.perf_counter() - began) or None
last = time.perf_counter() - began
print(json.dumps([first, last, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, size]))
"""
RIVAL = """
import pandas as pd
from annotation.actions.exporting.export import export
from annotation.models import Dataset
from pathlib import Path
folder = Path(sys.argv[1])
export(Dataset.objects.get(), "corrected", folder / "ours.csv")
frame = pd.read_csv(folder / "ours.csv")
began = time.perf_counter()
frame.to_csv(folder / "theirs.csv", index=False)
print(json.dumps([time.perf_counter() - began]))
"""


def run() -> list[Row]:
    version = importlib.metadata.version("pandas")
    small, _ = _measured(SMALL)
    large, theirs = _measured(LARGE)
    return [made for form in FORMS for made in _rows(form, small[form], large[form], theirs, version)]


def _rows(form: str, small: list[float], large: list[float], theirs: float, version: str) -> list[Row]:
    name, data = f"lead.export.{form}", f"{LARGE:,} items of a text and a number, a label each, seed 0, SQLite"
    return [
        row(
            f"{name}.first_byte", data, LARGE, "s to the first byte", large[0], large[1],
            "the last byte of the same", version, 1.0, more_is_better=False,
        ),
        row(
            f"{name}.last_byte", data, LARGE, "s to the last byte", large[1], theirs,
            "pandas.DataFrame.to_csv of the same frame in memory", version, 0.05, more_is_better=False,
        ),
        row(
            f"{name}.limit", data, LARGE, "s to the last byte", large[1], LIMIT if form == "csv" else 4 * LIMIT,
            "the limit set", "", 1.0, more_is_better=False,
        ),
        row(
            f"{name}.memory", f"{data}, against {SMALL:,}", LARGE, "MiB at the peak", large[2], small[2],
            f"the same of {SMALL:,} items", "", 1 / 1.2, more_is_better=False,
        ),
    ]  # fmt: skip


def _measured(n: int) -> tuple[dict[str, list[float]], float]:
    """Form → seconds to the first and last byte, peak MiB and bytes, of `n` items; and pandas' seconds."""
    with tempfile.TemporaryDirectory(prefix="secondlook-bench-") as folder:
        _python(folder, FILL, str(n))
        ours = {form: json.loads(_python(folder, OUT, form)) for form in FORMS}
        return ours, json.loads(_python(folder, RIVAL, folder))[0]


def _python(folder: str, code: str, *arguments: str) -> str:
    env = {**os.environ, "SECONDLOOK_DATA_DIR": folder, "DATABASE_URL": "", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SETUP + code, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
