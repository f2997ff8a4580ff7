"""What many annotators say: consensus on real crowds, workers found, and the CPU seconds of the same estimates.

Both pools of the weather crowd are estimated apart. Ours is the estimate as `manage.py consensus` makes it. CROWDLAB,
ours and cleanlab's, gets the same out-of-fold probabilities of the house. Where the truth of a set is a function of the
answers themselves, majority is right by construction, and the figure only says whether auto does no harm.
"""

import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from cleanlab.multiannotator import get_label_quality_multiannotator
from crowdkit.aggregation import DawidSkene as CrowdKit
from sklearn.metrics import average_precision_score

from annotation.core.crowd.consensus_choice import CROWDLAB, DAWID_SKENE, METHODS, estimate
from annotation.core.crowd.contested_items import READINGS, Contested, contested_items
from annotation.core.crowd.crowdlab import crowdlab
from annotation.core.crowd.dawid_skene import DawidSkene, dawid_skene
from annotation.core.crowd.expected_shares import expected_shares
from annotation.core.crowd.skill import Skills, measure_skills
from annotation.core.crowd.votes import Votes, likeliest, majority_posterior
from annotation.core.detectors.annotator_disagreement import AnnotatorDisagreement
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence
from bench.crowds import SUITE, TRUTHS, Crowd, crowd
from bench.table import Row, row
from tests.shared import SHARED

POOLS = ("crowdflower", "mturk")
ACTIVE, POOR = 20, 0.6
PARITY = 1e-9


def run() -> list[Row]:
    real = [*auto(), *weather()] if there() else []
    return [*real, *speed_dawid_skene(), *speed_crowdlab()]


def there() -> bool:
    if not (SUITE / "hatebr").is_dir():
        print(f"Crowds are skipped: no data in {SHARED}; SECONDLOOK_SHARED can point at it.", file=sys.stderr)
        return False
    return True


# ---- real crowds


def auto() -> list[Row]:
    """The accuracy of the method taken beside that of the best of the three; the goal is a half point."""
    rows = []
    for name, truth in TRUTHS.items():
        one = crowd(name)
        found = estimate(one.votes, one.predicted)
        each = {method: accuracy(one, said(method, one, found.fit)) for method in METHODS}
        chosen, ahead = each[found.method], max(each, key=lambda method: each[method])
        print(f"{name}, truth {truth}: {found.method} taken; " + ", ".join(
            f"{method} {value:.4f} (gain on majority {found.scores[method].difference.value:+.4f}, "
            f"{found.scores[method].difference.low:+.4f} to {found.scores[method].difference.high:+.4f})"
            for method, value in each.items()))  # fmt: skip
        rows.append(row(f"detect.consensus.auto.{name}", name, int((one.truth >= 0).sum()), f"accuracy, truth {truth}",
                        chosen, each[ahead], f"the best of three, {METHODS[ahead]}", "", 0.995))  # fmt: skip
    return rows


