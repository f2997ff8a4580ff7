"""Error or honest difference: of each crowd a few answers an item are seen, and the others, held out, say which it was.

Where the answers held out are nearly of one mind, whoever seen gave another label erred; where they are split, all
answers are honest. Crowds with three answers an item have none left to say so.
"""

import numpy as np
from sklearn.metrics import roc_auc_score

from annotation.core.crowd.consensus_choice import estimate
from annotation.core.crowd.contested_items import READINGS, contested_items
from annotation.core.crowd.expected_shares import believed, expected_shares
from annotation.core.crowd.skill import measure_skills
from annotation.core.crowd.votes import Votes
from bench.consensus import there
from bench.crowds import Crowd, crowd
from bench.table import Row, row

# Answers an item that are seen.
SEEN = {
    "relation_crowd": 5, "weather_mturk": 5, "weather_crowdflower": 3, "wiki_toxicity": 3, "wiki_politeness": 3,
    "amazon_isbook": 3,
}  # fmt: skip
# Share of the answers held out for one label.
ONE_MIND, SPLIT = 0.85, 0.65
DRAWS = 3


def run() -> list[Row]:
    return [one for name, k in SEEN.items() for one in rows_of(name, k)] if there() else []


def rows_of(name: str, k: int) -> list[Row]:
    whole, figures, counted = crowd(name), [], np.zeros(2, dtype=int)
    for draw in range(DRAWS):
        seen, rest = drawn(whole, k, draw)
        error, honest = judged(seen.votes, rest)
        either = error | honest
        scores = scored(seen)
        figures.append({key: roc_auc_score(error[either], score[either]) for key, score in scores.items()})
        counted += (int(error.sum()), int(honest.sum()))
        report_readings(seen, rest)
    mean = {key: float(np.mean([one[key] for one in figures])) for key in figures[0]}
    n, unit = int(counted.sum()), f"AUROC, {counted[0]:,} errors against {counted[1]:,} honest answers"
    return [
        row(f"detect.contested.{name}.{key}", name, n, unit, mean["ours"], mean[key], rival, "", 1.0)
        for key, rival in (("rarity", "rarity of the label among the annotators"),
                           ("model", "1 − out-of-fold probability of the label"))
    ]  # fmt: skip


def drawn(whole: Crowd, k: int, draw: int) -> tuple[Crowd, Votes]:
    """`k` answers an item drawn at random, and the others."""
    votes = whole.votes
    order = np.lexsort((np.random.default_rng(draw).random(len(votes)), votes.item))
    rank = np.empty(len(votes), dtype=np.int64)
    rank[order] = np.arange(len(votes)) - (np.cumsum(votes.per_item) - votes.per_item)[votes.item[order]]
    return Crowd(whole.name, votes.where(rank < k), whole.truth, whole.classes, whole.texts), votes.where(rank >= k)


def judged(seen: Votes, rest: Votes) -> tuple[np.ndarray, np.ndarray]:
    """Bool (m,) each, of the answers seen on items where they differ: errors, and honest ones."""
    differ = (seen.counts > 0).sum(axis=1) > 1
    said, share = rest.counts.argmax(axis=1), rest.counts.max(axis=1) / np.maximum(rest.per_item, 1)
    known = (differ & (rest.per_item > 1))[seen.item]
    error = known & (share[seen.item] >= ONE_MIND) & (seen.label != said[seen.item])
    return error, known & (share[seen.item] <= SPLIT)


def scored(seen: Crowd) -> dict[str, np.ndarray]:
    """Float (m,) each, 1 = an error."""
    votes, cell = seen.votes, (seen.votes.item, seen.votes.label)
    return {
        "ours": 1 - believed(votes, expected_shares(votes, seen.predicted))[cell],
        "rarity": 1 - votes.counts[cell] / votes.per_item[votes.item],
        "model": 1 - seen.predicted[cell],
    }


def report_readings(seen: Crowd, rest: Votes) -> None:
    """How far the answers held out are of one mind where we say error, honest difference, or ask."""
    votes, found = seen.votes, estimate(seen.votes, seen.predicted)
    skills = measure_skills(votes, found.held_out, found.fit.probabilities[votes.item])
    shares = expected_shares(votes, seen.predicted)
    contested = contested_items(votes, found.fit.probabilities, found.label, skills, shares)
    for code, reading in enumerate(READINGS):
        items = contested.item[(contested.reading == code) & (rest.per_item[contested.item] > 1)]
        if len(items):
            share = (rest.counts[items].max(axis=1) / rest.per_item[items]).mean()
            print(f"{seen.name}: {reading}: {len(items)} items, {share:.3f} of the answers held out for one label")
