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
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from annotation.core.detectors.suspicion import only_findings
from annotation.core.fields import Field
from annotation.core.judging.evidence import build_evidence
from bench.detected import detected
from bench.suite_sets import SUITE, read
from bench.table import Row, row
from tests.shared import SHARED

SEEDS, FIRST = 3, 100
RIVAL, VERSION = "cleanlab's better score on TF-IDF or one-hot and logistic regression", version("cleanlab")
NO_VOTES = pd.DataFrame({name: [] for name in ("item", "annotator", "label", "seconds", "at")})
OURS, THEIRS = "ours", "theirs"


def run() -> list[Row]:
    """Average precision, errors among the first 100 and labels flagged for each set; then the geometric mean."""
    if not SUITE.is_dir():
        print(f"detect.suite is skipped: no data in {SHARED}; SECONDLOOK_SHARED can point at it.", file=sys.stderr)
        return []
    rows, ratios, apart = [], [], []
    for name in sorted(path.name for path in SUITE.iterdir() if path.is_dir()):
        ours, theirs = (pd.DataFrame([_apart(name, seed, side) for seed in range(SEEDS)]) for side in (OURS, THEIRS))
        rows += _rows(name, ours, theirs)
        if theirs["grouped"].mean() > theirs["class_only"].mean():
            ratios.append(ours["ap"].mean() / theirs["ap"].mean())
        else:
            apart.append(name)
    mean = float(np.exp(np.mean(np.log(ratios))))
    what = f"geometric mean of ratios, apart from {', '.join(apart)}: there the rival is no better than class only"
    return [*rows, row("detect.suite.mean", f"{len(ratios)} sets", len(ratios), what, mean, 1.0, RIVAL, VERSION, 1.1)]


def _rows(name: str, ours: pd.DataFrame, theirs: pd.DataFrame) -> list[Row]:
    """No set below the rival by more than its spread over seeds; flagged within a factor of two of the truly wrong."""
    mean, their, n = ours.mean(), theirs.mean(), int(ours["n"].iloc[0])
    wrong, flagged = mean["wrong"], mean["flagged"]
    stem, what = f"detect.suite.{name}", f"{name}, {wrong:.0f} wrong"
    aside = f"AUROC {mean['auroc']:.3f} against {their['auroc']:.3f}, class only {their['class_only']:.3f}; "
    aside += (
        f"{mean['seconds']:.1f} against {their['seconds']:.1f} CPU s, {mean['mib']:.0f} against {their['mib']:.0f} MiB"
    )
    noise, factor = float(theirs["ap"].std() / their["ap"]), float(max(flagged / wrong, wrong / max(flagged, 1)))
    rival, two = (RIVAL, VERSION), ("a factor of two", "")
    return [
        row(f"{stem}.ap", what, n, f"average precision; {aside}", mean["ap"], their["ap"], *rival, 1 - noise),
        row(f"{stem}.first", what, n, f"errors in the first {FIRST}", mean["first"], their["first"], *rival, 0.9),
        row(
            f"{stem}.flagged", what, n, f"times too many or too few; {flagged:.0f} flagged", factor, 2.0, *two, 1, False
        ),
    ]


def _apart(name: str, seed: int, side: str) -> dict[str, float]:
    """The figures of one set, seed and side, in a process of its own, for its memory."""
    command = [sys.executable, "-m", "bench.suite", name, str(seed), side]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {key: float(value) for key, value in (line.split() for line in done.stdout.splitlines())}


def _measure(name: str, seed: int, side: str) -> dict[str, float]:
    table, fields, classes, given, known, wrong = read(name)
    with threadpool_limits(1):
        started = _cpu()
        if side == OURS:
            evidence = build_evidence(table, fields, classes, given, NO_VOTES, [], seed)
            found = detected(evidence, "label_error").judgements.get("label_error", only_findings(len(given), []))
            score, more = found.score, {"flagged": (found.flagged & known).sum()}
        else:
            score, more = _better(given, rival(table, fields, given, len(classes), seed), known, wrong), {}
        more |= {"seconds": _cpu() - started, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        if side == THEIRS:
            more |= _without_copies(name, seed, roc_auc_score(wrong[known], score[known]))
    first = np.argsort(-score[known], kind="stable")[:FIRST]
    return more | {
        "n": len(given), "wrong": wrong.sum(), "ap": average_precision_score(wrong[known], score[known]),
        "auroc": roc_auc_score(wrong[known], score[known]), "first": wrong[known][first].sum(),
    }  # fmt: skip


def _better(given: np.ndarray, probabilities: np.ndarray, known: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Cleanlab's score of each label, 1 = most suspicious, the one of two that finds more."""
    methods = ("self_confidence", "normalized_margin")
    scores = [1 - get_label_quality_scores(given, probabilities, method=method) for method in methods]
    return max(scores, key=lambda score: average_precision_score(wrong[known], score[known]))


def _without_copies(name: str, seed: int, auroc: float) -> dict[str, float]:
    """AUROC of suspecting the rarer classes without a look at the items, and of the rival where what belongs together
    by the set's column `group` shares a fold; `auroc` where there is no such column."""
    table, fields, classes, given, known, wrong = read(name)
    rare = -np.bincount(given)[given][known]
    together = pd.read_csv(SUITE / name / "items.csv", dtype=str).get("group")
    if together is not None:
        probabilities = rival(table, fields, given, len(classes), seed, together)
        auroc = roc_auc_score(wrong[known], _better(given, probabilities, known, wrong)[known])
    return {"class_only": roc_auc_score(wrong[known], rare), "grouped": auroc}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def rival(
    table: pd.DataFrame, fields: list[Field], labels: np.ndarray, n_classes: int, seed: int,
    together: pd.Series | None = None,
) -> np.ndarray:  # fmt: skip
    """Five-fold probabilities of logistic regression, C = 10, on words and pairs of words, categories one-hot, numbers
    scaled. together: rows of one value share a fold."""
    out = np.zeros((len(labels), n_classes))
    folds = StratifiedKFold if together is None else StratifiedGroupKFold
    for train, test in folds(5, shuffle=True, random_state=seed).split(table, labels, together):
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
    for key, value in _measure(sys.argv[1], int(sys.argv[2]), sys.argv[3]).items():
        print(key, value)
