"""The order of review that learns, probabilities, and the audit, on core functions alone: no database.

Learning order against fixed order: decisions come back in batches of 25, each text counted once. Reliability: what the
next batch and, at the end, everything left was predicted to be, against what it was, by ranges, with and without an
audit, all of it and what is shown of it. Audit: how often the interval covers the share that is truly wrong.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from annotation.core.crowd.votes import majority
from annotation.core.fields import Field
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import build_evidence
from annotation.core.order.audit_draw import RIGHT, UNANSWERED, WRONG, Drawn, draw, error_rate
from annotation.core.order.calibration import calibrate, probability
from annotation.core.order.learned_order import held_out, learn, predicted_chance
from annotation.core.order.prior_evidence import PriorEvidence, gather_prior_evidence, take
from annotation.core.order.support import RANGES, check, supported
from bench.detected import detected
from bench.learning import prior_of
from bench.suite import read
from bench.table import Row, row
from tests.shared import SHARED

DATA = SHARED / "data"
BATCH = 25
AUDITED = 200
# A probability that is shown is off by no more in the mean.
MOST_OFF = 0.05
SIMULATIONS = 1000
OURS, NO_VERSION = "fixed order of the same scores", "–"


@dataclass(frozen=True, eq=False)
class World:
    """Labelled items: what was known, which are `wrong` and which count (the first of each text), both bool (n,)."""

    prior: PriorEvidence
    wrong: np.ndarray
    counts: np.ndarray


def run() -> list[Row]:
    rows = coverage_rows()
    if not DATA.is_dir():
        print(f"detect.order is skipped in part: no data in {DATA}; SECONDLOOK_SHARED names it.", file=sys.stderr)
        return rows
    fin, youtube = fin_num_claim(), youtube_spam()
    rows += order_rows("fin_num_claim", fin, (50, 100, 200))
    rows += order_rows("youtube_spam_lfs", youtube, (150, 300))
    rows += reliability_rows("fin_num_claim", [(fin, seed) for seed in range(5)], 300)
    rows += reliability_rows("banking77", [(banking77(seed), seed) for seed in range(2)], 600)
    news = noisy_agnews()
    rows += reliability_rows("noisy_agnews", [(news, seed) for seed in range(2)], 600)
    return rows


# ---- worlds


def world(table: pd.DataFrame, classes: list[str], labels: np.ndarray, votes: pd.DataFrame, annotators: tuple[str, ...],
          truth: np.ndarray) -> World:  # fmt: skip
    evidence = build_evidence(table, [Field("text", "text")], classes, labels, votes, annotators)
    labelled = np.flatnonzero(labels >= 0)
    first = ~table["text"].iloc[labelled].duplicated().to_numpy()
    prior = gather_prior_evidence(np.arange(len(labels)), evidence, detected(evidence))
    return World(take(prior, labelled), (labels != truth)[labelled], first)


def _votes(item: np.ndarray, annotator: np.ndarray, label: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"item": item, "annotator": annotator, "label": label}).assign(seconds=np.nan, at=pd.NaT)


def fin_num_claim() -> World:
    table = pd.read_csv(DATA / "fin_num_claim/pool_second_annotator.csv")
    classes = sorted(set(table["given_label"]) - {"DOUBT"})
    codes = {name: code for code, name in enumerate(classes)}
    given, truth = (table[name].map(codes).fillna(-1).to_numpy(int) for name in ("given_label", "true_label"))
    labelled = np.flatnonzero(given >= 0)
    votes = _votes(labelled, np.zeros(len(labelled), int), given[labelled])
    return world(table[["text"]], classes, given, votes, ("import",), truth)


def youtube_spam() -> World:
    """Ten keyword rules as annotators; items on which they tie or say nothing have no label and are apart."""
    table = pd.read_csv(DATA / "youtube_spam_lfs/youtube.csv")
    table = table[table["split"] != "test"].reset_index(drop=True)
    rules = tuple(name for name in table if name not in ("text", "true_label", "split"))
    said = table[list(rules)].to_numpy(int)
    votes = _votes(*np.nonzero(said >= 0), said[said >= 0])
    given = majority(votes, len(table), 2).label
    return world(table[["text"]], ["ham", "spam"], given, votes, rules, table["true_label"].to_numpy())


def banking77(seed: int, share: float = 0.05) -> World:
    """Planted: `share` of the labels at random, and 40 % of 4 classes to a class of their own."""
    random = np.random.default_rng(seed)
    table = pd.read_csv(DATA / "banking77/banking77.csv").query("split == 'train'").reset_index(drop=True)
    names, truth = np.unique(table["label"], return_inverse=True)
    given = truth.copy()
    flipped = random.random(len(truth)) < share
    given[flipped] = (truth[flipped] + random.integers(1, len(names), flipped.sum())) % len(names)
    pairs = random.choice(len(names), 8, replace=False).reshape(4, 2)
    for one, other in pairs:
        given[(truth == one) & (random.random(len(truth)) < 0.4)] = other
    votes = _votes(np.arange(len(given)), np.zeros(len(given), int), given)
    return world(table[["text"]], names.tolist(), given, votes, ("import",), truth)


def noisy_agnews() -> World:
    """Of the suite: people's majority against the desk's section, classes that honestly overlap."""
    table, fields, classes, given, known, wrong = read("noisy_agnews")
    prior = prior_of(table, fields, classes, given, pd.DataFrame(index=table.index))
    return World(prior, wrong, known & ~table["text"].duplicated().to_numpy())


# ---- learning order against fixed order


def reviewed(one: World, budget: int, learning: bool) -> np.ndarray:
    """Items in the order in which they come to an expert, int (budget,)."""
    decided = np.zeros(0, dtype=np.int64)
    while len(decided) < budget:
        chance = one.prior.score
        if learning and len(decided):
            chance = predicted_chance(learn(take(one.prior, decided), one.wrong[decided]), one.prior)
        chance = np.where(one.counts, chance, -1.0)
        chance[decided] = -1.0
        following = np.argsort(-chance, kind="stable")[: min(BATCH, budget - len(decided))]
        decided = np.concatenate([decided, following])
    return decided


def order_rows(name: str, one: World, tops: tuple[int, ...]) -> list[Row]:
    found = {learning: np.cumsum(one.wrong[reviewed(one, tops[-1], learning)]) for learning in (False, True)}
    total = int(one.wrong[one.counts].sum())
    return [
        row(f"detect.order.{name}_top_{top}", name, int(one.counts.sum()), f"errors found of {total}",
            float(found[True][top - 1]), float(found[False][top - 1]), OURS, NO_VERSION, 1.0)
        for top in tops
    ]  # fmt: skip


# ---- probabilities


@dataclass(frozen=True, eq=False)
class Predicted:
    """For each batch just before it is decided, and for all left at the end (`waiting`): what was said, whether it is
    shown, and what proved; (m,) each."""

    said: np.ndarray
    shown: np.ndarray
    wrong: np.ndarray
    waiting: np.ndarray


def predicted_chances(one: World, seed: int, budget: int, audited: bool) -> Predicted:
    """With an audit it is drawn first, and every fifth decision is one of its items until all are answered."""
    start = np.where(one.counts, one.prior.score, 0.0)
    audit = draw(start, AUDITED, seed)
    weight, drawn = np.ones(len(start)), audit.chosen[: AUDITED * audited]
    weight[drawn] = (1 / audit.probability)[: len(drawn)]
    decided, parts = np.zeros(0, dtype=np.int64), []
    while True:
        chance, said, shown = _said(one, decided, weight[decided])
        left = np.setdiff1d(np.arange(len(start)), decided)
        order = left[np.argsort(-np.where(one.counts, chance, -1.0)[left], kind="stable")]
        asked = drawn[~np.isin(drawn, decided)][: BATCH // 5]
        following = np.concatenate([asked, order[~np.isin(order, asked)][: BATCH - len(asked)]])
        last = len(decided) >= budget
        judged = left[one.counts[left]] if last else following
        parts.append((said[judged], shown[judged], one.wrong[judged], np.full(len(judged), last)))
        if last:
            said, shown, wrong, waiting = (np.concatenate(column) for column in zip(*parts, strict=True))
            known = ~np.isnan(said)
            return Predicted(said[known], shown[known], wrong[known], waiting[known])
        decided = np.concatenate([decided, following])


def _said(one: World, decided: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chance, probability (nan where there is none) and whether it is shown, of all items."""
    dealt, wrong = take(one.prior, decided), one.wrong[decided]
    chance = predicted_chance(learn(dealt, wrong), one.prior)
    knots = calibrate(held_out(dealt, wrong), wrong, weight)
    said = probability(chance, knots)
    return chance, said, supported(said, chance, check(dealt, wrong, weight) if knots else ()) >= 0


