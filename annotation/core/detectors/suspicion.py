"""What a detector says: of each label, and of many at once; and what every detector has in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from annotation.core.judging.evidence import Evidence
from annotation.core.wording import FindingKind, fitting_key, fitting_title

QUOTED = 160  # characters of a text that a reason quotes


class NotApplicable(Exception):
    """There is nothing here that the detector could look at; the text is a sentence that says why."""


@dataclass(frozen=True)
class Suspicion:
    """A finding: one sentence about many labels, the items it covers, and how pure they are.

    key: stable from run to run; it and the title are cut here to what fits, the key so that it stays apart from others.
    items: positions int (n,), in the order worth reviewing. value, low, high: share of the covered items that carry the
    rule's label, with its 95 % Wilson interval. together: positions of items that are to be judged as one case, though
    they are no near-duplicates.
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

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", fitting_key(self.key))
        object.__setattr__(self, "title", fitting_title(self.title))


# Compared by identity: arrays have no one equality.
@dataclass(frozen=True, eq=False)
class Judgement:
    """What one detector says of n items.

    score: float (n,) in [0, 1], 1 = most suspicious; 0 where there is no current label to suspect. suggested: int (n,),
    the class code to look at instead of the current label, −1 = none. reason: why the item at a flagged position is
    suspected, one plain sentence. effect: float (n,), how much more an error moves a model here than anywhere, 1 = as
    much; None = as much everywhere. clear: bool (n,), only these are flagged of those that score above `flag_above`;
    None = all. aside: bool (n,), a guideline is wanted for these and no verdict, so no case opens; None = none.
    """

    score: np.ndarray
    suggested: np.ndarray
    flag_above: float
    reason: Callable[[int], str]
    findings: Sequence[Suspicion] = ()
    effect: np.ndarray | None = None
    clear: np.ndarray | None = None
    aside: np.ndarray | None = None

    @property
    def flagged(self) -> np.ndarray:
        """Bool (n,)."""
        above = self.score > self.flag_above
        return above if self.clear is None else above & self.clear

    @property
    def reasons(self) -> list[str]:
        """A sentence for each flagged item, in the order of the items."""
        return [self.reason(position) for position in np.flatnonzero(self.flagged).tolist()]


def only_findings(n: int, findings: Sequence[Suspicion]) -> Judgement:
    """The judgement of a detector that suspects no single one of n labels."""
    return Judgement(np.zeros(n), np.full(n, -1), 0.0, lambda position: "", findings)


class Detector(Protocol):
    """A frozen dataclass whose fields are its parameters. `judge` is pure and deterministic.

    needs: names of the evidence it looks at; it runs when they are among `evidence.available`. prior: how often a label
    is wrong when only this detector is sure of it, where the order starts before any decision. kinds: its kinds of
    finding, in words.
    """

    needs: ClassVar[frozenset[str]]
    prior: ClassVar[float]
    kinds: ClassVar[dict[str, FindingKind]]

    @property
    def flag_above(self) -> float:
        """The score above which an item is flagged."""

    def judge(self, evidence: Evidence) -> Judgement:
        """What it says of the evidence. Raises NotApplicable where there is nothing to look at."""
