"""How often each expert is right: read from blind first answers, and as last measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotation import bulk, frames
from annotation.core.crowd.expert_skill import ExpertAnswers, ExpertSkill, from_json, measure
from annotation.core.crowd.stored import SkillEstimateJson
from annotation.models import (
    Case,
    CurrentLabel,
    Dataset,
    Decision,
    Expertise,
    Gold,
    Membership,
    QuestionOfTest,
    SkillEstimate,
    basis_now,
    class_now,
)

# Log odds by which a declared field raises what is expected of an expert there, before any answer.
DECLARED = 0.7
# The newest answers that are read: they say what there is to know, and all would take minutes.
READ = 20_000
# Share of new answers, of those last measured, from which measuring again pays.
GROWN = 0.05


@dataclass(frozen=True, eq=False)
class SkillNow:
    """The newest estimate. place: user id → row; classes: class id → column; sources: name → column."""

    skill: ExpertSkill
    place: Mapping[int, int]
    classes: Mapping[int, int]
    sources: Mapping[str, int]
    n_answers: int


def skill_now(dataset: Dataset) -> SkillNow | None:
    """None before the first estimate, and after the classes changed until the next one."""
    row = dataset.skill_estimates.order_by("-id").first()
    if row is None:
        return None
    classes = list(dataset.label_classes.in_use().values_list("id", flat=True))
    if row.skill["classes"] != classes or not classes:
        return None
    sources = {name: column for column, name in enumerate(row.skill["sources"])}
    return SkillNow(
        from_json(row.skill["measured"]), {user: place for place, user in enumerate(row.experts)},
        {pk: column for column, pk in enumerate(classes)}, sources, row.n_answers,
    )  # fmt: skip


def measure_when_grown(dataset: Dataset) -> SkillEstimate | None:
    """`measure_experts`, where there is enough to measure that the newest estimate does not know."""
    newest = dataset.skill_estimates.order_by("-id").first()
    in_use = list(dataset.label_classes.in_use().values_list("id", flat=True))
    if newest and newest.skill["classes"] == in_use:
        given = Decision.objects.standing().filter(case__dataset=dataset, created_at__gt=newest.created_at)
        given = given.exclude(case__kind=Case.PRODUCTION)
        if given.count() < GROWN * min(newest.n_answers, READ):
            return None
    return measure_experts(dataset)


def measure_experts(dataset: Dataset) -> SkillEstimate | None:
    """A new estimate, not saved; None where there are no classes, or no member could be told from another: one
    alone, without a check."""
    members = Membership.objects.filter(dataset=dataset).order_by("user_id").values_list("user_id", flat=True)
    said = _answers(dataset)
    experts = sorted(set(members) | set(said["expert"].tolist()))
    declared = list(Expertise.objects.filter(dataset=dataset))
    if not declared and (said["expert"].nunique() < 2 and said["known"].isna().all()):
        return None
    classes = list(dataset.label_classes.in_use().values_list("id", flat=True))
    if not classes:
        return None
    sources = sorted(set(said["source"]) | {one.value for one in declared if one.kind == Expertise.SOURCE} - {""})
    answers = _coded(said, experts, classes, sources)
    by_class, by_source = _declared(dataset, declared, experts, classes, sources)
    measured = measure(answers, by_class, by_source)
    kept: SkillEstimateJson = {"classes": classes, "sources": sources, "measured": measured.as_json()}
    return SkillEstimate(dataset=dataset, n_answers=len(said), experts=experts, skill=kept)


def _answers(dataset: Dataset) -> pd.DataFrame:
    """expert, item, label, source, known: each expert's first blind answer to an item, to a group as its first item;
    known: the class that is right by somebody else's word, nan = nobody said. Not of production: by skill answers to
    the pool are ended early, and nothing there may follow from the truth of a production set."""
    given = Decision.objects.standing().filter(case__dataset=dataset, blind=True, outcome=Decision.LABEL, cause="")
    rows = given.exclude(case__kind__in=(Case.REPEAT, Case.PRODUCTION)).order_by("-id", "-items")[:READ]
    columns = ["expert", "item", "label", "source", "at", "id"]
    fields = ("expert_id", "items", class_now(), "items__source", "created_at", "id")
    frame = pd.DataFrame(list(rows.values_list(*fields)), columns=columns)[::-1].drop_duplicates("id")
    frame = frame.dropna(subset="label").drop_duplicates(["expert", "item"])
    resumed = dict(dataset.pauses.filter(paused=False).order_by("id").values_list("user_id", "created_at"))
    since = pd.to_datetime(frame["expert"].map(resumed), utc=True)
    # whoever a lead let go on begins anew
    frame = frame[~(pd.to_datetime(frame["at"], utc=True) < since)].reset_index(drop=True)
    return frame[columns[:-2]].assign(known=_known(frame))


def _known(said: pd.DataFrame) -> pd.Series:
    """By answer the class of gold, of a test, or of an adjudication by another; nan where there is none."""
    truth: dict[int, int | None] = {}
    by: dict[int, int] = {}
    for batch in bulk.in_batches(sorted(set(said["item"]))):
        settled = CurrentLabel.objects.in_force().annotate(rests=basis_now())
        settled = settled.filter(item__in=batch, rests="adjudication")
        for item, label, expert in settled.values_list("item_id", "label_class_id", "decision__expert_id"):
            truth[item], by[item] = label, expert
        truth.update(QuestionOfTest.objects.filter(item__in=batch).values_list("item_id", class_now()))
        truth.update(Gold.objects.known().filter(item__in=batch).values_list("item_id", class_now()))
    known = said["item"].map(truth).astype(float)
    return known.where(said["item"].map(by) != said["expert"])


def _coded(said: pd.DataFrame, experts: Sequence[int], classes: Sequence[int], sources: Sequence[str]) -> ExpertAnswers:
    return ExpertAnswers(
        frames.codes(said["expert"], experts), pd.factorize(said["item"])[0].astype(np.int64),
        frames.codes(said["label"], classes), frames.codes(said["source"], sources),
        frames.codes(said["known"], classes), len(experts), len(classes), len(sources),
    )  # fmt: skip


def _declared(
    dataset: Dataset, fields: Sequence[Expertise], experts: Sequence[int], classes: Sequence[int],
    sources: Sequence[str],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    known = {name: now or pk for name, pk, now in dataset.label_classes.values_list("name", "id", "became")}
    names = {name: pk for name, pk in known.items() if pk in classes}
    by_class, by_source = np.zeros((len(experts), len(classes))), np.zeros((len(experts), len(sources)))
    for field in fields:
        row = experts.index(field.user_id) if field.user_id in experts else -1
        if row >= 0 and field.kind == Expertise.CLASS and field.value in names:
            by_class[row, classes.index(names[field.value])] = DECLARED
        elif row >= 0 and field.kind == Expertise.SOURCE:
            by_source[row, sources.index(field.value)] = DECLARED
    return by_class, by_source
