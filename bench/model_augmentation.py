"""Changed copies of training rows, and changed texts as probes, on banking77 and fin_num_claim.

Both learn with logistic regression on words, C = 10, nothing chosen on any figure here. banking77: learned from the
file's training split (all of it, or 1,000 rows), judged on its test split. fin_num_claim: learned from the labels as
given in five folds by near-duplicate group, judged out of fold by the authors' labels; its production sets are used
once, for the comparison printed last. A probe's flip rate is of the rows it could change. Copies weaken the penalty as
a larger C would, by as much as they add rows: that, without copies, is what copies are compared with.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from annotation.core.fields import Field
from annotation.core.intervals import Interval, wilson
from annotation.core.judging.folds import grouped_folds
from annotation.core.likeness.grouping import group_items
from bench.table import Row, row
from modeling.core.fitting.augmentation import with_copies
from modeling.core.fitting.training import FEATURES, fit_resolved, predict
from modeling.core.perturbations import PERTURBATIONS
from modeling.core.perturbations.synonyms import Pair, partners_of, read_pair, written
from modeling.core.proving.evaluation import paired_interval
from modeling.core.telling.robustness import PROBES, Probed, probe_rows
from tests.shared import SHARED

BANKING, FIN = SHARED / "data/banking77/banking77.csv", SHARED / "data/fin_num_claim"
FIELDS = (Field("text", "text"),)
SMALL = 1_000
# A list as a lead might write it, before any figure was seen.
SYNONYMS: tuple[Pair, ...] = tuple(map(read_pair, (
    "help=assist", "buy=purchase", "get=receive", "wrong=incorrect", "need=require", "show=display", "begin=start",
    "big=large", "lost=missing", "phone=mobile", "quick=fast", "error=mistake", "verify=confirm", "rise=increase",
    "fall=decline", "expect=anticipate", "growth=expansion", "believe=think", "strong=solid", "around=approximately",
    "estimate=forecast", "send=transmit", "allow=permit", "finish=complete",
)))  # fmt: skip
RECIPE: dict[str, Any] = {
    "learner": "logistic", "C": 10.0, "l1_ratio": 0.0, "rule": "min", "max_iter": 3000, "tol": 1e-3, "seed": 0,
    **FEATURES,
}  # fmt: skip
PLAIN: tuple[str, ...] = ()
EVERY = tuple(PERTURBATIONS)
WITHOUT = "the same recipe without copies, a penalty as weak"
RIVAL = "TF-IDF + logistic regression, C = 10"
# What copies may cost at most: a hundredth of the accuracy.
GOAL = 0.99
# Without copies our model is scikit-learn's but for where the solver stops.
AS_GOOD = 0.95


@dataclass(frozen=True, eq=False)
class Data:
    """parts: (rows learned from, rows judged), positions in the table."""

    name: str
    table: pd.DataFrame
    given: np.ndarray
    truth: np.ndarray
    groups: np.ndarray
    parts: list[tuple[np.ndarray, np.ndarray]]

    @property
    def classes(self) -> list[str]:
        return sorted(set(self.given))

    @property
    def corpus(self) -> str:
        return self.name if self.name == "fin_num_claim" else "banking77"

    @property
    def judged(self) -> np.ndarray:
        return np.concatenate([judged for _, judged in self.parts])


def run_augmentation(which: str) -> list[Row]:
    if not _there("model.augmentation"):
        return []
    with threadpool_limits(1):
        rows = list(rows_of(DATA[which]()))
        if which == "fin_num_claim":
            production()
    return rows


def run_robustness(which: str) -> list[Row]:
    if not _there("model.robustness"):
        return []
    with threadpool_limits(1):
        return list(flips_of(DATA[which]()))


def _there(name: str) -> bool:
    if BANKING.is_file() and FIN.is_dir():
        return True
    print(f"{name} is skipped: no data in {BANKING.parent} and {FIN}; SECONDLOOK_SHARED names it.", file=sys.stderr)
    return False


@cache
def banking(size: int) -> Data:
    """size: rows of the training split to learn from, drawn with seed 0; 0 = all."""
    every = pd.read_csv(BANKING)
    learn = np.flatnonzero(every["split"] == "train")
    if size:
        learn = np.sort(np.random.default_rng(0).choice(learn, size, replace=False))
    labels = every["label"].to_numpy(str)
    groups = group_items(every[["text"]], FIELDS).of
    parts = [(learn, np.flatnonzero(every["split"] == "test"))]
    return Data(f"banking77_{size or 'full'}", every[["text"]], labels, labels, groups, parts)


@cache
def fin() -> Data:
    every = pd.read_csv(FIN / "pool_second_annotator.csv")
    every = every[every["given_label"] != "DOUBT"].reset_index(drop=True)
    groups = group_items(every[["text"]], FIELDS).of
    fold = grouped_folds(groups, pd.factorize(every["given_label"])[0])
    parts = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(fold.max() + 1)]
    given, truth = (every[name].to_numpy(str) for name in ("given_label", "true_label"))
    return Data("fin_num_claim", every[["text"]], given, truth, groups, parts)


@cache
def models(data: Data, kinds: tuple[str, ...]) -> list[Any]:
    """Of each part the recipe fitted to its rows and one copy of each by one of `kinds`."""
    return [fit_resolved(*_learned(data, rows), settings(kinds)) for rows, _ in data.parts]


@cache
def controls(data: Data, C: float) -> list[Any]:
    """The recipe without copies at another C."""
    return [fit_resolved(*_learned(data, rows), RECIPE | {"C": C}) for rows, _ in data.parts]


def as_weak(data: Data, kinds: Sequence[str]) -> float:
    """The C that without copies weakens the penalty as copies by `kinds` do."""
    n = sum(len(rows) for rows, _ in data.parts)
    grown = [with_copies(*_learned(data, rows)[:2], settings(kinds), RECIPE["seed"]) for rows, _ in data.parts]
    return round(RECIPE["C"] * sum(len(one.origin) for one in grown) / n)


def settings(kinds: Sequence[str]) -> dict[str, Any]:
    if not kinds:
        return RECIPE
    copies = {"augment": list(kinds), "copies": 1, "synonyms": [written(pair) for pair in SYNONYMS]}
    return RECIPE | copies


def _learned(data: Data, rows: np.ndarray) -> tuple[pd.DataFrame, tuple[Field, ...], np.ndarray, np.ndarray]:
    return data.table.iloc[rows].reset_index(drop=True), FIELDS, data.given[rows], data.groups[rows]


@cache
def theirs(data: Data) -> list[Any]:
    made = []
    for rows, _ in data.parts:
        words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b")
        made.append(make_pipeline(words, LogisticRegression(C=10.0, max_iter=1000)))
        made[-1].fit(data.table["text"].iloc[rows], data.given[rows])
    return made


def guess(data: Data, model: Any, table: pd.DataFrame) -> np.ndarray:
    """Probabilities of our model or of scikit-learn's, in the order of the data's classes."""
    if "features" in model.named_steps:
        return predict(model, table, data.classes)
    found = np.zeros((len(table), len(data.classes)))
    found[:, np.searchsorted(data.classes, model.classes_)] = model.predict_proba(table["text"])
    return found


def right(data: Data, made: Sequence[Any]) -> np.ndarray:
    """Bool per judged row: whether the class predicted is the true one."""
    classes = np.array(data.classes)
    said = [
        classes[guess(data, model, _rows_of(data, rows)).argmax(axis=1)]
        for model, (_, rows) in zip(made, data.parts, strict=True)
    ]
    return np.concatenate(said) == data.truth[data.judged]


def _rows_of(data: Data, rows: np.ndarray) -> pd.DataFrame:
    return data.table.iloc[rows].reset_index(drop=True)


def gain(before: np.ndarray, after: np.ndarray) -> Interval:
    return paired_interval(int((after & ~before).sum()), int((before & ~after).sum()), len(before))


def points(one: Interval) -> str:
    return f"{100 * one.value:+.2f} ({100 * one.low:+.2f} to {100 * one.high:+.2f})"


def share(one: Interval) -> str:
    return f"{100 * one.value:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f}, n = {one.n:,})"


def rows_of(data: Data) -> Iterator[Row]:
    """Accuracy on the judged rows with copies by each kind and by all; without, at the same C and at one as weak."""
    plain, rival = right(data, models(data, PLAIN)), right(data, theirs(data))
    print(f"\n{data.name}: accuracy without copies {share(wilson(int(plain.sum()), len(plain)))}; scikit-learn's "
          f"{RIVAL} {share(wilson(int(rival.sum()), len(rival)))}")  # fmt: skip
    for name, kinds in [*((kind, (kind,)) for kind in PERTURBATIONS), ("all", EVERY)]:
        C = as_weak(data, kinds)
        copied, control = right(data, models(data, kinds)), right(data, controls(data, C))
        print(f"  copies by {name:10} {100 * copied.mean():.2f} %, {points(gain(plain, copied))} points; without, at "
              f"C = {C:g}, {100 * control.mean():.2f} %, beside which {points(gain(control, copied))}")  # fmt: skip
        yield row(
            f"model.augmentation.{data.name}.{name}", data.corpus, len(plain), "accuracy",
            copied.mean(), control.mean(), WITHOUT, f"C = {C:g}", GOAL,
        )  # fmt: skip


def flips_of(data: Data) -> Iterator[Row]:
    """Flip rates of the recipe, of it with copies by the same kind, and of scikit-learn's, on the judged rows."""
    print(f"\n{data.name}: predictions flipped by a change of no meaning")
    plain, rival = flips(data, models(data, PLAIN), list(PROBES)), flips(data, theirs(data), list(PROBES))
    for name in PROBES:
        own = flips(data, models(data, (name,)), [name])[name] if name in PERTURBATIONS else plain[name]
        copies = f"; with copies by {name} {share(own)}" if name in PERTURBATIONS else ""
        print(f"  {name:11} {share(plain[name])}{copies}; scikit-learn's {share(rival[name])}")
        if own.n and (own.value or rival[name].value):
            yield row(
                f"model.robustness.{data.name}.{name}", data.corpus, own.n, "share of predictions flipped",
                own.value, rival[name].value, RIVAL, f"scikit-learn {sklearn.__version__}",
                1.0 if name in PERTURBATIONS else AS_GOOD, more_is_better=False,
            )  # fmt: skip


