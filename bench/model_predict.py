"""Predicting a file: peak memory at 1× and 4× the rows, each in a process of its own, and rows per CPU second."""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sklearn

from bench.table import Row, row

ROOT = Path(__file__).resolve().parents[1]
LEARNED, ROWS, TIMES = 2_000, 40_000, 4
WORDS, LENGTH, CLASSES = 5_000, 12, 10
BEGIN = """
import json, os, resource, sys, time
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from pathlib import Path
from django.core.management import call_command
"""
TRAIN = (
    BEGIN
    + """
call_command("migrate", verbosity=0)
call_command("import_items", "bench", sys.argv[1], text=["text"], label="label", id="id", json=True)
call_command("train", "bench", learner="logistic", set=["C=10"], json=True)
"""
)
# Peak memory in MiB and CPU seconds of the prediction alone, in a fresh process.
PREDICT = (
    BEGIN
    + """
from modeling.actions.predict_file import Asked, predict_file
from modeling.models import ModelRun
started = time.process_time()
done = predict_file(ModelRun.objects.get(), Asked(Path(sys.argv[1]), "id"), Path(sys.argv[1]).with_suffix(".out.csv"))
seconds = time.process_time() - started
print(json.dumps([done["rows"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, seconds]))
"""
)


def run() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="secondlook-bench-") as folder:
        _worked(folder, TRAIN, LEARNED)
        small, large = (json.loads(_worked(folder, PREDICT, n)) for n in (ROWS, ROWS * TIMES))
    for found, n in ((small, ROWS), (large, ROWS * TIMES)):
        if found[0] != n:
            raise RuntimeError(f"{found[0]} of {n} rows were predicted")
    data = f"random words, {LENGTH} a text, {CLASSES} classes, {ROWS * TIMES:,} against {ROWS:,} rows"
    rival = "the same of a quarter of the rows, scikit-learn"
    return [
        row(
            "model.predict.memory", data, ROWS * TIMES, "MiB at the peak", large[1], small[1], rival,
            sklearn.__version__, 1 / 1.2, more_is_better=False,
        ),
        row(
            "model.predict.speed", data, ROWS * TIMES, "rows per CPU s", ROWS * TIMES / large[2], ROWS / small[2],
            rival, sklearn.__version__, 0.8,
        ),
    ]  # fmt: skip


def _worked(folder: str, code: str, n: int) -> str:
    path = Path(folder) / f"{n}.csv"
    with path.open("w") as file:
        file.writelines(_lines(n))
    env = {**os.environ, "SECONDLOOK_DATA_DIR": folder, "DATABASE_URL": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.splitlines()[-1]


def _lines(n: int) -> Iterator[str]:
    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefghijklmnop", k=chance.randint(2, 9))) for _ in range(WORDS)]
    yield "id,text,label\n"
    for number in range(n):
        label = chance.randrange(CLASSES)
        own = [words[label * 20 + chance.randrange(20)] for _ in range(2)]
        yield f"T{number},{' '.join(own + chance.choices(words, k=LENGTH - 2))},class {label}\n"
