"""A suspicion about many labels at once, and what every detector has in common."""

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Protocol

import numpy as np

from annotation.core.judging.evidence import Evidence

QUOTED = 160  # characters of a text that a reason quotes


@dataclass(frozen=True)
class Suspicion:
    """A finding: one sentence about many labels, the items it covers, and how pure they are.

    key: stable from run to run. items: positions int (n,), in the order worth reviewing. value, low, high: share of
    the covered items that carry the rule's label, with its 95 % Wilson interval. together: positions of items that
    are to be judged as one case, though they are no near-duplicates.
    """

    kind: str
    key: str
    title: str
    reason: str
    rule: dict[str, str | int]
    items: np.ndarray
    n: int
    value: float
    low: float
    high: float
    together: tuple[tuple[int, ...], ...] = ()


class Detector(Protocol):
    """A frozen dataclass whose fields are its parameters; every method is pure and deterministic.

    A detector can run when `needs <= evidence.available`. It may also have `findings(evidence) -> list[Suspicion]`,
    and `effect(evidence) -> float (n,)`: how much more an error moves a model here than anywhere, 1 = as much.
    """

    needs: ClassVar[frozenset[str]]

    @property
    def flag_above(self) -> float:
        """The score above which an item is flagged."""

    def score(self, evidence: Evidence) -> np.ndarray:
        """Float (n,) in [0, 1], 1 = most suspicious; 0 where there is no current label to suspect."""

    def suggest(self, evidence: Evidence) -> np.ndarray:
        """Int (n,): the class code to look at instead of the current label, −1 = none."""

    def reasons(self, evidence: Evidence, items: np.ndarray) -> list[str]:
        """One plain sentence per position in `items`."""


def stable_key(kind: str, name: str) -> str:
    """A finding's key, never longer than the 200 characters a key may have: a long name ends in its own hash."""
    key = f"{kind}:{name}"
    return key if len(key) <= 200 else f"{key[:180]}…{sha256(key.encode()).hexdigest()[:16]}"


def short(text: str, length: int = 80) -> str:
    """A name or text on one line, as a title can bear it, cut where it is too long to be quoted."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def counted(n: int, noun: str) -> str:
    """ "1 pair", "12 pairs"."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def percent(share: float) -> str:
    """A share as people read it: "3 %", and never a certainty that it is not."""
    if 0 < share < 0.01:
        return "less than 1 %"
    if 0.99 < share < 1:
        return "more than 99 %"
    return f"{share:.0%}".replace("%", " %")
