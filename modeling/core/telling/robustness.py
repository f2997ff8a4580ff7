"""What a change that leaves the meaning alone does to predictions, on rows the model has not seen."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotation.core.fields import Field
from annotation.core.intervals import Interval, wilson
from annotation.core.judging.folds import grouped_folds
from modeling.core.fitting.stored import Resolved
from modeling.core.fitting.training import fit_resolved, predict
from modeling.core.learners import UnableToConfigure
from modeling.core.perturbations import PERTURBATIONS, drawn, perturbed
from modeling.core.perturbations.arrangement import boilerplate, moved, without_each
from modeling.core.perturbations.synonyms import Partners
from modeling.core.telling.missing_columns import ColumnMissing, added, left_out, missing_columns

PROBES: dict[str, str] = {
    **{name: perturbation.title for name, perturbation in PERTURBATIONS.items()},
    "position": "the deciding sentence moved elsewhere",
    "boilerplate": "a paragraph added that says nothing",
}
# A probe of another kind: it takes something away, and asks what that costs.
MISSING = "missing"
EVERY_PROBE = {**PROBES, MISSING: "columns missing"}
# Folds are trained until so many rows have been held out: more rows would not move the figures much.
ENOUGH = 2000
# In a text of more sentences the deciding one is looked for among the first.
MOST_SENTENCES = 40
# Rows whose sentences are left out one by one at a time.
BATCH = 200

Predict = Callable[[pd.DataFrame], np.ndarray]


@dataclass(frozen=True)
class Probed:
    """What one probe did. rows: int (m,), the rows it changed, counted in the whole table. texts: their changed texts,
    per text field (m,). before, after: int (m,), the class predicted. probability: float (m,) of the class before;
    drop: how much of it the change took, in [−1, 1]."""

    rows: np.ndarray
    texts: dict[str, list[str]]
    before: np.ndarray
    after: np.ndarray
    probability: np.ndarray
    drop: np.ndarray

    @property
    def flips(self) -> Interval:
        """Share of the changed rows whose predicted class changed, with Wilson's 95 % interval."""
        return wilson(int((self.before != self.after).sum()), len(self.rows))

    @property
    def flipped(self) -> np.ndarray:
        """Positions in `rows` of those that flipped, the largest drop first."""
        order = np.argsort(-self.drop, kind="stable")
        return order[self.before[order] != self.after[order]]


@dataclass(frozen=True)
class ProbeFindings:
    """n: rows held out and probed, one of each near-duplicate group; folds: how many were trained for them. missing:
    what each column that is left out costs, the largest loss first; empty where it was not asked for."""

    n: int
    folds: int
    probes: dict[str, Probed]
    missing: list[ColumnMissing]


def checked_probes(names: Sequence[str], fields: Sequence[Field]) -> list[str]:
    """The probes named, all where none is, in the order of EVERY_PROBE, but for those that find nothing to change in
    these `fields`. Raises UnableToConfigure."""
    unknown = [name for name in names if name not in EVERY_PROBE]
    if unknown:
        raise UnableToConfigure(f"There is no probe {unknown[0]!r}; choose among: {', '.join(EVERY_PROBE)}.")
    texts = any(field.type == "text" for field in fields)
    possible = dict.fromkeys(PROBES, texts) | {MISSING: bool(left_out(fields))}
    return [name for name in EVERY_PROBE if possible[name] and (not names or name in names)]


def probe(
    table: pd.DataFrame, fields: Sequence[Field], labels: np.ndarray, groups: np.ndarray, resolved: Resolved,
    probes: Sequence[str], seed: int, partners: Partners, report: Callable[[str, float], None], enough: int = ENOUGH,
) -> ProbeFindings:  # fmt: skip
    """Each of `probes` on rows of a `typed` table (n rows) that the model did not learn from.

    labels: int (n,), positions in resolved["classes"]. groups: int (n,). The folds are those of the fit with these
    `resolved` settings; each is trained on its other rows, until `enough` rows were held out. Of a near-duplicate group
    one row counts, so that rows are independent. partners: for the probe "synonyms". The same seed gives the same.
    """
    classes, n_folds = resolved["classes"], resolved["folds"]
    fold = grouped_folds(groups, labels, n_folds, resolved["seed"])
    single = np.zeros(len(labels), dtype=bool)
    single[np.unique(groups, return_index=True)[1]] = True
    changes = [name for name in probes if name != MISSING]
    parts: dict[str, list[Probed]] = {name: [] for name in changes}
    missing: list[list[ColumnMissing]] = []
    n = trained = 0
    for number in range(n_folds):
        kept, rows = fold != number, np.flatnonzero((fold == number) & single)
        if n >= enough or not len(rows) or len(np.unique(labels[kept])) < 2:
            continue
        report(f"training without fold {number + 1}", min(n / enough, number / n_folds))
        names = np.asarray(classes)[labels[kept]]
        model = fit_resolved(table[kept].reset_index(drop=True), fields, names, groups[kept], resolved)
        guess: Predict = lambda some, model=model: predict(model, some, classes)  # type: ignore[misc]  # noqa: E731
        judged = table.iloc[rows].reset_index(drop=True)
        for name, one in probe_rows(guess, judged, fields, changes, seed, partners).items():
            parts[name].append(_shifted(one, rows))
        if MISSING in probes:
            missing.append(missing_columns(guess, judged, fields, labels[rows]))
        n, trained = n + len(rows), trained + 1
    return ProbeFindings(n, trained, {name: _together(ones, fields) for name, ones in parts.items()}, added(missing))


