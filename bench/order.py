"""The order of review that learns, probabilities, and the audit, on core functions alone: no database.

Learning order against fixed order: decisions come back in batches of 25, each text counted once. Reliability: what the
next batch and, at the end, everything left was predicted to be, against what it was, by tenths. Audit: how often the
interval covers the share that is truly wrong.
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
from bench.detected import detected
from bench.table import Row, row
from tests.shared import SHARED

DATA = SHARED / "data"
BATCH = 25
AUDITED = 200
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


def predicted_chances(one: World, seed: int, budget: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(probability, wrong, still waiting): for each batch just before it is decided, and for all left at the end.

    The audit is drawn first; every fifth decision is one of its items until all are answered.
    """
    start = np.where(one.counts, one.prior.score, 0.0)
    audit = draw(start, AUDITED, seed)
    weight = np.ones(len(start))
    weight[audit.chosen] = 1 / audit.probability
    decided = np.zeros(0, dtype=np.int64)
    said, proved, waiting = [], [], []
    while True:
        dealt = take(one.prior, decided)
        wrong = one.wrong[decided]
        chance = predicted_chance(learn(dealt, wrong), one.prior)
        knots = calibrate(held_out(dealt, wrong), wrong, weight[decided])
        left = np.setdiff1d(np.arange(len(start)), decided)
        order = left[np.argsort(-chance[left], kind="stable")]
        asked = audit.chosen[~np.isin(audit.chosen, decided)][: BATCH // 5]
        following = np.concatenate([asked, order[~np.isin(order, asked)][: BATCH - len(asked)]])
        last = len(decided) >= budget
        judged = left if last else following
        if knots:
            said.append(probability(chance[judged], knots))
            proved.append(one.wrong[judged])
            waiting.append(np.full(len(judged), last))
        if last:
            return np.concatenate(said), np.concatenate(proved), np.concatenate(waiting)
        decided = np.concatenate([decided, following])


def reliability_rows(name: str, worlds: list[tuple[World, int]], budget: int) -> list[Row]:
    """Prints the table by tenths, and whether the interval of what proved wrong meets the tenth predicted; the row is
    the mean distance of a predicted tenth from what it proved."""
    parts = [predicted_chances(one, seed, budget) for one, seed in worlds]
    said, wrong, waiting = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    both = ("of both kinds", np.ones_like(waiting))
    for title, own in (("just before they were decided", ~waiting), (f"left after {budget} decisions", waiting), both):
        print(f"\nReliability on {name}, items {title}: n {own.sum()}, wrong {wrong[own].sum()}")
        print(f"{'predicted':>10} {'n':>7} {'mean':>6} {'proved':>6} {'95 % interval':>15}  holds")
        for low, _, n, mean, share in tenths(said[own], wrong[own]):
            proved = wilson(round(n * share), n)
            holds = "yes" if proved.low <= (low + 1) / 10 and proved.high >= low / 10 else "no"
            print(f"  .{low}–{'.' + str(low + 1) if low < 9 else '1'} {n:9} {mean:6.3f} {share:6.3f} "
                  f"{proved.low:8.3f}–{proved.high:.3f}  {holds}")  # fmt: skip
    spread = sum(n * abs(mean - share) for *_, n, mean, share in tenths(said, wrong)) / len(said)
    base = float(np.mean(np.abs(said - wrong.mean())))
    return [
        row(f"detect.order.reliability_{name}", name, len(said), "calibration error, mean over items", spread, base,
            "one rate for all items", NO_VERSION, 2.0, more_is_better=False)
    ]  # fmt: skip


def tenths(said: np.ndarray, wrong: np.ndarray) -> list[tuple[int, int, int, float, float]]:
    """(tenth, next tenth, n, mean predicted, share proved) of the tenths that have items."""
    tenth = np.minimum((said * 10).astype(int), 9)
    return [
        (low, low + 1, int((tenth == low).sum()), float(said[tenth == low].mean()), float(wrong[tenth == low].mean()))
        for low in range(10) if (tenth == low).any()
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
