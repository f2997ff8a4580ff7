"""Causes of error planted one at a time and in pairs in clean data, and what each costs on production."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD

from annotation.core.features.vectorizer import typed, vectorizer
from annotation.core.fields import Field
from bench.suite_sets import SUITE, read
from modeling.core.diagnosing.sides import SideRows, Sides
from modeling.core.fitting.training import FEATURES
from tests.shared import shared

POOL, PRODUCTION, RESERVE = 800, 800, 800
# Characters read of a text: what a cause does shows in short texts too.
READ = 300
CLASSES = 10


@dataclass(frozen=True, eq=False)
class World:
    """Rows with true labels, drawn for one seed; `cluster`: int (n,), a part of the inputs that belong together."""

    table: pd.DataFrame
    fields: tuple[Field, ...]
    truth: np.ndarray
    n_classes: int
    cluster: np.ndarray


def world(name: str, seed: int) -> World:
    rng = np.random.default_rng(seed)
    if name in ("banking77", "clinc150"):
        rows = pd.read_csv(shared(f"{name}/{name}.csv"), dtype=str, keep_default_na=False)
        rows = rows[~rows["split"].str.startswith("oos")]
        chosen = rng.choice(np.unique(rows["label"]), CLASSES, replace=False)
        rows = rows[rows["label"].isin(chosen)].reset_index(drop=True)
        table, fields = rows[["text"]], [Field("text", "text")]
        truth = pd.factorize(rows["label"], sort=True)[0]
    else:
        table, fields, _, given, known, wrong = read(name)
        items = pd.read_csv(SUITE / name / "items.csv", dtype=str, keep_default_na=False)
        codes = pd.factorize(items["true_label"], sort=True)[0]
        common = np.bincount(codes)[codes] >= 60
        keep = np.flatnonzero(known & common & (items["true_label"] != "").to_numpy())
        table, truth = table.iloc[keep].reset_index(drop=True), pd.factorize(codes[keep])[0]
    take = rng.permutation(len(truth))[: POOL + PRODUCTION + RESERVE]
    table, truth = table.iloc[take].reset_index(drop=True), np.unique(truth[take], return_inverse=True)[1]
    table = typed(table, fields)
    for field in fields:
        if field.type == "text":
            table[field.name] = table[field.name].str[:READ]
    return World(table, tuple(fields), truth, int(truth.max()) + 1, _clusters(table, fields, truth, seed))


def _clusters(table: pd.DataFrame, fields: list[Field], truth: np.ndarray, seed: int) -> np.ndarray:
    """Three parts of the inputs of every class, by what they say; part 0 is the one farthest from the others."""
    X = vectorizer(fields).fit_transform(table)
    dense = TruncatedSVD(min(30, X.shape[1] - 1), random_state=seed).fit_transform(X)
    part = np.zeros(len(truth), dtype=np.int64)
    for one in np.unique(truth):
        rows = np.flatnonzero(truth == one)
        found = KMeans(3, n_init=2, random_state=seed).fit(dense[rows])
        order = np.argsort(-np.linalg.norm(found.cluster_centers_ - dense[rows].mean(axis=0), axis=1))
        sizes = np.bincount(found.labels_, minlength=3)[order] / len(rows)
        first = next((at for at, size in zip(order, sizes, strict=True) if 0.2 <= size <= 0.6), int(np.argmax(sizes)))
        part[rows] = np.where(found.labels_ == first, 0, 1)
    return part


@dataclass(frozen=True, eq=False)
class Case:
    """pool and reserve: positions in the world; labels: of all its rows as the pool's annotators give them; truth: as
    production has it; factor: how many times too large C is; told: sources are known."""

    world: World
    pool: np.ndarray
    reserve: np.ndarray
    production: np.ndarray
    labels: np.ndarray
    truth: np.ndarray
    factor: float = 1.0
    told: bool = False

    def rows(self, chosen: np.ndarray, labels: np.ndarray) -> SideRows:
        return SideRows(
            self.world.table.iloc[chosen].reset_index(drop=True), labels[chosen], np.arange(len(chosen)),
            np.where(self.told, np.where(self.world.cluster[chosen] == 0, "fax", "web"), ""),
        )  # fmt: skip

    def sides(self, pool: np.ndarray, labels: np.ndarray, C: float) -> Sides:
        resolved = {"C": C, "l1_ratio": 0.0, **FEATURES}
        return Sides(
            self.rows(pool, labels), self.rows(self.production, self.truth), self.world.fields, self.world.n_classes,
            resolved,
        )  # fmt: skip


def start(of: World, seed: int) -> Case:
    n = len(of.truth)
    order = np.random.default_rng(seed + 1).permutation(n)
    third = n // 3
    pool, production, reserve = order[:third], order[third : 2 * third], order[2 * third :]
    return Case(of, pool, reserve, production, of.truth.copy(), of.truth.copy())


def random_noise(case: Case, rng: np.random.Generator) -> Case:
    labels, hit = case.labels.copy(), rng.random(len(case.labels)) < 0.3
    labels[hit] = (labels[hit] + rng.integers(1, case.world.n_classes, hit.sum())) % case.world.n_classes
    return replace(case, labels=labels)


def rule_noise(case: Case, rng: np.random.Generator) -> Case:
    """A third of the classes, two at least, are labelled as another in three of five cases; of two classes one, where
    its input lies in one part."""
    labels, K = case.labels.copy(), case.world.n_classes
    order = rng.permutation(K)
    if K < 4:
        hit = (case.truth == order[0]) & ((case.world.cluster == 0) | (rng.random(len(labels)) < 0.4))
        labels[hit] = order[1]
        return replace(case, labels=labels)
    for at in range(max(2, K // 3)):
        hit = (case.truth == order[at]) & (rng.random(len(labels)) < 0.6)
        labels[hit] = order[K - 1 - at]
    return replace(case, labels=labels)


def under_regularized(case: Case, rng: np.random.Generator) -> Case:
    """Hardly any penalty where chance has its part in the classes, of the pool and of production alike."""
    chance, drawn = rng.random(len(case.truth)) < 0.3, rng.integers(0, case.world.n_classes, len(case.truth))
    truth, same = np.where(chance, drawn, case.truth), case.labels == case.truth
    labels = np.where(chance & same, drawn, case.labels)
    return replace(case, truth=truth, labels=labels, factor=300.0)


def over_regularized(case: Case, rng: np.random.Generator) -> Case:
    return replace(case, factor=0.0005)


def too_little(case: Case, rng: np.random.Generator) -> Case:
    kept = max(len(case.pool) // 10, 5 * case.world.n_classes)
    return replace(case, pool=case.pool[:kept], reserve=np.r_[case.pool[kept:], case.reserve])


def missing_source(case: Case, rng: np.random.Generator) -> Case:
    """The pool lacks one part of the inputs of every class; as many rows come from the other. In one of two cases that
    part has a source of its own."""
    n = len(case.pool)
    seen = case.world.cluster != 0
    both = np.r_[case.pool, case.reserve]
    pool = both[seen[both]][:n]
    told = bool(rng.random() < 0.5)
    return replace(case, pool=pool, reserve=np.setdiff1d(both, pool), told=told)


def ambiguous(case: Case, rng: np.random.Generator) -> Case:
    """Half of the classes are pairs that a coin tells apart, everywhere; of few classes, two in one part."""
    truth, labels, K = case.truth.copy(), case.labels.copy(), case.world.n_classes
    order = rng.permutation(K)
    n_pairs = max(1, K // 4)
    for at in range(n_pairs):
        pair = order[2 * at : 2 * at + 2]
        hit = np.isin(truth, pair)
        if K < 4:
            hit &= case.world.cluster == 0
        drawn = rng.choice(pair, len(truth))
        truth = np.where(hit, drawn, truth)
        labels = np.where(hit & np.isin(labels, pair), drawn, labels)
    return replace(case, truth=truth, labels=labels)


PLANTS: dict[str, tuple[str, Callable[[Case, np.random.Generator], Case]]] = {
    "ambiguous classes": ("nobody", ambiguous),
    "under-regularized": ("fit", under_regularized),
    "random noise": ("labels", random_noise),
    "rule noise": ("labels", rule_noise),
    "missing source": ("coverage", missing_source),
    "too little data": ("data", too_little),
    "over-regularized": ("fit", over_regularized),
}
PAIRS = (
    ("random noise", "under-regularized"), ("rule noise", "over-regularized"), ("rule noise", "missing source"),
    ("random noise", "missing source"), ("too little data", "over-regularized"), ("ambiguous classes", "rule noise"),
    ("ambiguous classes", "under-regularized"), ("missing source", "over-regularized"),
)  # fmt: skip


def plant(name: str, seed: int, names: tuple[str, ...]) -> Case:
    """The named causes, in the order of PLANTS: ambiguity is drawn before annotators err."""
    case, rng = start(world(name, seed), seed), np.random.default_rng(seed + 2)
    for one in PLANTS:
        if one in names:
            case = PLANTS[one][1](case, rng)
    return case