def said(method: str, one: Crowd, fit: DawidSkene) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (n, K) and labels (n,) of one method."""
    if method == CROWDLAB:
        found = crowdlab(one.votes, one.predicted, best_quality=False)
        return found.probabilities, found.label
    probabilities = fit.probabilities if method == DAWID_SKENE else majority_posterior(one.votes)
    return probabilities, likeliest(probabilities, one.votes)


def accuracy(one: Crowd, found: tuple[np.ndarray, np.ndarray]) -> float:
    """Share of the labels that are right; a tie counts as often as drawing lots would be right."""
    probabilities, label = found
    known = one.truth >= 0
    best = probabilities >= probabilities.max(axis=1, keepdims=True) - 1e-9
    by_lot = best[np.arange(len(best)), np.maximum(one.truth, 0)] / best.sum(axis=1)
    return float(np.where(label >= 0, label == one.truth, by_lot)[known].mean())


def weather() -> list[Row]:
    rows: list[Row] = []
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("truth", "ours", "cleanlab", "majority")}
    for pool in POOLS:
        one = crowd(f"weather_{pool}")
        votes, truth, predicted = one.votes, one.truth, one.predicted
        ours = estimate(votes, predicted)
        theirs = cleanlab(votes, predicted)
        rows += [*accuracies(pool, votes, truth, ours.label, theirs), disagreement(pool, one.evidence, votes, truth)]
        skills = measure_skills(votes, ours.held_out, ours.fit.probabilities[votes.item])
        report_contested(pool, contested_items(votes, ours.fit.probabilities, ours.label, skills,
                                               expected_shares(votes, predicted)), truth)  # fmt: skip
        collect(found, votes, truth, skills, theirs)
    return rows + workers({name: np.concatenate(parts) for name, parts in found.items()})


def disagreement(pool: str, evidence: Evidence, votes: Votes, truth: np.ndarray) -> Row:
    """Average precision of the detector for wrong majority labels, beside the plain share of dissenting votes."""
    labelled = evidence.labels >= 0
    wrong = evidence.labels[labelled] != truth[labelled]
    share = 1 - majority_posterior(votes)[labelled, evidence.labels[labelled]]
    ours, plain = (
        float(average_precision_score(wrong, score))
        for score in (AnnotatorDisagreement().judge(evidence).score[labelled], share)
    )
    return row(f"detect.consensus.{pool}_disagreement", "weather_sentiment_crowd", int(labelled.sum()),
               f"average precision, {wrong.sum()} wrong", ours, plain, "share of dissenting votes", "",
               1.0)  # fmt: skip


def report_contested(pool: str, contested: Contested, truth: np.ndarray) -> None:
    """How often the consensus is right where it says error, honest disagreement, or ask."""
    for code, reading in enumerate(READINGS):
        there = contested.reading == code
        right = wilson(int((contested.label == truth[contested.item])[there].sum()), int(there.sum()))
        print(f"{pool}: {reading}: right on {right.value:.3f} ({right.low:.3f} to {right.high:.3f}, n {right.n})")


def cleanlab(votes: Votes, predicted: np.ndarray, method: str = "best_quality") -> dict[str, Any]:
    return get_label_quality_multiannotator(wide(votes), predicted, consensus_method=method, verbose=False)


def wide(votes: Votes) -> np.ndarray:
    table = np.full((votes.n_items, votes.n_annotators), np.nan)
    table[votes.item, votes.annotator] = votes.label
    return table


def accuracies(pool: str, votes: Votes, truth: np.ndarray, label: np.ndarray, theirs: dict[str, Any]) -> list[Row]:
    shares = majority_posterior(votes)
    best = shares == shares.max(axis=1, keepdims=True)
    # a tie of the majority counts as often as drawing lots would be right
    by_majority = (best[np.arange(len(truth)), truth] / best.sum(axis=1)).mean()
    rivals = {
        "majority": (by_majority, "majority, ties by lot", ""),
        "crowdkit": ((crowdkit(votes).argmax(axis=1) == truth).mean(), "crowd-kit DawidSkene", version("crowd-kit")),
        "cleanlab": ((theirs["label_quality"]["consensus_label"].to_numpy() == truth).mean(), "cleanlab CROWDLAB",
                     version("cleanlab")),
    }  # fmt: skip
    return [
        row(f"detect.consensus.{pool}_{name}", "weather_sentiment_crowd", len(truth), "accuracy",
            float((label == truth).mean()), float(value), rival, release, 1.0)
        for name, (value, rival, release) in rivals.items()
    ]  # fmt: skip


def crowdkit(votes: Votes) -> np.ndarray:
    frame = pd.DataFrame({"task": votes.item, "worker": votes.annotator, "label": votes.label})
    found = CrowdKit().fit_predict_proba(frame)
    return found.reindex(index=range(votes.n_items), columns=range(votes.n_classes), fill_value=0).to_numpy()


def collect(found: dict[str, list], votes: Votes, truth: np.ndarray, skills: Skills, theirs: dict[str, Any]) -> None:
    """The active workers' true and estimated accuracies."""
    n = np.bincount(votes.annotator, minlength=votes.n_annotators)
    agrees = likeliest(majority_posterior(votes), votes)[votes.item] == votes.label
    quality = theirs["annotator_stats"].sort_index()["annotator_quality"].to_numpy()
    estimates = {
        "truth": np.bincount(votes.annotator, truth[votes.item] == votes.label, votes.n_annotators) / n,
        "ours": skills.accuracy, "cleanlab": quality,
        "majority": np.bincount(votes.annotator, agrees, votes.n_annotators) / n,
    }  # fmt: skip
    for name, values in estimates.items():
        found[name].append(values[n >= ACTIVE])


