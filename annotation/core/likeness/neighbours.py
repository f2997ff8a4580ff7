"""Each item's nearest other items by cosine, never a near-identical one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from annotation.core.compiled import compiled

# Up to so many items every pair is compared; of more, only those in cells near one another (inverted file index,
# Sivic and Zisserman 2003), whose number grows with the root of the items.
EXHAUSTIVE = 4000
PROBED = 4
SAMPLE_PER_CELL = 20
ROUNDS = 3
# Similarities held at a time: cells grow with the items, and one that many items share grows with all of them.
HELD = 1 << 23


@dataclass(frozen=True, eq=False)
class Cells:
    """of: int (n,), the cell of each row; centres: float32 (c, d)."""

    of: np.ndarray
    centres: np.ndarray


def nearest(
    vectors: np.ndarray, groups: np.ndarray, k: int, seed: int = 0, tick: Callable[[float], None] = lambda share: None
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest rows of other groups, at most one per group: positions int (n, k), −1 = none, and cosine
    similarities float32 (n, k), 0 where there is none; best first, equals in row order.

    vectors: float (n, d), rows of length 1 or all zeros. groups: int (n,). Of more than EXHAUSTIVE items the search
    is approximate: an item meets those of the PROBED cells nearest to its own. `tick` is called with the share done.
    """
    centres = centres_of(vectors, seed)
    cells = Cells(nearest_centre(vectors, centres), centres)
    return joined(len(vectors), k, [nearest_of_cells(vectors, groups, k, cells, 0, 1, tick)])


def joined(n: int, k: int, parts: Iterable[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, np.ndarray]:
    """The parts of `nearest_of_cells` as `nearest` gives them."""
    positions, similarities = np.full((n, k), -1, dtype=np.int32), np.zeros((n, k), dtype=np.float32)
    for rows, near, similar in parts:
        positions[rows], similarities[rows] = near, similar
    return positions, similarities


def nearest_of_cells(
    vectors: np.ndarray, groups: np.ndarray, k: int, cells: Cells, part: int, parts: int,
    tick: Callable[[float], None] = lambda share: None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """One of so many parts of the cells: which rows stand there, int (m,), and their neighbours as in `nearest`."""
    centres = cells.centres
    order = np.argsort(cells.of, kind="stable")
    starts = np.searchsorted(cells.of[order], np.arange(len(centres) + 1))
    probed = np.argsort(-(centres @ centres.T), axis=1, kind="stable")[:, :PROBED]
    first, last = (len(centres) * one // parts for one in (part, part + 1))
    every = order[starts[first] : starts[last]]
    positions, similarities = np.full((len(every), k), -1, dtype=np.int32), np.zeros((len(every), k), dtype=np.float32)
    for number in range(first, last):
        near = np.sort(np.concatenate([order[starts[one] : starts[one + 1]] for one in probed[number]]))
        reached, groups_there = np.ascontiguousarray(_single(vectors[near]).T), groups[near]
        step = int(np.clip(HELD // max(len(near), 1), 1, 512))
        for start in range(starts[number], starts[number + 1], step):
            stop = min(start + step, starts[number + 1])
            rows, lines = order[start:stop], slice(start - starts[first], stop - starts[first])
            cosine = _single(vectors[rows]) @ reached
            _best(cosine, near, groups_there, groups[rows], positions[lines], similarities[lines])
        tick((number + 1 - first) / (last - first))
    return every, positions, similarities


def centres_of(vectors: np.ndarray, seed: int) -> np.ndarray:
    """Float32 (c, d), the centres of the cells: k-means by cosine on a sample."""
    n = len(vectors)
    if n <= EXHAUSTIVE:
        return np.ones((1, vectors.shape[1]), dtype=np.float32)
    count = 2 * int(np.sqrt(n))
    sample = np.random.default_rng(seed).choice(n, min(n, SAMPLE_PER_CELL * count), replace=False)
    rows = _single(vectors[np.sort(sample)])
    centres = rows[np.random.default_rng(seed + 1).choice(len(rows), count, replace=False)]
    for _ in range(ROUNDS):
        of = nearest_centre(rows, centres)
        total = np.zeros_like(centres)
        np.add.at(total, of, rows)
        length = np.linalg.norm(total, axis=1, keepdims=True)
        centres = np.where(length > 0, total / np.maximum(length, 1e-12), centres).astype(np.float32)
    return centres


def nearest_centre(rows: np.ndarray, centres: np.ndarray, part: int = 0, parts: int = 1) -> np.ndarray:
    """The centre most similar to each row of one of so many parts of the rows, int (m,); the parts follow one another.
    All similarities at once are rows times the root of the rows."""
    step = max(1, HELD // len(centres))
    # each row is looked at among the same ones whatever the parts, so that no last digit differs
    blocks = -(-len(rows) // step)
    first, last = (min(blocks * one // parts * step, len(rows)) for one in (part, part + 1))
    of = np.empty(last - first, dtype=np.int64)
    for start in range(first, last, step):
        some = _single(rows[start : min(start + step, last)])
        of[start - first : start - first + len(some)] = (some @ centres.T).argmax(axis=1)
    return of


def _single(rows: np.ndarray) -> np.ndarray:
    return rows.astype(np.float32, copy=False)


@compiled()
def _best(
    cosine: np.ndarray, near: np.ndarray, groups_there: np.ndarray, own: np.ndarray, positions: np.ndarray,
    similarities: np.ndarray,
) -> None:  # fmt: skip
    """Fill each line (k,) with the best of `near`, of each group the best and none of the line's own group."""
    k = positions.shape[1]
    kept_group = np.empty(k, dtype=np.int64)
    for row in range(len(own)):
        count = 0
        for candidate in range(len(near)):
            value = cosine[row, candidate]
            if value <= 0 or (count == k and value <= similarities[row, k - 1]):
                continue
            group = groups_there[candidate]
            if group == own[row]:
                continue
            place = count
            for earlier in range(count):
                if kept_group[earlier] == group:
                    place = earlier
                    break
            if place < count and value <= similarities[row, place]:
                continue
            if place == count and count == k:
                place = k - 1
            if place == count:
                count += 1
            while place > 0 and similarities[row, place - 1] < value:
                similarities[row, place] = similarities[row, place - 1]
                positions[row, place], kept_group[place] = positions[row, place - 1], kept_group[place - 1]
                place -= 1
            similarities[row, place], positions[row, place], kept_group[place] = value, near[candidate], group
