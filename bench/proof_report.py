"""The report on `fin_num_claim`, for both production sets: every number of the Markdown is one that `compare --json`
or what the comparison is about gives, and the report's JSON holds the proof unchanged."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from bench.fin_num_claim import DATA, ROOT, Site
from bench.table import Row, row

SOURCES = {"analyst_report": "analyst_reports", "earnings_call": "earnings_calls"}
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|\.\d+")
# Labels of rows that were right all along, decided on too.
ALSO = 60


def run() -> list[Row]:
    if not DATA.is_dir():
        print(f"proof.report is skipped: no data in {DATA}; SECONDLOOK_SHARED can point at it.", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(prefix="secondlook-bench-") as folder:
        site = Site(Path(folder))
        before, after = relabelled(site)
        return [reported(site, source, before, after) for source in SOURCES]


def relabelled(site: Site) -> tuple[str, str]:
    """Two runs: on the labels as given, and after an oracle put every wrong one right."""
    pool = str(DATA / "pool_second_annotator.csv")
    site.manage("import_items", "fin", pool, "--text", "text", "--label", "given_label", "--id", "id",
                "--abstain", "DOUBT", "--json")  # fmt: skip
    for name in SOURCES.values():
        site.manage("import_items", "fin", str(DATA / f"production_{name}.csv"), "--text", "text", "--label", "label",
                    "--source", "source", "--split", "production", "--json")  # fmt: skip
    site.manage("add_member", "fin", "erin", "--role", "expert")
    before = site.manage("train", "fin", "--learner", "logistic", "--set", "C=10", "--json")["run"]
    rows = pd.read_csv(pool)
    rows = rows[rows["given_label"] != "DOUBT"]
    wrong, right = (rows[(rows["given_label"] == rows["true_label"]) == same] for same in (False, True))
    decisions = site.folder / "decisions.csv"
    pd.concat([wrong, right.head(ALSO)])[["id", "true_label"]].to_csv(decisions, index=False)
    site.manage("import_decisions", "fin", str(decisions), "--expert", "erin", "--id", "id", "--decision",
                "true_label", "--json")  # fmt: skip
    return str(before), str(site.manage("train", "fin", "--like", str(before), "--json")["run"])


def reported(site: Site, source: str, before: str, after: str) -> Row:
    frozen = site.manage("snapshot", "fin", "--purpose", "production", "--source", source, "--json")["snapshot"]
    proof = site.manage("compare", "fin", "--before", before, "--after", after, "--production", str(frozen), "--json")
    named = ["--comparison", str(proof.pop("comparison"))]
    report = site.manage("report", "fin", *named, "--json")
    text = subprocess.run(
        [sys.executable, "manage.py", "report", "fin", *named], cwd=ROOT, env=site.env, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    print(report["in_one_sentence"])
    kept = {key: report[key] for key in proof} == proof
    numbers, known = NUMBER.findall(text), written(report)
    same = sum(one in known for one in numbers) / len(numbers) if kept else 0.0
    return row(
        f"proof.report.{source}", "fin_num_claim", len(numbers), "share of the report's numbers that the proof gives",
        same, 1.0, "every number", "", 1.0,
    )  # fmt: skip


def written(found: Any) -> set[str]:
    """Every way in which a number of the JSON may be written, and the numbers in its names and sentences."""
    if isinstance(found, dict):
        return set().union(*(written(part) for pair in found.items() for part in pair))
    if isinstance(found, list):
        return set().union(*map(written, found))
    if isinstance(found, str):
        return set(NUMBER.findall(found))
    if not isinstance(found, int | float):
        return set()
    size = abs(found)
    forms = {f"{size:,.0f}", f"{size:g}", f"{100 * size:.1f}", f"{round(100 * size, 2):g}", f"{1000 * size:,.0f}"}
    return forms | {f"{size:.3f}".lstrip("0"), f"{100 * size:.0f}"}
