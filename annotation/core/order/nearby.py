"""Where items lie by what they say, and what a decision on one says of labels on others that lie near."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

# Decisions by which nearness is told; of more, as many spread evenly over them.
LANDMARKS = 300
# Directions among the landmarks weaker than this share of the strongest are rounding.
WEAKEST = 1e-8
# Rows compared with the landmarks at once.
BLOCK = 50_000


def likeness(
    place: np.ndarray, label: np.ndarray, other: np.ndarray, other_label: np.ndarray, n_classes: int
) -> np.ndarray:
    """Float (n, m): how alike it is for two labels to be wrong. place (n, d), other (m, d): where the items lie; label
    (n,), other_label (m,): names of the labels given.

    The cosine of the places; of different labels −1 / (K − 1) times that, K the number of classes: where one label is
    wrong for what an item says, the same label is wrong nearby and others are right (effects of classes that sum to 0).
    """
    cosine = place.astype(np.float32) @ other.astype(np.float32).T
    code = {name: number for number, name in enumerate(dict.fromkeys(other_label.tolist()))}
    codes, others = (np.array([code.get(name, -1) for name in one.tolist()]) for one in (label, other_label))
    unlike = -1 / max(n_classes - 1, 1)
    return np.where(codes[:, np.newaxis] == others, cosine, unlike * cosine).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Nearby:
    """What m decided items say of others: place float (m, d), label str (m,), and the pull of each, float (m,), in log
    odds for an item just alike."""

    place: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    label: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=str))
    pull: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def effect(self, place: np.ndarray, label: np.ndarray, n_classes: int) -> np.ndarray:
        """Float (n,), log odds."""
        if not len(self.pull) or not place.shape[1]:
            return np.zeros(len(label))
        starts = range(0, len(label), BLOCK)
        parts = [_rows(place, label, start) for start in starts]
        return np.concatenate([likeness(*part, self.place, self.label, n_classes) @ self.pull for part in parts])


def _rows(place: np.ndarray, label: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    return place[start : start + BLOCK], label[start : start + BLOCK]


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Columns whose independent effects of spread 1 are effects as alike as `likeness` says: exact up to LANDMARKS
    decisions, beyond that by those (Nyström; Williams & Seeger 2001)."""

    place: np.ndarray
    label: np.ndarray
    columns: np.ndarray
    basis: np.ndarray

    def nearby(self, effects: np.ndarray) -> Nearby:
        """What the fitted effects of the columns, float (p,), make of other items."""
        return Nearby(self.place, self.label, self.basis @ effects)


def landmarks(place: np.ndarray, label: np.ndarray, n_classes: int) -> Landmarks:
    """The landmarks of k decided items and their columns, float (k, p)."""
    k = len(label)
    chosen: Sequence[int] = np.unique(np.linspace(0, k - 1, min(k, LANDMARKS)).astype(int)).tolist()
    own_place, own_label = place[chosen], label[chosen]
    alike = likeness(own_place, own_label, own_place, own_label, n_classes)
    strength, directions = np.linalg.eigh(alike)
    kept = strength > WEAKEST * max(strength.max(initial=0.0), 1.0)
    basis = directions[:, kept] / np.sqrt(strength[kept])
    return Landmarks(own_place, own_label, likeness(place, label, own_place, own_label, n_classes) @ basis, basis)