def reliability_rows(name: str, worlds: list[tuple[World, int]], budget: int) -> list[Row]:
    """Prints tables by ranges, and whether the interval of what proved wrong meets the range predicted; the rows are
    the mean distance of a range's predictions from what they proved: of all with an audit against one rate for all, and
    of those left and shown against MOST_OFF, with an audit and without."""
    rows = []
    for audited, title in ((True, "with an audit"), (False, "without an audit")):
        parts = [predicted_chances(one, seed, budget, audited) for one, seed in worlds]
        said, shown, wrong, left = (
            np.concatenate([getattr(part, field) for part in parts]) for field in ("said", "shown", "wrong", "waiting")
        )
        print_reliability(f"{name}, {title}, just before they were decided", said[~left], wrong[~left])
        print_reliability(f"{name}, {title}, left after {budget} decisions", said[left], wrong[left])
        print_reliability(f"{name}, {title}, left and shown", said[left & shown], wrong[left & shown])
        if audited:
            base = float(np.mean(np.abs(said - wrong.mean())))
            rows.append(_row(name, "", len(said), distance(said, wrong), base, "one rate for all items", 2.0))
        off, all_off = distance(said[left & shown], wrong[left & shown]), distance(said[left], wrong[left])
        part, n = f"_shown_{title.replace(' ', '_')}", int((left & shown).sum())
        rows.append(_row(name, part, n, off, MOST_OFF, f"asked for; {all_off:.3f} of all {left.sum()} left", 1.0))
    return rows


