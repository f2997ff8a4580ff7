"""Why an item was flagged: what a detection keeps of its evidence, and the plain sentences it makes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotation.core.intervals import Interval
from annotation.core.judging.evidence import Evidence
from annotation.core.wording import listed, percent, quoted

MOST_ITEMS, CLASSES = 200_000, 3
# Names of the arrays within a detection's artifact; "why_" keeps them apart from others stored beside them.
ITEM, NEAR, SIMILARITY, GIVEN, BEST, SHARE = (
    "why_item", "why_neighbour", "why_similarity", "why_given", "why_best", "why_share",
)  # fmt: skip


def explanation_arrays(
    evidence: Evidence, ids: np.ndarray, shown: np.ndarray, score: np.ndarray
) -> dict[str, np.ndarray]:
    """What the why-flagged card needs of m items, by array name; m ≤ 200,000, those with the highest score first.

    ids: int64 (n,), the item of each position. shown: bool (n,), flagged in one way or another. score: float (n,).
    why_item: int64 (m,), ascending. why_neighbour: int64 (m, k), items, −1 = none, best first; why_similarity: float32
    (m, k), cosines. why_best: int32 (m, 3), codes of the likeliest classes, −1 = none; why_share: float32 (m, 3), their
    probabilities out of fold; why_given: float32 (m,), that of the label carried, nan = no label. A view that the
    detection did without has no columns.
    """
    positions = np.flatnonzero(shown)
    positions = positions[np.argsort(-score[positions], kind="stable")[:MOST_ITEMS]]
    positions = positions[np.argsort(ids[positions], kind="stable")]
    kept = {ITEM: ids[positions].astype(np.int64), **_likeliest(evidence, positions)}
    near, similarity = np.full((len(positions), 0), -1), np.zeros((len(positions), 0))
    if evidence.neighbours is not None and len(ids):
        near, similarity = evidence.neighbours[0][positions], evidence.neighbours[1][positions]
        near = np.where(near >= 0, ids[np.maximum(near, 0)], -1)
    return {**kept, NEAR: near.astype(np.int64), SIMILARITY: similarity.astype(np.float32)}


def _likeliest(evidence: Evidence, positions: np.ndarray) -> dict[str, np.ndarray]:
    gives = np.full((len(positions), 0), 0.0)
    if evidence.probabilities is not None:
        gives = evidence.probabilities[positions]
    best = np.argsort(-gives, axis=1, kind="stable")[:, :CLASSES]
    given = np.full(len(positions), np.nan)
    labels = evidence.labels[positions]
    if gives.shape[1]:
        given = np.where(labels >= 0, gives[np.arange(len(positions)), np.maximum(labels, 0)], np.nan)
    return {
        GIVEN: given.astype(np.float32), BEST: best.astype(np.int32),
        SHARE: np.take_along_axis(gives, best, axis=1).astype(np.float32),
    }  # fmt: skip


@dataclass(frozen=True)
class Explanation:
    """One item's part of the arrays. neighbours: (item, cosine similarity), best first. best: (class code, probability
    out of fold), likeliest first; given: the probability of the label it carried, None = not known."""

    item: int
    neighbours: tuple[tuple[int, float], ...]
    best: tuple[tuple[int, float], ...]
    given: float | None


def explanation_of(arrays: dict[str, np.ndarray], item: int) -> Explanation | None:
    """What was kept of an item, None where nothing was: it was not flagged, or the detection is of an older kind."""
    items = arrays.get(ITEM, np.zeros(0, dtype=np.int64))
    row = int(np.searchsorted(items, item))
    if row == len(items) or items[row] != item:
        return None
    near = zip(arrays[NEAR][row].tolist(), arrays[SIMILARITY][row].tolist(), strict=True)
    best = zip(arrays[BEST][row].tolist(), arrays[SHARE][row].tolist(), strict=True)
    given = float(arrays[GIVEN][row])
    return Explanation(
        item, tuple(pair for pair in near if pair[0] >= 0), tuple(best), None if np.isnan(given) else given
    )


def suspects_sentence(labels: Sequence[str], doubted: Sequence[bool], names: Sequence[str]) -> str:
    """Who of a near-duplicate group in conflict is most suspicious, "" where nobody is. labels: the members', "" =
    none; names: what each is called."""
    suspects = [position for position, one in enumerate(doubted) if one]
    others = Counter(label for label, one in zip(labels, doubted, strict=True) if label and not one)
    if not suspects or not others:
        return ""
    label, n = others.most_common(1)[0]
    rest = f"the {n:,} others carry {quoted(label)}" if n > 1 else f"the other carries {quoted(label)}"
    if len(suspects) == 1:
        (one,) = suspects
        return f"Most suspicious is item {quoted(names[one])}, which carries {quoted(labels[one])}; {rest}."
    carried = Counter(labels[one] for one in suspects).most_common()
    said = listed([f"{quoted(name)} ({count:,})" for name, count in carried])
    return f"Most suspicious are {len(suspects):,} of the {len(labels):,} items, which carry {said}; {rest}."


def neighbour_sentence(labels: Sequence[str], label: str) -> str:
    """What the neighbours carry, "" where none carries a label. labels: theirs, nearest first."""
    if not labels:
        return ""
    same = sum(one == label for one in labels)
    of = f"Of its {len(labels)} nearest neighbours" if len(labels) > 1 else "Of its one near neighbour"
    common = [(name, n) for name, n in Counter(labels).most_common(2) if name != label]
    others = [f"{n} {'carry' if n > 1 else 'carries'} {quoted(name)}" for name, n in common]
    own = f"{same or 'none'} {'carry' if same > 1 else 'carries'} {quoted(label)} as this item does" if label else ""
    return f"{of} {', '.join([*others, *([own] if own else [])])}."


def model_sentence(explained: Explanation, label: str, classes: Sequence[str]) -> str:
    """What a model that saw neither the item nor its copies gives its label and the likeliest class."""
    if not explained.best:
        return ""
    code, share = explained.best[0]
    likeliest = classes[code] if code < len(classes) else ""
    best = quoted(likeliest) if likeliest else "another class"
    if explained.given is None or not label:
        return f"A model that never saw this item gives {best} {percent(share)}."
    if likeliest == label:
        return f"A model that never saw this item agrees with its label: {best} {percent(share)}."
    return (
        f"A model that never saw this item gives its label {quoted(label)} {percent(explained.given)} and {best} "
        f"{percent(share)}."
    )


def record_sentence(annotator: str, given: str, other: str, share: Interval, by_experts: bool) -> str:
    """An annotator's record on a pair of classes, "" where there is none. share: of `n` labels `given` by them, judged
    by experts or, where there are none, on items that others labelled too, those whose label is `other` now."""
    if not share.n:
        return ""
    times, labels = round(share.value * share.n), f"{share.n:,} label{'s' if share.n != 1 else ''} {quoted(given)}"
    if by_experts:
        became = f"{times:,} became {quoted(other)} ({percent(share.value)})"
        return f"Of {labels} by {annotator} that experts judged, {became}."
    now = f"{times:,} {'is' if times == 1 else 'are'} now {quoted(other)} ({percent(share.value)})"
    return f"Of {labels} by {annotator} on items that others labelled too, {now}."
