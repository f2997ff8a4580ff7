"""The whole loop on real labels, by command line: errors found beside TF-IDF + logistic regression, and the proof.

Both rank the same rows in one run; the rival's folds are grouped by the same near-duplicate groups. "Unique" counts
each text once, at its first place in the order.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from annotation.core.judging.folds import grouped_folds
from annotation.core.likeness.near_duplicates import find_groups
from bench.table import Row, row
from tests.shared import SHARED

ROOT = Path(__file__).resolve().parents[1]
DATA = SHARED / "data/fin_num_claim"
TOPS = (50, 100, 200)
RIVAL = "TF-IDF + logistic regression, self-confidence"


def run() -> list[Row]:
    if not DATA.is_dir():
        print(
            f"detect.fin_num_claim is skipped: no data in {DATA}; SECONDLOOK_SHARED can point at it.", file=sys.stderr
        )
        return []
    with tempfile.TemporaryDirectory(prefix="secondlook-bench-") as folder:
        site = Site(Path(folder))
        truth = pd.read_csv(DATA / "pool_second_annotator.csv").set_index("id")
        order = detected(site)
        rival = rival_order(truth)
        rows = [figure(name, order, rival, truth, top) for name in ("unique", "all") for top in TOPS]
        prove(site, order[:100], truth)
    return rows


class Site:
    """An installation of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "SECONDLOOK_DATA_DIR": str(folder), "DATABASE_URL": "", "OMP_NUM_THREADS": "1"}
        self.manage("migrate", "-v0")

    def manage(self, *args: str) -> dict:
        """What `manage.py ARGS` prints as JSON; the command is shown."""
        if "--json" in args:
            print("$ manage.py", *args)
        done = subprocess.run(
            [sys.executable, "manage.py", *args], cwd=ROOT, env=self.env, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(done.stderr.strip())
        return json.loads(done.stdout) if "--json" in args else {}


def detected(site: Site) -> list[str]:
    """Import, detect and export; item ids in order of review."""
    pool = str(DATA / "pool_second_annotator.csv")
    site.manage(
        "import_items",
        "fin",
        pool,
        "--text",
        "text",
        "--label",
        "given_label",
        "--id",
        "id",
        "--abstain",
        "DOUBT",
        "--json",
    )
    for name in ("analyst_reports", "earnings_calls"):
        file = str(DATA / f"production_{name}.csv")
        site.manage("import_items", "fin", file, "--text", "text", "--label", "label", "--source", "source",
                    "--split", "production", "--json")  # fmt: skip
    site.manage("add_member", "fin", "erin", "--role", "expert")
    print(site.manage("detect", "fin", "--json"))
    site.manage("export_cases", "fin", str(site.folder / "cases.csv"), "--all", "--json")
    cases = pd.read_csv(site.folder / "cases.csv")
    return cases[cases["given_label"].notna()]["item_id"].tolist()


def rival_order(truth: pd.DataFrame) -> list[str]:
    """Labelled rows by self-confidence, folds grouped by the same near-duplicate groups."""
    rows = truth[truth["given_label"] != "DOUBT"]
    labels = rows["given_label"].to_numpy()
    folds = grouped_folds(find_groups(rows["text"].tolist()).of, pd.factorize(labels)[0])
    confidence = np.zeros(len(rows))
    for fold in np.unique(folds):
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=1000)
        )
        model.fit(rows["text"][folds != fold], labels[folds != fold])
        column = {name: position for position, name in enumerate(model.classes_)}
        given = [column[label] for label in labels[folds == fold]]
        confidence[folds == fold] = model.predict_proba(rows["text"][folds == fold])[np.arange(len(given)), given]
    return rows.index[np.argsort(confidence, kind="stable")].tolist()


def found(order: list[str], truth: pd.DataFrame, top: int, unique: bool) -> int:
    rows = truth.loc[order]
    if unique:
        rows = rows[~rows["text"].duplicated()]
    return int((rows["given_label"] != rows["true_label"]).head(top).sum())


def figure(name: str, order: list[str], rival: list[str], truth: pd.DataFrame, top: int) -> Row:
    ours, theirs = (found(one, truth, top, name == "unique") for one in (order, rival))
    return row(
        f"detect.fin_num_claim.{name}_top_{top}", "fin_num_claim", len(order), "true errors found", ours, theirs, RIVAL,
        f"scikit-learn {sklearn.__version__}", 1.0,
    )  # fmt: skip


def prove(site: Site, top: list[str], truth: pd.DataFrame) -> None:
    """Correct the first rows from the truth, retrain at C=10 and at the C cross-validation chose, compare."""
    production = {
        source: site.manage("snapshot", "fin", "--purpose", "production", "--source", source, "--json")["snapshot"]
        for source in ("analyst_report", "earnings_call")
    }
    before = {
        c: site.manage("train", "fin", "--learner", "logistic", "--set", f"C={c}", "--json") for c in ("10", "cv")
    }
    decisions = site.folder / "decisions.csv"
    pd.DataFrame({"item_id": top, "decision": truth.loc[top, "true_label"]}).to_csv(decisions, index=False)
    print(site.manage("import_decisions", "fin", str(decisions), "--expert", "erin", "--id", "item_id",
                      "--decision", "decision", "--json"))  # fmt: skip
    for c, first in before.items():
        after = site.manage("train", "fin", "--like", str(first["run"]), "--json")
        for source, snapshot in production.items():
            proof = site.manage("compare", "fin", "--before", str(first["run"]), "--after", str(after["run"]),
                                "--production", str(snapshot), "--json")  # fmt: skip
            say(f"C={c} (resolved {first['resolved']['C']:g}), {source}", proof)


def say(what: str, proof: dict) -> None:
    d = proof["difference"]
    print(
        f"{what}: n {proof['n']}, before {proof['before']['accuracy']:.4f}, after {proof['after']['accuracy']:.4f}, "
        f"difference {100 * d['value']:+.2f} points ({100 * d['low']:+.2f} to {100 * d['high']:+.2f}; planned "
        f"{100 * d['low_planned']:+.2f} to {100 * d['high_planned']:+.2f}), McNemar p {proof['mcnemar_p']:.3f}, "
        f"look {proof['looks']}: {proof['verdict']}"
    )
