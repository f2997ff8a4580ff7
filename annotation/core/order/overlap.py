"""When several independent answers to one case are enough: settle, ask another expert, or call an adjudicator."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import numpy as np

from annotation.core.crowd.expert_skill import ExpertSkill

SURE = 0.95

Label = TypeVar("Label")
NextKind = Literal["settle", "ask", "adjudicate"]
OnDisagreement = Literal["expert", "adjudicator"]


@dataclass(frozen=True)
class NextStep(Generic[Label]):
    """What a case needs next: `settle` with `label`, `ask` another expert, or `adjudicate`."""

    kind: NextKind
    label: Label | None = None


def posterior(
    prior: np.ndarray,
    experts: Sequence[int],
    labels: Sequence[int],
    skill: ExpertSkill,
    source: int = -1,
) -> np.ndarray:
    """P(true class | answers so far), float (K,), sums to 1.

    prior: float (K,), how likely each class is before any answer; experts, labels: codes of who said what, in order;
    source: code of the item's source, −1 = none. Bayes' rule with each expert's chance of a right answer on the class
    and source (Dawid & Skene 1979).
    """
    logs = np.log(np.maximum(prior, 1e-12))
    for expert, label in zip(experts, labels, strict=True):
        logs = logs + np.log(skill.likelihood(expert, label, source))
    found = np.exp(logs - logs.max())
    return found / found.sum()


def next_step(
    labels: Sequence[Label], wanted: int, most: int, posterior: Mapping[Label, float] | None = None,
    sure: float = SURE, on_disagreement: OnDisagreement = "expert", early: bool = False,
) -> NextStep[Label]:  # fmt: skip
    """What follows `labels`, one independent answer each: class codes, or names of outcomes such as `ambiguous`.

    wanted: answers that have to agree, ≥ 1; most: answers a case gets at most, an adjudicator's aside, at least
    `wanted`; posterior: P(true class | answers) by label, None where nobody knows the experts; sure: in (½, 1]. Only a
    label that somebody gave is ever settled. The first rule that applies:

    1. No answer: ask.
    2. `early`, and the posterior of a given label is `sure` or more: settle with it, be it after one answer.
    3. All agree: settle where there are `wanted`, else ask.
    4. They differ, and `on_disagreement` is "adjudicator": adjudicate.
    5. A label has `wanted` answers and more than half of all, and the posterior is not sure of another: settle with it.
    6. More than `wanted` answers, and the posterior of a given label is `sure` or more, and no other label has more
       answers: settle with it.
    7. Fewer than `most` answers: ask. Else adjudicate.
    """
    counts = Counter(labels)
    if not counts:
        return NextStep("ask")
    certain = _certain(counts, posterior, sure)
    if early and certain is not None:
        return NextStep("settle", certain)
    leader, votes = counts.most_common(1)[0]
    if len(counts) == 1:
        return NextStep("settle", leader) if votes >= wanted else NextStep("ask")
    if on_disagreement == "adjudicator":
        return NextStep("adjudicate")
    if votes >= wanted and 2 * votes > len(labels) and not _sure_of_another(leader, posterior, sure):
        return NextStep("settle", leader)
    if len(labels) > wanted and certain is not None and counts[certain] == votes:
        return NextStep("settle", certain)
    return NextStep("ask") if len(labels) < max(most, wanted) else NextStep("adjudicate")


def _certain(counts: Counter[Label], posterior: Mapping[Label, float] | None, sure: float) -> Label | None:
    """The given label the posterior is sure of, None if there is none."""
    if posterior is None:
        return None
    return next((label for label in counts if posterior.get(label, 0.0) >= sure), None)


def _sure_of_another(label: Label, posterior: Mapping[Label, float] | None, sure: float) -> bool:
    return any(other != label and chance >= sure for other, chance in (posterior or {}).items())
