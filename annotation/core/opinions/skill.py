"""How often a second opinion is right, and whether it says anything at all."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from annotation.core.intervals import Interval, wilson


@dataclass(frozen=True)
class OpinionSkill:
    """Judged by experts' decisions. right: share of its answers that a decision bears out, in [0, 1]; chance: what the
    same answers dealt out at random would reach, nan without decisions; confused: (said, decided, how often), the most
    frequent first."""

    right: Interval
    chance: float
    confused: tuple[tuple[str, str, int], ...]

    @property
    def is_below_chance(self) -> bool:
        """Even the upper end of the interval is below chance."""
        return self.right.n > 0 and self.right.high < self.chance


def skill_of(said: Sequence[str], decided: Sequence[str]) -> OpinionSkill:
    """said, decided: a class each of n items, decided without knowing what was said.

    Chance is the agreement expected of two who answer as often alike but independently, as in Cohen's κ (Cohen 1960);
    the interval is Wilson's, 95 %.
    """
    n = len(said)
    pairs = Counter(zip(said, decided, strict=True))
    right = sum(times for (one, other), times in pairs.items() if one == other)
    ours, theirs = Counter(said), Counter(decided)
    chance = sum(ours[name] * theirs[name] for name in ours) / n**2 if n else float("nan")
    wrong = [(one, other, times) for (one, other), times in pairs.items() if one != other]
    return OpinionSkill(wilson(right, n), chance, tuple(sorted(wrong, key=lambda row: (-row[2], row[0], row[1]))))