def workers(found: dict[str, np.ndarray]) -> list[Row]:
    """Precision and recall of *below 60 %*, ours beside cleanlab's quality and agreement with the majority."""
    poor = found["truth"] < POOR
    rows = []
    for rival, name, release in (("cleanlab", "cleanlab annotator_quality", version("cleanlab")),
                                 ("majority", "agreement with the majority", "")):  # fmt: skip
        for what, of in (("precision", lambda named: named), ("recall", lambda named: poor)):
            ours, theirs = (float((named & poor).sum() / max(of(named).sum(), 1))
                            for named in (found["ours"] < POOR, found[rival] < POOR))  # fmt: skip
            rows.append(row(f"detect.consensus.workers_{what}_{rival}", "weather_sentiment_crowd", len(poor),
                            f"{what}, {poor.sum()} workers below 60 %", ours, theirs, name, release, 1.0))  # fmt: skip
    return rows


# ---- CPU seconds


def synthetic(
    n_items: int, n_annotators: int, per_item: int, n_classes: int, seed: int = 0
) -> tuple[Votes, np.ndarray]:
    """Annotators who are right 45 to 95 times in a hundred; `per_item` different ones for each item."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_items)
    accuracy = rng.uniform(0.45, 0.95, n_annotators)
    item = np.repeat(np.arange(n_items), per_item)
    start, step = rng.integers(0, n_annotators, n_items), rng.integers(1, n_annotators // per_item, n_items)
    annotator = ((start[:, None] + step[:, None] * np.arange(per_item)) % n_annotators).ravel()
    wrong = (truth[item] + rng.integers(1, n_classes, len(item))) % n_classes
    label = np.where(rng.random(len(item)) < accuracy[annotator], truth[item], wrong)
    return Votes(item, annotator, label, n_items, n_annotators, n_classes), truth


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work returns, and its CPU seconds."""
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def speed_dawid_skene() -> list[Row]:
    votes, truth = synthetic(200_000, 1_000, 5, 4)
    plain, ours = timed(lambda: dawid_skene(votes, strength=0))
    shrunk, ours_shrunk = timed(lambda: dawid_skene(votes))
    frame = pd.DataFrame({"task": votes.item, "worker": votes.annotator, "label": votes.label})
    rival = CrowdKit()
    found, theirs = timed(lambda: rival.fit_predict_proba(frame))
    table = found.reindex(index=range(votes.n_items), columns=range(votes.n_classes)).to_numpy()
    same = (table.argmax(axis=1) == plain.probabilities.argmax(axis=1)).mean()
    print(f"Dawid-Skene, 1M labels: {same:.5%} of the labels are crowd-kit's, posteriors differ by at most "
          f"{np.abs(table - plain.probabilities).max():.1e}; rounds {plain.steps} and {len(rival.loss_history_)}; "
          f"right {(plain.probabilities.argmax(axis=1) == truth).mean():.4f}, shrunk "
          f"{(shrunk.probabilities.argmax(axis=1) == truth).mean():.4f}")  # fmt: skip
    return [
        row(f"detect.consensus.dawid_skene_{name}", "synthetic crowd", len(votes), "CPU s", seconds, theirs,
            "crowd-kit DawidSkene", version("crowd-kit"), 5.0, more_is_better=False)
        for name, seconds in (("as_published", ours), ("shrunk", ours_shrunk))
    ]  # fmt: skip


def speed_crowdlab(n_items: int = 5_000, n_annotators: int = 100) -> list[Row]:
    votes, truth = synthetic(n_items, n_annotators, 5, 4)
    predicted = np.random.default_rng(1).dirichlet(np.ones(4), n_items) + np.eye(4)[truth]
    predicted /= predicted.sum(axis=1, keepdims=True)
    table = wide(votes)

    def rival() -> pd.DataFrame:
        return get_label_quality_multiannotator(
            table, predicted, verbose=False, return_detailed_quality=False, return_annotator_stats=False
        )["label_quality"]

    theirs, their_seconds = timed(rival)
    ours, _ = timed(lambda: crowdlab(votes, predicted))
    _, our_seconds = timed(lambda: [crowdlab(votes, predicted) for _ in range(20)])
    apart = np.abs(theirs["consensus_quality_score"].to_numpy() - ours.quality).max()
    equal = (theirs["consensus_label"].to_numpy() == ours.label).all()
    print(f"CROWDLAB, {len(votes)} labels of {n_annotators} annotators: labels equal {equal}, qualities differ by at "
          f"most {apart:.1e} (tolerance {PARITY:g})")  # fmt: skip
    if not equal or apart > PARITY:
        raise AssertionError("CROWDLAB is not equal to cleanlab's, so its speed says nothing.")
    return [row("detect.consensus.crowdlab", "synthetic crowd", len(votes), "CPU s, equal results", our_seconds / 20,
                their_seconds, "cleanlab get_label_quality_multiannotator", version("cleanlab"), 50.0,
                more_is_better=False)]  # fmt: skip
