"""Real label errors in many unlike sets: ours beside cleanlab on plain models, one configuration everywhere."""

import resource
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
from cleanlab.rank import get_label_quality_scores
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from annotation.core.detectors.label_error import LabelError
from annotation.core.fields import Field
from annotation.core.judging.evidence import build_evidence
from bench.table import Row, row
from tests.shared import SHARED

SUITE, SEEDS, FIRST = SHARED / "data/suite", 3, 100
RIVAL, VERSION = "cleanlab's better score on TF-IDF or one-hot and logistic regression", version("cleanlab")
# What came with the labels and no model may see.
NEVER = {
    "id", "given_label", "true_label", "source", "group", "annotator", "n_answers", "agreement", "jigsaw_label",
    "dialect", "sarcasm", "original_class", "both", "top_share", "crowd_share", "expert_agreement",
    "gold_question", "split",
}  # fmt: skip
TEXTS = {"text", "chief_complaint"}
NO_VOTES = pd.DataFrame({name: [] for name in ("item", "annotator", "label", "seconds", "at")})
# Nothing can be learned from a bag of words there: reported apart, and in no mean.
UNLEARNABLE = {"klue_nli"}


def run() -> list[Row]:
    """Average precision, errors among the first 100 and labels flagged for each set; then the geometric mean."""
    if not SUITE.is_dir():
        print(f"detect.suite is skipped: no data in {SHARED}; SECONDLOOK_SHARED can point at it.", file=sys.stderr)
        return []
    rows, ratios = [], []
    for name in sorted(path.name for path in SUITE.iterdir() if path.is_dir()):
        made = [_apart(name, seed) for seed in range(SEEDS)]
        rows += _rows(name, pd.DataFrame(made))
        if name not in UNLEARNABLE:
            ratios.append(rows[-3].ratio)
    mean = float(np.exp(np.mean(np.log(ratios))))
    rows.append(row("detect.suite.mean", f"{len(ratios)} sets", len(ratios), "geometric mean of ratios", mean, 1.0,
                    RIVAL, VERSION, 1.10))  # fmt: skip
    return rows


def _rows(name: str, made: pd.DataFrame) -> list[Row]:
    """No set below the rival by more than its spread over seeds; flagged within a factor of two of the truly wrong."""
    mean, n = made.mean(), int(made["n"].iloc[0])
    noise = float(made["rival"].std() / mean["rival"])
    factor = float(max(mean["flagged"] / mean["wrong"], mean["wrong"] / max(mean["flagged"], 1)))
    stem, what = f"detect.suite.{name}", f"{name}, {mean['wrong']:.0f} wrong"
    aside = f"AUROC {mean['auroc']:.3f} against {mean['rival_auroc']:.3f}, {mean['seconds']:.1f} against "
    aside += f"{mean['rival_seconds']:.1f} CPU s, {mean['mib']:.0f} MiB"
    rival = (RIVAL, VERSION)
    return [
        row(f"{stem}.ap", what, n, f"average precision; {aside}", mean["ours"], mean["rival"], *rival, 1 - noise),
        row(f"{stem}.first", what, n, f"errors in the first {FIRST}", mean["first"], mean["rival_first"], *rival, 0.9),
        row(
            f"{stem}.flagged",
            what,
            n,
            "times too many or too few flagged",
            factor,
            2.0,
            "a factor of two",
            "",
            1,
            False,
        ),
    ]


