"""How each expert does: what they decided, what they are measured by, and what stands in their way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from annotation.core.crowd.agreement import disagreement_rate, krippendorff_alpha
from annotation.core.intervals import Interval, wilson
from annotation.models import Case, Dataset, Decision, Expertise, Membership, User, class_now
from annotation.reading.cases import AnswerLine, answer_lines
from annotation.reading.experts.checks import gold_answers, self_agreement
from annotation.reading.experts.measured_skill import SkillNow, skill_now
from annotation.reading.experts.readiness import decided_today, readiness

LAST = 50


@dataclass(frozen=True)
class ExpertLine:
    """A member as an expert. decisions: answers, to checks too: without these an expert's own page would tell which
    they were. skill: share of answers that are right, as last measured, None before; gold: of items of known label;
    again: own cases that got the same answer; agreement: cases on which a colleague's blind answer is the same. bar:
    why they are handed nothing, "" = they are handed cases."""

    membership: Membership
    fields: Sequence[Expertise]
    decisions: int
    today: int
    skill: Interval | None
    gold: Interval
    again: Interval
    agreement: Interval
    bar: str
    paused: bool


@dataclass(frozen=True)
class SkillPart:
    name: str
    skill: Interval


@dataclass(frozen=True)
class ExpertRecord:
    line: ExpertLine
    by_class: Sequence[SkillPart]
    by_source: Sequence[SkillPart]
    last: Sequence[AnswerLine]


@dataclass(frozen=True)
class Team:
    """differing: share of the cases with two or more blind answers whose answers differ; alpha: Krippendorff's."""

    lines: Sequence[ExpertLine]
    differing: Interval
    alpha: Interval


def team(dataset: Dataset, now: datetime) -> Team:
    members = Membership.objects.filter(dataset=dataset).select_related("user", "dataset")
    members = members.order_by("user__username")
    shared, measured = blind_answers(dataset), skill_now(dataset)
    lines = [_line(one, shared, measured, now) for one in members]
    return Team(lines, disagreement_rate(shared), krippendorff_alpha(shared))


def record_of(membership: Membership, now: datetime) -> ExpertRecord:
    dataset = membership.dataset
    measured = skill_now(dataset)
    line = _line(membership, blind_answers(dataset), measured, now)
    place = measured.place.get(membership.user_id) if measured else None
    by_class, by_source = ((), ()) if measured is None or place is None else _parts(dataset, measured, place)
    last = Decision.objects.settling().filter(case__dataset=dataset, expert=membership.user)
    return ExpertRecord(line, by_class, by_source, answer_lines(dataset, last, LAST))


def _line(membership: Membership, shared: pd.DataFrame, measured: SkillNow | None, now: datetime) -> ExpertLine:
    dataset, user = membership.dataset, membership.user
    mine = Decision.objects.standing().filter(case__dataset=dataset, expert=user)
    place = measured.place.get(user.pk) if measured else None
    skill = measured.skill.overall.interval(place) if measured and place is not None else None
    ready = readiness(dataset, user)
    return ExpertLine(
        membership, list(Expertise.objects.filter(dataset=dataset, user=user).order_by("kind", "value")),
        mine.count(), decided_today(dataset, user, now), skill if skill and skill.n else None,
        wilson(*gold_answers(dataset, user)), self_agreement(dataset, user), agreement_of(shared, user),
        ready.bar, ready.pause is not None,
    )  # fmt: skip


def blind_answers(dataset: Dataset) -> pd.DataFrame:
    """item (a case's id), annotator (a user's id), label: blind standing answers to real cases of one item."""
    standing = Decision.objects.standing().filter(case__dataset=dataset, blind=True, cause="", case__group_digest="")
    rows = standing.exclude(case__kind__in=Case.CHECKS).order_by("id")
    columns = ("case_id", "expert_id", "outcome", class_now())
    frame = pd.DataFrame(list(rows.values_list(*columns)), columns=["item", "annotator", "outcome", "class"])
    frame = frame[(frame["outcome"] != Decision.LABEL) | frame["class"].notna()]
    label = frame["outcome"].astype(str) + ":" + frame["class"].astype(str)
    return pd.DataFrame({"item": frame["item"], "annotator": frame["annotator"], "label": label})


def agreement_of(shared: pd.DataFrame, user: User) -> Interval:
    """Share of the cases `user` and a colleague both answered in which their answers are the same, with Wilson's 95 %
    interval; a case with several colleagues counts once, as the share of them that agree."""
    mine = shared[shared["annotator"] == user.pk].drop_duplicates("item", keep="last").set_index("item")["label"]
    others = shared[(shared["annotator"] != user.pk) & shared["item"].isin(mine.index)]
    same = (others["label"].to_numpy() == others["item"].map(mine).to_numpy()).astype(float)
    by_case = pd.Series(same).groupby(others["item"].to_numpy()).mean()
    return wilson(float(by_case.sum()), len(by_case))


def _parts(dataset: Dataset, measured: SkillNow, place: int) -> tuple[list[SkillPart], list[SkillPart]]:
    names = dict(dataset.label_classes.values_list("id", "name"))
    by_class = {names[pk]: measured.skill.by_class.interval(place, column) for pk, column in measured.classes.items()}
    by_source = {name: measured.skill.by_source.interval(place, column) for name, column in measured.sources.items()}
    return _judged(by_class), _judged(by_source)


def _judged(parts: Mapping[str, Interval]) -> list[SkillPart]:
    """Those with an answer to judge by, those judged most often first."""
    found = [SkillPart(name, skill) for name, skill in parts.items() if skill.n and not np.isnan(skill.value)]
    return sorted(found, key=lambda part: -part.skill.n)