def _row(name: str, part: str, n: int, ours: float, rival: float, rival_name: str, goal: float) -> Row:
    return row(
        f"detect.order.reliability_{name}{part}", name, n, "calibration error, mean over items", ours, rival,
        rival_name, NO_VERSION, goal, more_is_better=False,
    )  # fmt: skip


def distance(said: np.ndarray, wrong: np.ndarray) -> float:
    return sum(n * abs(mean - share) for *_, n, mean, share in by_range(said, wrong)) / max(len(said), 1)


def print_reliability(title: str, said: np.ndarray, wrong: np.ndarray) -> None:
    print(f"\nReliability on {title}: n {len(said)}, wrong {int(wrong.sum())}")
    print(f"{'predicted':>12} {'n':>7} {'mean':>6} {'proved':>6} {'95 % interval':>15}  holds")
    for low, high, n, mean, share in by_range(said, wrong):
        proved = wilson(round(n * share), n)
        holds = "yes" if proved.low <= high and proved.high >= low else "no"
        print(f"  {low:4.2f}–{high:4.2f} {n:9} {mean:6.3f} {share:6.3f} {proved.low:8.3f}–{proved.high:.3f}  {holds}")


def by_range(said: np.ndarray, wrong: np.ndarray) -> list[tuple[float, float, int, float, float]]:
    """(low, high, n, mean predicted, share proved) of the ranges that have items."""
    place = np.clip(np.searchsorted(RANGES, said, side="right"), 1, len(RANGES) - 1)
    return [
        (RANGES[one - 1], RANGES[one], int((place == one).sum()), float(said[place == one].mean()),
         float(wrong[place == one].mean()))
        for one in range(1, len(RANGES)) if (place == one).any()
    ]  # fmt: skip


# ---- the audit


def coverage_rows() -> list[Row]:
    """Interval of the error rate over populations with 1, 5 and 20 % wrong, 20 % of the cases skipped: at random, and
    wrong labels 4 times as readily (in odds) as right ones."""
    rows = []
    for name, skips in (("at_random", skip_at_random), ("what_is_hard", skip_what_is_hard)):
        covered = np.mean([one_audit(seed, skips) for seed in range(SIMULATIONS)])
        rows.append(
            row(f"detect.order.audit_skipped_{name}", "simulated", SIMULATIONS, "share of intervals that cover",
                float(covered), 0.93, "asked for", NO_VERSION, 1.0)
        )  # fmt: skip
    return rows


def one_audit(seed: int, skips: Callable[[np.random.Generator, np.ndarray], np.ndarray]) -> bool:
    random = np.random.default_rng(seed)
    score = random.beta(0.5, 3.0, 3000)
    rate = (0.01, 0.05, 0.2)[seed % 3]
    eta = logit(np.clip(score, 0.01, 0.99))
    shift = np.linspace(-8, 8, 400)
    start = shift[np.abs(expit(eta + shift[:, np.newaxis]).mean(axis=1) - rate).argmin()]
    wrong = random.random(len(score)) < expit(eta + start)
    audit = draw(score, AUDITED, seed)
    hit = wrong[audit.chosen]
    answer = np.where(skips(random, hit), UNANSWERED, np.where(hit, WRONG, RIGHT))
    found = error_rate(Drawn(audit.stratum, answer, tuple(one.items for one in audit.strata)))
    return bool(found.rate.low <= wrong.mean() <= found.rate.high)


def skip_at_random(random: np.random.Generator, wrong: np.ndarray) -> np.ndarray:
    return random.random(len(wrong)) < 0.2


def skip_what_is_hard(random: np.random.Generator, wrong: np.ndarray) -> np.ndarray:
    """20 % in all; a wrong label's odds of being skipped are four times a right one's."""
    share = wrong.mean()
    right = np.linspace(0.001, 0.2, 400)
    hard = 4 * right / (1 + 3 * right)
    skipped = right[np.abs(share * hard + (1 - share) * right - 0.2).argmin()]
    return random.random(len(wrong)) < np.where(wrong, 4 * skipped / (1 + 3 * skipped), skipped)