def _apart(name: str, seed: int) -> dict[str, float]:
    """The figures of one set and seed, in a process of its own, for its memory."""
    command = [sys.executable, "-m", "bench.suite", name, str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {key: float(value) for key, value in (line.split() for line in done.stdout.splitlines())}


def _measure(name: str, seed: int) -> dict[str, float]:
    table, fields, classes, given, known, wrong = read(name)
    with threadpool_limits(1):
        started = _cpu()
        evidence = build_evidence(table, fields, classes, given, NO_VOTES, [], seed)
        judged = LabelError().judge(evidence)
        ours, mib = _cpu() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        started = _cpu()
        probabilities = rival(table, fields, given, len(classes), seed)
        theirs = _cpu() - started
    methods = ("self_confidence", "normalized_margin")
    scores = [1 - get_label_quality_scores(given, probabilities, method=method)[known] for method in methods]
    best = max(scores, key=lambda score: average_precision_score(wrong[known], score))
    mine = judged.score[known]
    return {
        "n": len(given), "wrong": wrong.sum(), "flagged": (judged.flagged & known).sum(),
        "ours": average_precision_score(wrong[known], mine), "rival": average_precision_score(wrong[known], best),
        "auroc": roc_auc_score(wrong[known], mine), "rival_auroc": roc_auc_score(wrong[known], best),
        "first": _first(wrong[known], mine), "rival_first": _first(wrong[known], best),
        "seconds": ours, "rival_seconds": theirs, "mib": mib,
    }  # fmt: skip


def _first(wrong: np.ndarray, score: np.ndarray) -> int:
    return int(wrong[np.argsort(-score, kind="stable")[:FIRST]].sum())


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def read(name: str) -> tuple[pd.DataFrame, list[Field], list[str], np.ndarray, np.ndarray, np.ndarray]:
    """The fields' columns, the fields, the classes, the labels given as codes, where the truth is known, and where they
    are wrong."""
    rows = pd.read_csv(SUITE / name / "items.csv", dtype=str, keep_default_na=False)
    fields = [Field(column, _type(rows[column])) for column in rows if column not in NEVER]
    classes = sorted({*rows["given_label"], *rows["true_label"]} - {""})
    code = {one: number for number, one in enumerate(classes)}
    given, truth = (rows[one].map(lambda name: code.get(name, -1)).to_numpy() for one in ("given_label", "true_label"))
    known = truth >= 0
    if "both" in rows:  # both labels are right
        known &= (rows["both"].str.lower() != "true").to_numpy()
    return rows[[field.name for field in fields]], fields, classes, given, known, known & (given != truth)


def _type(column: pd.Series) -> str:
    if column.name in TEXTS:
        return "text"
    numbers = pd.to_numeric(column[column != ""], errors="coerce")
    return "number" if numbers.notna().mean() > 0.95 and numbers.nunique() > 8 else "category"


def rival(table: pd.DataFrame, fields: list[Field], labels: np.ndarray, n_classes: int, seed: int) -> np.ndarray:
    """Five-fold probabilities of logistic regression, C = 10, on words and pairs of words, categories one-hot, numbers
    scaled."""
    out = np.zeros((len(labels), n_classes))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(table, labels):
        parts = [_columns(table[field.name], field.type, train, test) for field in fields]
        learned, judged = (sparse.hstack(side).tocsr() for side in zip(*parts, strict=True))
        fitted = LogisticRegression(C=10, max_iter=500).fit(learned, labels[train])
        out[np.ix_(test, fitted.classes_)] = fitted.predict_proba(judged)
    return out


def _columns(column: pd.Series, kind: str, train: np.ndarray, test: np.ndarray) -> list[sparse.spmatrix]:
    """The column of the items to learn from, and of those to judge."""
    if kind == "number":
        numbers = pd.to_numeric(column, errors="coerce")
        cells = numbers.fillna(numbers.iloc[train].median()).to_numpy()[:, np.newaxis]
        scaler = StandardScaler().fit(cells[train])
        return [sparse.csr_matrix(scaler.transform(cells[rows])) for rows in (train, test)]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    model = words if kind == "text" else OneHotEncoder(handle_unknown="ignore")
    cells = column if kind == "text" else column.to_frame()
    return [model.fit_transform(cells.iloc[train]), model.transform(cells.iloc[test])]


if __name__ == "__main__":
    for key, value in _measure(sys.argv[1], int(sys.argv[2])).items():
        print(key, value)