def probe_rows(
    guess: Predict, table: pd.DataFrame, fields: Sequence[Field], probes: Sequence[str], seed: int, partners: Partners
) -> dict[str, Probed]:
    """Each of `probes` on every row of a `typed` table, by `guess`: table → probabilities (n, K)."""
    before, texts = guess(table), _texts(fields)
    return {name: _probed(guess, table, texts, before, name, seed, partners) for name in probes}


def _texts(fields: Sequence[Field]) -> list[str]:
    return [field.name for field in fields if field.type == "text"]


def _probed(
    guess: Predict, table: pd.DataFrame, texts: Sequence[str], before: np.ndarray, name: str, seed: int,
    partners: Partners,
) -> Probed:  # fmt: skip
    changed = table.copy()
    if name == "position":
        _move_deciding(guess, changed, texts, before)
    for field in texts if name != "position" else ():
        changed[field] = [_changed(text, name, seed, partners) for text in table[field]]
    differs = (changed[texts] != table[texts]).any(axis=1).to_numpy() if texts else np.zeros(len(table), dtype=bool)
    rows = np.flatnonzero(differs)
    some = changed.iloc[rows].reset_index(drop=True)
    own = before[rows].argmax(axis=1)
    after = guess(some) if len(rows) else before[rows]
    at = np.arange(len(rows))
    confidence = before[rows][at, own]
    copies = {field: some[field].tolist() for field in texts}
    return Probed(rows, copies, own, after.argmax(axis=1), confidence, confidence - after[at, own])


def _changed(text: str, name: str, seed: int, partners: Partners) -> str:
    if name == "boilerplate":
        return boilerplate(text, drawn(seed, name, text)) if text.strip() else text
    return perturbed(text, name, seed, 0, partners)


def _move_deciding(guess: Predict, table: pd.DataFrame, texts: Sequence[str], before: np.ndarray) -> None:
    """Move in each row, in place, the sentence whose removal changes the predicted class's probability most."""
    for start in range(0, len(table), BATCH):
        rows = range(start, min(start + BATCH, len(table)))
        tried = [
            (row, field, number, text) for row in rows for field in texts
            for number, text in enumerate(without_each(table[field].iat[row])[:MOST_SENTENCES])
        ]  # fmt: skip
        if not tried:
            continue
        variants = table.iloc[[row for row, *_ in tried]].reset_index(drop=True)
        for field in texts:
            variants[field] = [
                text if own == field else unchanged
                for (_, own, _, text), unchanged in zip(tried, variants[field], strict=True)
            ]
        at = np.array([row for row, *_ in tried])
        own = before[at].argmax(axis=1)
        moves = np.abs(before[at, own] - guess(variants)[np.arange(len(at)), own])
        deciding: dict[int, int] = {}
        for place in np.argsort(-moves, kind="stable").tolist():
            deciding.setdefault(tried[place][0], place)
        for row, place in deciding.items():
            _, field, number, _ = tried[place]
            table.iat[row, table.columns.get_loc(field)] = moved(table[field].iat[row], number)


def _shifted(one: Probed, rows: np.ndarray) -> Probed:
    return Probed(rows[one.rows], one.texts, one.before, one.after, one.probability, one.drop)


def _together(ones: Sequence[Probed], fields: Sequence[Field]) -> Probed:
    texts = {name: [text for one in ones for text in one.texts[name]] for name in _texts(fields)}
    whole = [
        np.concatenate([getattr(one, part) for one in ones]) if ones else np.zeros(0, dtype=kind)
        for part, kind in (("rows", int), ("before", int), ("after", int), ("probability", float), ("drop", float))
    ]
    rows, before, after, probability, drop = whole
    return Probed(rows, texts, before, after, probability, drop)


@dataclass(frozen=True)
class Inconsistent:
    """Two rows that say the same and are given two classes: rows, their classes, and how much less probable the first
    one's class is for the second."""

    rows: tuple[int, int]
    classes: tuple[int, int]
    gap: float


@dataclass(frozen=True)
class Consistency:
    """share: of the groups those whose members are not all given one class, with Wilson's 95 % interval; worst: the
    widest pair of each of them, the largest gap first."""

    share: Interval
    worst: list[Inconsistent]


def consistency(groups: Iterable[Sequence[int]], probabilities: np.ndarray) -> Consistency:
    """groups: positions of two rows or more that say the same. probabilities: (n, K), of models that saw neither."""
    found, n = [], 0
    for members in groups:
        n += 1
        pair = max(_pairs(members, probabilities), key=lambda one: one.gap, default=None)
        if pair:
            found.append(pair)
    return Consistency(wilson(len(found), n), sorted(found, key=lambda one: -one.gap))


def _pairs(members: Sequence[int], probabilities: np.ndarray) -> Iterator[Inconsistent]:
    said = probabilities[members].argmax(axis=1).tolist()
    for one, own in zip(members, said, strict=True):
        for other, its in zip(members, said, strict=True):
            if own != its:
                gap = float(probabilities[one, own] - probabilities[other, own])
                yield Inconsistent((one, other), (own, its), gap)
