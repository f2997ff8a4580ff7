"""What many annotators say: consensus on real crowds, workers found, and the CPU seconds of the same estimates.

Both pools of the crowd are estimated apart. Ours is the estimate as `manage.py consensus` makes it: the method chosen
by held-out labels. CROWDLAB, ours and cleanlab's, gets the same out-of-fold probabilities of the house.
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

from annotation.core.crowd.consensus_choice import estimate
from annotation.core.crowd.contested_items import READINGS, Contested, contested_items
from annotation.core.crowd.crowdlab import crowdlab
from annotation.core.crowd.dawid_skene import dawid_skene
from annotation.core.crowd.skill import Skills, measure_skills
from annotation.core.crowd.votes import Votes, likeliest, majority_posterior, votes_of
from annotation.core.detectors.annotator_disagreement import AnnotatorDisagreement
from annotation.core.fields import Field
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence, build_evidence
from bench.table import Row, row
from tests.shared import SHARED

DATA = SHARED / "data/weather_sentiment_crowd"
CLASSES = ("negative", "neutral", "positive", "unrelated", "cannot tell")
POOLS = ("crowdflower", "mturk")
ACTIVE, POOR = 20, 0.6
PARITY = 1e-9


def run() -> list[Row]:
    return [*weather(), *speed_dawid_skene(), *speed_crowdlab()]


# ---- real crowds


def weather() -> list[Row]:
    if not DATA.is_dir():
        print(f"detect.consensus.weather is skipped: no data in {DATA}; SECONDLOOK_SHARED can point at it.",
              file=sys.stderr)  # fmt: skip
        return []
    judgments = pd.read_csv(DATA / "judgments.csv")
    texts = pd.read_csv(DATA / "items.csv").set_index("tweet_id")["text"]
    rows, found = [], {name: [] for name in ("truth", "ours", "cleanlab", "majority")}
    for pool in POOLS:
        votes, truth, tweets = coded(judgments[judgments["pool"] == pool])
        evidence = gathered(votes, texts.reindex(tweets).fillna("").tolist())
        predicted = evidence.probabilities
        ours = estimate(votes, predicted)
        print(f"{pool}: {ours.method} chosen; held-out labels predicted: " + "; ".join(
            f"{name} {one.accuracy.value:.4f} ({one.accuracy.low:.4f} to {one.accuracy.high:.4f}, {one.labels} labels "
            f"of {one.accuracy.n} items), against majority {one.difference.value:+.4f} ({one.difference.low:+.4f} to "
            f"{one.difference.high:+.4f})" for name, one in ours.scores.items()))  # fmt: skip
        theirs = cleanlab(votes, predicted)
        rows += [*accuracies(pool, votes, truth, ours.label, theirs), disagreement(pool, evidence, votes, truth)]
        skills = measure_skills(votes, ours.held_out, ours.fit.probabilities[votes.item])
        report_contested(pool, contested_items(votes, ours.fit.probabilities, ours.label, skills), truth)
        collect(found, votes, truth, skills, theirs)
    return rows + workers({name: np.concatenate(parts) for name, parts in found.items()})


def coded(frame: pd.DataFrame) -> tuple[Votes, np.ndarray, np.ndarray]:
    item, tweets = pd.factorize(frame["tweet_id"])
    annotator, workers = pd.factorize(frame["worker"])
    columns = pd.DataFrame({"item": item, "annotator": annotator, "label": frame["label"].to_numpy()})
    truth = frame.groupby("tweet_id")["true_label"].first().reindex(tweets).to_numpy()
    return votes_of(columns, len(tweets), len(workers), len(CLASSES)), truth, tweets


def gathered(votes: Votes, texts: list[str]) -> Evidence:
    """What a detection gathers where the majority is the current label."""
    frame = pd.DataFrame({"item": votes.item, "annotator": votes.annotator, "label": votes.label})
    labels = likeliest(majority_posterior(votes), votes)
    names = tuple(map(str, range(votes.n_annotators)))
    table = pd.DataFrame({"text": texts})
    return build_evidence(table, (Field("text", "text"),), CLASSES, labels, frame, names)


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
