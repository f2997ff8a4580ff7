"""Habits of annotators that show in no text: one answer, the first class, the label before, too little time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom

from annotation.core.judging.evidence import Evidence
from annotation.core.rules.others_say import most_said


@dataclass(frozen=True)
class Habit:
    """kind: "one answer", "option order", "runs" or "too fast". items: positions int (m,) of the labels it covers.
    value: what the annotator does, and usual: what would be expected (shares in [0, 1]; for "too fast" median seconds).
    n: labels it rests on. p: chance of so much of it without the habit. detail: the class code for "one answer", the
    longest run, or the percentage that agrees for "too fast". tried: how much was tried, where p is corrected for it.
    """

    annotator: int
    kind: str
    items: np.ndarray
    value: float
    usual: float
    n: int
    p: float
    detail: int = 0
    tried: int = 1


def holm(p: list[float], tried: int) -> list[float]:
    """Chances corrected for `tried` tries of which these are the smallest, in the order given (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    left = np.maximum(tried - np.arange(len(p)), 1)
    out = np.empty(len(p))
    out[order] = np.minimum(np.maximum.accumulate(np.asarray(p, dtype=float)[order] * left), 1.0)
    return out.tolist()


def find_habits(evidence: Evidence, least: int = 20, gain: float = 0.15) -> list[Habit]:
    """The habits that exceed what is usual by `gain`, of annotators with `least` labels that can be compared."""
    votes = expected_votes(evidence)
    found: list[Habit] = []
    for annotator, own in votes.groupby("annotator", sort=True):
        comparable = own[own["expected"] >= 0]
        if len(comparable) >= least:
            label = int(own["label"].iloc[0])
            if (own["label"] == label).all():
                tests = [_one_answer(own, comparable, label, gain)]
            else:
                tests = [_first_class(comparable, gain, len(evidence.classes)), _runs(comparable, gain)]
            tests.append(_too_fast(own, votes, least))
            found += [Habit(int(str(annotator)), *one) for one in tests if one is not None]
    return found


def expected_votes(evidence: Evidence) -> pd.DataFrame:
    """The counting votes in time order with one more column: expected, the label most others gave the item or, where
    nobody else did, the out-of-fold model's; −1 = neither, or the others tie."""
    votes = evidence.votes.drop_duplicates(["item", "annotator"], keep="last")
    n = len(evidence.labels)
    item, label = votes["item"].to_numpy(np.int64), votes["label"].to_numpy(np.int64)
    said = most_said(item, label, n)
    model = -np.ones(n, dtype=np.int64) if evidence.probabilities is None else evidence.probabilities.argmax(axis=1)
    expected = np.where(said.others, said.without, model[item])
    votes = votes.reindex(columns=["item", "annotator", "label", "seconds", "at"])
    votes = votes.assign(expected=expected)
    return votes.sort_values("at", kind="stable") if votes["at"].notna().all() else votes


Found = tuple[str, np.ndarray, float, float, int, float, int]


def _one_answer(own: pd.DataFrame, comparable: pd.DataFrame, label: int, gain: float) -> Found | None:
    """Never gives another class, where others do."""
    others = (comparable["expected"] == label).to_numpy()
    if others.mean() > 1 - gain:
        return None
    p = float(binom.sf((~others).sum() - 1, (~others).sum(), 0.5))
    return "one answer", own["item"].to_numpy(), 1.0, float(others.mean()), len(comparable), p, label


def _first_class(comparable: pd.DataFrame, gain: float, n_classes: int) -> Found | None:
    """Takes the first class of the list where others do not, and not for one and the same other class."""
    says, others = (comparable["label"] == 0).to_numpy(), (comparable["expected"] == 0).to_numpy()
    only, missed = int((says & ~others).sum()), int((others & ~says).sum())
    if says.mean() - others.mean() < gain:
        return None
    instead = np.bincount(comparable["expected"][says & ~others])
    if n_classes > 2 and instead.max() > 0.8 * only:
        return None
    p = float(binom.sf(only - 1, only + missed, 0.5))
    items = comparable["item"].to_numpy()[says]
    return "option order", items, float(says.mean()), float(others.mean()), len(comparable), p, int(says.sum())


def _runs(comparable: pd.DataFrame, gain: float) -> Found | None:
    """Repeats the label before oftener than the mix of labels explains, where the items themselves come unsorted."""
    label, expected = comparable["label"].to_numpy(), comparable["expected"].to_numpy()
    again = label[1:] == label[:-1]
    sorted_by = float((expected[1:] == expected[:-1]).mean()) - _same(expected)
    usual = _same(label) + max(0.0, sorted_by)
    if sorted_by > 0.1 or again.mean() - usual < gain:
        return None
    p = float(binom.sf(again.sum() - 1, len(again), usual))
    items = comparable["item"].to_numpy()[1:][again]
    return "runs", items, float(again.mean()), usual, len(again), p, _longest(again)


def _same(codes: np.ndarray) -> float:
    """Chance that two labels drawn from the mix are the same."""
    return float(((np.unique(codes, return_counts=True)[1] / len(codes)) ** 2).sum())


def _longest(again: np.ndarray) -> int:
    """Labels in the longest run of equal ones."""
    breaks = np.flatnonzero(~np.concatenate([[False], again, [False]]))
    return int(np.diff(breaks).max(initial=1))


def _too_fast(own: pd.DataFrame, votes: pd.DataFrame, least: int) -> Found | None:
    """Takes less than a third of the others' time, and agrees with them less than they do with one another."""
    timed = own[own["seconds"].notna()]
    others = votes[(votes["annotator"] != own["annotator"].iloc[0]) & votes["seconds"].notna()]
    if len(timed) < least or len(others) < least:
        return None
    usual, mine = float(others["seconds"].median()), float(timed["seconds"].median())
    if mine > usual / 3 or _agreement(own) > _agreement(others) - 0.05:
        return None
    faster = int((timed["seconds"] < usual).sum())
    p = float(binom.sf(faster - 1, len(timed), 0.5))
    return "too fast", timed["item"].to_numpy(), mine, usual, len(timed), p, round(100 * _agreement(own))


def _agreement(votes: pd.DataFrame) -> float:
    comparable = votes[votes["expected"] >= 0]
    return float((comparable["label"] == comparable["expected"]).mean())
