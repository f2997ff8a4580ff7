"""Drift, slices and outliers: planted ones found, and false alarms on honest data, each over 20 small worlds.

A world is 600 real questions of 20 classes with sources (for clinc150 its domains, for banking77 drawn at random) and
dates of ten months at random. Planted: a quarter of the labels of one source wrong; from a month on 15 % of the labels
turned into one class; 24 items from elsewhere under random labels. An honest world has none of it: it should be quiet,
and any report of it is a false alarm. The rivals see the same evidence: cleanlab's out-of-distribution score of
the same embeddings, and tests at .05 as they come, of the same slices and months.
"""

import sys
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pandas as pd
from cleanlab.outlier import OutOfDistribution
from scipy.stats import chi2_contingency, fisher_exact
from sklearn.metrics import average_precision_score

from annotation.core.detectors.outlier import nearness, unlikeness
from annotation.core.detectors.slices import Slices
from annotation.core.detectors.suspicion import Suspicion
from annotation.core.fields import Field
from annotation.core.judging.evidence import Evidence, build_evidence
from annotation.core.rules.slicing import cuts_of
from bench.detected import detected
from bench.table import Row, row
from tests.shared import SHARED

SEEDS, CLASSES, EACH, OUTLIERS, MONTHS = 20, 20, 30, 24, 10
SETS = ("banking77", "clinc150")


@dataclass(frozen=True)
class PlantedWorld:
    """Evidence, and what was planted in it: the source, the class that spreads, the outlying items (bool (n,))."""

    evidence: Evidence
    source: str
    spreads: str
    outlying: np.ndarray


def run() -> list[Row]:
    folders = [SHARED / "data" / name for name in SETS]
    if not all(folder.is_dir() for folder in folders):
        print("detect.others is skipped: no data; SECONDLOOK_SHARED can point at it.", file=sys.stderr)
        return []
    return [one for name in SETS for one in measured(name)]


def measured(name: str) -> list[Row]:
    texts, foreign = questions(name)
    planted = [world(texts, foreign, seed, plant=True) for seed in range(SEEDS)]
    honest = [world(texts, foreign, seed, plant=False) for seed in range(SEEDS)]
    n = len(planted[0].outlying)
    scipy, lab = f"scipy {version('scipy')}", f"cleanlab {version('cleanlab')}"
    found = [
        (
            "slice_found", sum(has(reported_slices(w), w.source) for w in planted),
            sum(w.source in naive_slices(w.evidence) for w in planted), "Fisher at .05, uncorrected",
        ),
        (
            "drift_found", sum(has(reported_drift(w), w.spreads) for w in planted),
            sum(w.spreads in naive_drift(w.evidence) for w in planted), "chi-square at .05, uncorrected",
        ),
    ]  # fmt: skip
    quiet = [
        (
            "slices_quiet_when_honest", sum(not reported_slices(w) for w in honest),
            sum(not naive_slices(w.evidence) for w in honest), "Fisher at .05, uncorrected",
        ),
        (
            "drift_quiet_when_honest", sum(not reported_drift(w) for w in honest),
            sum(not naive_drift(w.evidence) for w in honest), "chi-square at .05, uncorrected",
        ),
    ]  # fmt: skip
    rows = [
        row(f"detect.others.{name}.{what}", name, n, f"of {SEEDS} worlds", ours, rival, rule, scipy, 0.9)
        for what, ours, rival, rule in found
    ]
    rows += [
        row(f"detect.others.{name}.{what}", name, n, f"of {SEEDS} worlds", ours, rival, rule, scipy, 1.5)
        for what, ours, rival, rule in quiet
    ]
    ours, theirs = mean(map(ours_on_outliers, planted)), mean(map(cleanlab_on_outliers, planted))
    rows.append(
        row(f"detect.others.{name}.outliers", name, n, "average precision", ours, theirs,
            "cleanlab OutOfDistribution, embeddings", lab, 1.0)
    )  # fmt: skip
    say(name, planted, honest)
    return rows


def questions(name: str) -> tuple[pd.DataFrame, list[str]]:
    """Frame of text, label, source; and texts that belong to none of its classes."""
    clinc = pd.read_csv(SHARED / "data/clinc150/clinc150.csv")
    if name == "clinc150":
        known = clinc[clinc["label"] != "oos"].rename(columns={"domain": "source"})
        return known[["text", "label", "source"]], clinc[clinc["label"] == "oos"]["text"].tolist()
    bank = pd.read_csv(SHARED / "data/banking77/banking77.csv").assign(source="")
    foreign = clinc[~clinc["domain"].isin(["banking", "credit_cards", "oos"])]
    return bank[["text", "label", "source"]], foreign["text"].tolist()


