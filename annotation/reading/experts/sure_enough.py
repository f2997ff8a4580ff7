"""How sure the answers to a case make us of its class."""

from collections.abc import Mapping, Sequence

import numpy as np

from annotation.core.order.overlap import posterior
from annotation.models import Case, CurrentLabel, Decision
from annotation.reading.experts.measured_skill import SkillNow, skill_now

# Answers by which an expert has to be measured before theirs can end the asking.
LEAST_JUDGED = 20
# The chance that a label is wrong where the order has no probability for its case.
UNKNOWN = 0.5


def chances_after(case: Case, answers: Sequence[Decision]) -> Mapping[int | None, float] | None:
    """By class id P(class | what the item carries, the answers); None where that can't be said: the case is a group,
    an answer names no class, or one of the experts was judged by too few answers."""
    if case.group_digest or any(one.label_class_id is None for one in answers):
        return None
    items = list(case.case_items.values_list("item_id", "item__source"))
    now = skill_now(case.dataset) if len(items) == 1 else None
    if now is None or not all(_is_judged(now, one) for one in answers):
        return None
    (item, source), *_ = items
    found = posterior(
        _prior(case, item, now), [now.place[one.expert_id] for one in answers],
        [now.classes[_class_now(one)] for one in answers],
        now.skill, now.sources.get(source, -1),
    )  # fmt: skip
    return {pk: float(found[column]) for pk, column in now.classes.items()}


def _class_now(answer: Decision) -> int:
    """The class in use that stands for the one it gave; 0 where there is none."""
    said = answer.label_class
    return (said.became_id or (0 if said.retired_at else said.pk)) if said else 0


def _is_judged(now: SkillNow, answer: Decision) -> bool:
    place = now.place.get(answer.expert_id)
    return place is not None and _class_now(answer) in now.classes and now.skill.overall.n[place] >= LEAST_JUDGED


def _prior(case: Case, item: int, now: SkillNow) -> np.ndarray:
    """The class the item carries as likely as its label is right, the others as frequent as they are."""
    shares = np.maximum(now.skill.class_shares, 1e-6)
    current = CurrentLabel.objects.in_force().filter(item=item).values_list("label_class_id", flat=True).first()
    place = now.classes.get(current) if current else None
    if place is None:
        return shares / shares.sum()
    wrong = case.probability if case.probability is not None else UNKNOWN
    others = np.where(np.arange(len(shares)) == place, 0.0, shares)
    prior = wrong * others / max(others.sum(), 1e-9)
    prior[place] = 1 - wrong
    return prior
