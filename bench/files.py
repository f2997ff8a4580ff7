"""Files: peak memory of an import at 1× and 4× the rows, each in a process of its own, and its rows per CPU second."""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django

from bench.table import Row, row

ROOT = Path(__file__).resolve().parents[1]
ROWS, TIMES = 100_000, 4
WORDS, LENGTH = 5_000, 12
# An import in a fresh process: peak memory in MiB and CPU seconds of the import alone.
IMPORT = """
import json, os, resource, sys, time
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from pathlib import Path
from django.core.management import call_command
from annotation.actions.import_items import import_params, request_import
from annotation.actions.work import work_here
from annotation.core.parsing import ItemMapping
call_command("migrate", verbosity=0)
params = import_params("bench", "bench", Path(sys.argv[1]), ItemMapping(text=("text",), label="label", id="id"))
started = time.process_time()
done = work_here(request_import(params, background=False)).result
seconds = time.process_time() - started
print(json.dumps([done["items"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, seconds]))
"""


def run() -> list[Row]:
    small, large = _import(ROWS), _import(ROWS * TIMES)
    data = f"random words, {LENGTH} a text, seed 0, SQLite"
    version = django.get_version()
    return [
        row(
            "detect.files.memory", f"{data}, {ROWS * TIMES:,} against {ROWS:,} rows", ROWS * TIMES, "MiB at the peak",
            large[0], small[0], "the same import of a quarter of the rows, Django", version, 1 / 1.2,
            more_is_better=False,
        ),
        row(
            "detect.files.speed", f"{data}, {ROWS * TIMES:,} against {ROWS:,} rows", ROWS * TIMES, "rows per CPU s",
            ROWS * TIMES / large[1], ROWS / small[1], "the same import of a quarter of the rows, Django", version, 0.8,
        ),
    ]  # fmt: skip


def _import(n: int) -> tuple[float, float]:
    """(peak MiB, CPU seconds) of importing `n` rows."""
    with tempfile.TemporaryDirectory(prefix="secondlook-bench-") as folder:
        path = Path(folder) / "items.csv"
        with path.open("w") as file:
            file.writelines(_lines(n))
        env = {**os.environ, "SECONDLOOK_DATA_DIR": folder, "DATABASE_URL": "", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-c", IMPORT, str(path)]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    items, peak, seconds = json.loads(done.stdout)
    if items != n:
        raise RuntimeError(f"{items} of {n} items arrived")
    return peak, seconds


def _lines(n: int) -> Iterator[str]:
    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefghijklmnop", k=chance.randint(2, 9))) for _ in range(WORDS)]
    yield "id,text,label\n"
    for number in range(n):
        yield f"T{number},{' '.join(chance.choices(words, k=LENGTH))},{chance.choice('abcde')}\n"
