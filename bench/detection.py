"""A whole detection as jobs: wall, processor time and memory of one and of two workers, one killed in the middle.

`python -m bench.detection N K WORKERS [kill]` makes a site of its own on SQLite, imports N made texts of K classes, has
WORKERS workers find what is wrong, kills the first of them once half of the pieces are done if told to, and prints one
JSON line. What was found has one digest: the same whoever worked, and whoever was killed.
"""

import json
import sys
import threading
import time
from pathlib import Path

import pandas as pd

from bench.scale import made
from tests.faults.site import Site, sqlite_site

ASK = (
    "from annotation.models import Dataset; from annotation.actions.detecting.detect import request_detection\n"
    "print(request_detection(Dataset.objects.get(), background=False).pk)"
)
FOUND = """
import hashlib
from annotation.models import Detection, Flag, GroupMember
one = Detection.objects.get()
flags = Flag.objects.filter(detection=one).order_by("detector", "item")
rows = [*flags.values_list("detector", "item", "score", "reason"),
        *GroupMember.objects.filter(group__detection=one).order_by("item").values_list("group__digest", "item")]
print(hashlib.sha256(repr(rows).encode()).hexdigest()[:16], len(rows))
"""
PATIENCE = 7_200.0


class Memory(threading.Thread):
    """The most that any process beneath `pids` held by itself, in MiB, and what it had mapped of files besides."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.site, self.own, self.mapped, self.cpu = site, 0, 0, dict[int, float]()

    def run(self) -> None:
        while True:
            for pid in self._beneath([one.pid for one in list(self.site.processes.values())]):
                self._look(pid)
            time.sleep(0.1)

    def _beneath(self, pids: list[int]) -> list[int]:
        found = list(pids)
        for pid in found:
            try:
                found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            except OSError:
                continue
        return found

    def _look(self, pid: int) -> None:
        try:
            status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            used = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            own, mapped = (int(status[name].split()[0]) // 1024 for name in ("RssAnon", "RssFile"))
        except (OSError, KeyError):
            return
        self.own, self.mapped = max(self.own, own), max(self.mapped, mapped)
        self.cpu[pid] = (int(used[11]) + int(used[12])) / 100


def measure(n: int, k: int, workers: int, kill: bool) -> dict[str, object]:
    with sqlite_site() as site:
        folder = Path(site.env["SECONDLOOK_DATA_DIR"])
        texts, labels = made(n, k)
        rows = pd.DataFrame({"id": range(n), "text": texts, "label": [f"class {one}" for one in labels]})
        rows.to_csv(folder / "pool.csv", index=False)
        del texts, labels, rows
        file = str(folder / "pool.csv")
        site.manage("import_items", "made", file, "--text", "text", "--label", "label", "--id", "id", patience=PATIENCE)
        job = int(site.python(ASK))
        watch = Memory(site)
        for number in range(workers):
            site.start("worker", number)
        site.start("reaper")
        watch.start()
        began, killed = time.monotonic(), 0.0
        while (now := site.job(job))["status"] not in {"done", "failed"}:
            if kill and not killed and now["status"] == "waiting" and now["progress"] >= 0.5:
                killed = time.monotonic() - began
                site.kill("worker0")
                site.start("worker", 0)
            time.sleep(0.5)
        wall = time.monotonic() - began
        digest, rows_found = site.python(FOUND).split() if now["status"] == "done" else ("", "0")
        return {
            "n": n, "k": k, "workers": workers, "killed_at": round(killed), "wall": round(wall),
            "cpu": round(sum(watch.cpu.values())), "own_mib": watch.own, "mapped_mib": watch.mapped,
            "status": now["status"], "error": now["error"], "found": digest, "rows": int(rows_found),
        }  # fmt: skip


if __name__ == "__main__":
    asked = [int(one) for one in sys.argv[1:4]]
    print(json.dumps(measure(asked[0], asked[1], asked[2], "kill" in sys.argv[4:])))