def flips(data: Data, made: Sequence[Any], probes: Sequence[str]) -> dict[str, Interval]:
    parts: dict[str, list[Probed]] = {name: [] for name in probes}
    for model, (_, rows) in zip(made, data.parts, strict=True):
        asked = lambda table, model=model: guess(data, model, table)  # noqa: E731
        found = probe_rows(asked, _rows_of(data, rows), FIELDS, probes, 0, partners_of(SYNONYMS))
        for name, one in found.items():
            parts[name].append(one)
    return {
        name: wilson(sum(len(one.flipped) for one in ones), sum(len(one.rows) for one in ones))
        for name, ones in parts.items()
    }


def production() -> None:
    """The recipes learned from the whole pool, on production: read once, and nothing follows from it."""
    data = fin()
    rows = np.arange(len(data.table))
    recipes = (RECIPE, RECIPE | {"C": as_weak(data, EVERY)}, settings(EVERY))
    made = [fit_resolved(*_learned(data, rows), recipe) for recipe in recipes]
    for name in ("analyst_reports", "earnings_calls"):
        table = pd.read_csv(FIN / f"production_{name}.csv")
        classes, truth = np.array(data.classes), table["label"].to_numpy(str)
        plain, control, every = (
            classes[guess(data, model, table[["text"]]).argmax(axis=1)] == truth for model in made
        )  # fmt: skip
        print(
            f"fin_num_claim, production {name}, n = {len(table):,}: {100 * plain.mean():.2f} % without copies, "
            f"{100 * every.mean():.2f} % with copies by all kinds, {points(gain(plain, every))} points; beside a "
            f"penalty as weak without copies {points(gain(control, every))}"
        )


DATA: dict[str, Callable[[], Data]] = {
    "banking77_1000": lambda: banking(SMALL), "banking77_full": lambda: banking(0), "fin_num_claim": fin,
}  # fmt: skip
