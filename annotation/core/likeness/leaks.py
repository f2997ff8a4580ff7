"""Copies of a reference among other texts, however they were encoded, marked up, dressed or wrapped on their way.

Near-duplicates are found as for groups. What is added here is for a guard, which had rather leave out a row too many: a
text held in another as a whole counts, which would not do for a group.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from annotation.core.likeness.held import held_in
from annotation.core.likeness.known_by import Keys, keys_of, lost_on_the_way
from annotation.core.likeness.letters import Streams, mixed
from annotation.core.likeness.look_alikes import plain_letters
from annotation.core.likeness.near_duplicates import SHORT, copies_of
from annotation.core.likeness.readings import Readings, further_readings
from annotation.core.likeness.text_index import TextIndex


@dataclass(frozen=True)
class _Readings:
    """m readings of n rows: `texts`, in plain letters, `of` (m,) whose they are, `part` (m,) bool, those that are less
    than what was said, and `inside` (m,) bool, those of the reference."""

    texts: Streams
    of: np.ndarray
    part: np.ndarray
    inside: np.ndarray


def leaked(
    columns: Sequence[list[str]], reference: np.ndarray, others: np.ndarray | None = None,
    earlier: TextIndex | None = None, *, seed: int = 0,
) -> np.ndarray:  # fmt: skip
    """True (n,) where a text outside the `reference` (n,) bool is a copy of one within. `columns` are the text fields
    of n rows; `others` (n,) int says which rows are equal in all other fields, None where there are none: beside these
    a text of fewer than SHORT characters counts only where they are equal too."""
    given = _joined(columns)
    plain = [Streams([plain_letters(text) for text in column]) for column in columns]
    further = further_readings(columns, plain)
    copied = _near(given, further, reference, others, earlier, seed)
    base = plain[0] if len(plain) == 1 else Streams(_joined([column.texts for column in plain]))
    of = np.r_[np.arange(len(given)), further.of]
    part = np.r_[np.zeros(len(given), dtype=bool), further.part]
    texts = base.followed_by([plain_letters(text) for text in further.texts])
    readings = _Readings(texts, of, part, reference[of])
    copied[_equal(readings, given, others)] = True
    copied[_held(readings)] = True
    return copied & ~reference


def _joined(columns: Sequence[Sequence[str]]) -> list[str]:
    return list(columns[0]) if len(columns) == 1 else ["\n".join(row) for row in zip(*columns, strict=True)]


def _near(
    given: list[str], further: Readings, reference: np.ndarray, others: np.ndarray | None, earlier: TextIndex | None,
    seed: int,
) -> np.ndarray:  # fmt: skip
    """Near-duplicates in any reading of the whole, bool (n,)."""
    kept = np.flatnonzero(~further.part)
    texts = given + [further.texts[i] for i in kept.tolist()]
    of = np.r_[np.arange(len(given)), further.of[kept]]
    copies = copies_of(texts, reference[of], earlier, seed=seed)
    if others is not None:
        short = np.fromiter((len(text) < SHORT for text in texts), dtype=bool, count=len(texts))
        copies &= ~short | np.isin(others, others[reference])[of]
    copied = np.zeros(len(given), dtype=bool)
    copied[of[copies]] = True
    return copied


def _equal(readings: _Readings, given: list[str], others: np.ndarray | None) -> np.ndarray:
    """Rows outside that share with one inside all letters or all words, or the one is sentences of the other."""
    lost = [
        (text, of) for of in np.unique(readings.of[readings.inside]).tolist() for text in lost_on_the_way(given[of])
    ]
    of = np.array([of for _, of in lost], dtype=np.int64)
    lossy = keys_of(Streams([text for text, _ in lost]), of, np.zeros(len(lost), dtype=bool))
    keys = _beside(keys_of(readings.texts, readings.of, readings.part), others)
    inside = np.zeros(len(given), dtype=bool)
    inside[readings.of[readings.inside]] = True
    return keys.of_those(~inside).met(keys.of_those(inside).and_whole(_beside(lossy, others)))


def _beside(keys: Keys, others: np.ndarray | None) -> Keys:
    """The keys, those of short texts being of the other fields too."""
    if others is None:
        return keys
    both = mixed(keys.hash ^ mixed(others[keys.of].astype(np.uint64) + np.uint64(1)))
    return replace(keys, hash=np.where(keys.letters < SHORT, both, keys.hash))


def _held(readings: _Readings) -> np.ndarray:
    """Rows outside that hold one inside whole, or are held in one."""
    rows = []
    for sought in (readings.inside, ~readings.inside):
        one, other = held_in(readings.texts, sought)
        whole = ~(readings.part[one] & readings.part[other])
        rows.append(readings.of[np.where(readings.inside[one], other, one)[whole]])
    return np.concatenate(rows)
