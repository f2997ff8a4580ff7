"""A wrong import of 10,000 rows is taken back, then the dataset is erased: seconds, what is left, and what a search for
its texts finds. Run with an empty SECONDLOOK_DATA_DIR, or an empty DATABASE_URL."""

import csv
import os
import random
import re
import sys
import time
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotation import frames  # noqa: E402
from annotation.actions.datasets.erase import request_erasure  # noqa: E402
from annotation.actions.datasets.take_back import take_back  # noqa: E402
from annotation.actions.detecting.detect import request_detection  # noqa: E402
from annotation.actions.files.import_items import import_params, request_import  # noqa: E402
from annotation.actions.jobs.work import work_here  # noqa: E402
from annotation.actions.people.add_member import add_member  # noqa: E402
from annotation.actions.snapshot import snapshot  # noqa: E402
from annotation.core.files.parsing_items import ItemMapping  # noqa: E402
from annotation.models import Dataset, FileImport, Flag, Item, Snapshot, User  # noqa: E402
from annotation.reading.datasets.owned import owned_tables  # noqa: E402

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("rin", "lop", "mas", "tek")]
MARK = "zyxwvuts"
MAPPING = ItemMapping(text=("text",), label="label", id="id", annotator="who")


def written(folder: Path, name: str, n: int, seed: int) -> Path:
    draw, path = random.Random(seed), folder / f"{name}.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text", "label", "who"])
        for number in range(n):
            label = draw.choice("ab")
            words = draw.choices(WORDS[:120] if label == "a" else WORDS[80:], k=12)
            rows.writerow([f"{name}-{number}", f"{MARK} {' '.join(words)}", label, f"{name}-{draw.randrange(5)}"])
    return path


def brought(path: Path) -> float:
    start = time.perf_counter()
    work_here(request_import(import_params("bench", "Bench", path, MAPPING), background=False))
    return time.perf_counter() - start


def looked_at(dataset: Dataset) -> dict[str, object]:
    """What pages, counts, a detection and a snapshot say of it."""
    detection = dataset.detections.get(pk=work_here(request_detection(dataset, background=False)).outcome["detection"])
    lead = Client(SERVER_NAME="localhost")
    lead.force_login(User.objects.get(username="leo"))
    pages = ["findings/", "cases/", "annotators/", "disagreement/", "people/", "overview/", "jobs/"]
    flags = Flag.objects.filter(detection=detection).order_by("item_id", "detector", "score")
    frozen = snapshot(dataset, Snapshot.TRAINING)
    return {
        "pages": [lead.get(f"/d/bench/{page}").status_code for page in pages],
        "counted on pages": counted_on(lead),
        "items": len(frames.items(dataset)), "labels": len(frames.labels(dataset)),
        "current": frames.current(dataset)[["item", "label", "state"]].to_csv(),
        "detection": (detection.n_items, detection.n_flags, detection.n_groups, detection.n_conflicts),
        "flags": list(flags.values_list("item_id", "detector", "score", "reason")),
        "findings": list(detection.findings.order_by("key").values_list("key", "title")),
        "snapshot": (frozen.sha256, frozen.n_rows),
        "cases": dataset.cases.open().count(),
        "external ids": Item.objects.filter(dataset=dataset, split__in=Item.HERE).count(),
    }  # fmt: skip


def counted_on(lead: Client) -> list[str]:
    """The row of the dataset on the first page, and the headings of the pages that count items."""
    first = lead.get("/").content.decode()
    headings = [lead.get(f"/d/bench/{page}").content.decode() for page in ("overview/", "people/", "cases/")]
    return [
        *re.findall(r'class="n">\s*([\d,]+)', first),
        *(re.findall(r"<h1>(.*?)</h1>", one, re.S)[0] for one in headings),
    ]


def found() -> list[str]:
    """Where the mark can still be read: artifacts, uploads, and the files of the database."""
    folders = [settings.ARTIFACTS_DIR, settings.UPLOADS_DIR]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    if connection.vendor == "sqlite":
        files += list(settings.DATA_DIR.glob("db.sqlite3*"))
        return [str(path) for path in files if MARK.encode() in path.read_bytes()]
    places = [str(path) for path in files if MARK.encode() in path.read_bytes()]
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute(
            "SELECT c.relname, pg_read_binary_file(pg_relation_filepath(c.oid)) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname IN ('public', 'pg_toast') AND c.relkind IN ('r', 'i', 't')"
        )
        places += [name for name, data in cursor.fetchall() if MARK.encode() in bytes(data)]
    return places


def main() -> None:
    call_command("migrate", verbosity=0)
    folder = settings.DATA_DIR
    brought(written(folder, "right", 1_500, 1))
    dataset = Dataset.objects.get(slug="bench")
    add_member(dataset, "leo", "lead")
    before = looked_at(dataset)
    print(f"import of 10,000 wrong rows: {brought(written(folder, 'wrong', 10_000, 2)):.1f} s")
    wrong = looked_at(dataset)
    start = time.perf_counter()
    done = take_back(FileImport.objects.latest("id"), None, timezone.now())
    print(f"taken back: {done.items} items, {done.labels} labels elsewhere, {time.perf_counter() - start:.1f} s")
    after = looked_at(dataset)
    for what, value in before.items():
        changed = "" if wrong[what] != value else " (nor did the wrong import change it)"
        print(f"{what}: {'as before' if after[what] == value else 'DIFFERS'}{changed}")
    rows = sum(table.rows(dataset.pk).count() for table in owned_tables())
    for path in folder.glob("*.csv"):
        path.unlink()
    print(f"before it is erased the texts are in {len(found())} places")
    start = time.perf_counter()
    erased = work_here(request_erasure(dataset, "Bench", None, background=False)).outcome
    print(f"erased: {erased['rows']} of {rows} rows, {erased['files']} files, {time.perf_counter() - start:.1f} s")
    print(f"rows left: {sum(table.rows(dataset.pk).count() for table in owned_tables())}; found in: {found()}")


if __name__ == "__main__":
    main()