def world(texts: pd.DataFrame, foreign: list[str], seed: int, plant: bool) -> PlantedWorld:
    random = np.random.default_rng(seed)
    rows = drawn(texts, random)
    n = len(rows)
    names = sorted(set(rows["label"]))
    label = rows["label"].to_numpy(dtype=object)
    source = rows["source"].to_numpy(dtype=object)
    if not source.any():
        source = random.choice(["mail", "phone", "chat", "shop"], n).astype(object)
    month = random.integers(0, MONTHS, n)
    chosen, spreads = str(random.choice(source)), str(random.choice(names))
    outlying = np.zeros(n, dtype=bool)
    text = rows["text"].to_numpy(dtype=object)
    if plant:
        wrong = (source == chosen) & (random.random(n) < 0.25)
        label[wrong] = random.choice(names, wrong.sum())
        label[(month >= MONTHS // 2) & (random.random(n) < 0.15)] = spreads
        outlying[random.permutation(n)[:OUTLIERS]] = True
        text[outlying] = random.choice(foreign, OUTLIERS, replace=False)
        label[outlying] = random.choice(names, OUTLIERS)
    received = np.datetime64("2025-01", "M") + month
    evidence = build_evidence(
        pd.DataFrame({"text": text}), (Field("text", "text"),), names, pd.Categorical(label, names).codes.astype(int),
        pd.DataFrame(columns=["item", "annotator", "label"]).astype(int), ("import",), seed, sources=source,
        received=received.astype("datetime64[ns]"),
    )  # fmt: skip
    return PlantedWorld(evidence, chosen, spreads, outlying)


def drawn(texts: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """EACH rows of CLASSES classes; for sets with sources the classes of four sources."""
    if texts["source"].any():
        sources = random.choice(sorted(set(texts["source"])), 4, replace=False)
        texts = texts[texts["source"].isin(sources)]
    names = random.choice(sorted(set(texts["label"])), CLASSES, replace=False)
    parts = [texts[texts["label"] == name].sample(EACH, random_state=int(random.integers(2**31))) for name in names]
    return pd.concat(parts, ignore_index=True)


def reported_slices(world: PlantedWorld) -> list[Suspicion]:
    return detected(world.evidence, "slices").findings


def reported_drift(world: PlantedWorld) -> list[Suspicion]:
    return detected(world.evidence, "drift").findings


def has(found: list[Suspicion], name: str) -> bool:
    """Whether the planted source or class is among what was reported."""
    return any(f"source={name}" in one.key or one.key == f"drift:received:{name}" for one in found)


def naive_slices(evidence: Evidence) -> set[str]:
    """Levels of the same cuts with p < .05, nothing corrected and no floor."""
    detector = Slices()
    hits, reported = detector.doubtful.read(evidence).score > detector.doubtful_above, set()
    for cut in cuts_of(evidence):
        for level, name in enumerate(cut.levels):
            inside = cut.of == level
            table = [[(hits & inside).sum(), (~hits & inside).sum()], [(hits & ~inside).sum(), (~hits & ~inside).sum()]]
            if fisher_exact(table, alternative="greater").pvalue < 0.05:
                reported.add(name or f"cluster {level}")
    return reported


def naive_drift(evidence: Evidence) -> set[str]:
    """Classes whose months differ with p < .05, class by class."""
    month, labels = pd.factorize(evidence.received)[0], evidence.labels
    tables = {name: pd.crosstab(month, labels == k) for k, name in enumerate(evidence.classes) if (labels == k).any()}
    return {name for name, table in tables.items() if chi2_contingency(table).pvalue < 0.05}


def ours_on_outliers(world: PlantedWorld) -> float:
    return float(average_precision_score(world.outlying, unlikeness(world.evidence, nearness(world.evidence))))


def flags_of(world: PlantedWorld) -> np.ndarray:
    return detected(world.evidence, "outlier").flagged["outlier"]


def cleanlab_on_outliers(world: PlantedWorld) -> float:
    score = OutOfDistribution().fit_score(features=world.evidence.embeddings, verbose=False)
    return float(average_precision_score(world.outlying, -score))


def mean(values: "map[float]") -> float:
    return float(np.mean(list(values)))


def say(name: str, planted: list[PlantedWorld], honest: list[PlantedWorld]) -> None:
    """What the rows leave out: other findings in planted worlds, and how many items the outlier flag takes."""
    flagged = [flags_of(w) for w in planted]
    hits = sum(int((f & w.outlying).sum()) for f, w in zip(flagged, planted, strict=True))
    total, honest_flags = sum(int(f.sum()) for f in flagged), [flags_of(w) for w in honest]
    print(
        f"{name}: outlier flags {total} in planted worlds, {hits} of {SEEDS * OUTLIERS} planted among them; of honest "
        f"items {np.mean(honest_flags):.2%} flagged"
    )
