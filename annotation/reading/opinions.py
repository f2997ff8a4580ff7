"""Second opinions that count: of a dataset where a lead lets them be asked for, and not known to be below chance."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Coalesce

from annotation.core.opinions.skill import OpinionSkill, skill_of
from annotation.models import Dataset, Decision, Item, Opinion, OpinionSwitch, name_now


@dataclass(frozen=True)
class SecondOpinion:
    """What the language model `model` says of an item: a class, and one sentence why."""

    label: str
    reason: str
    model: str
    at: datetime


def switch_of(dataset: Dataset) -> OpinionSwitch | None:
    """The latest word of a lead."""
    return dataset.opinion_switches.select_related("lead").order_by("-id").first()


def is_on(dataset: Dataset, host: str) -> bool:
    """A lead lets texts of the dataset go to this very host."""
    switch = switch_of(dataset)
    return switch is not None and switch.on and switch.host == host


def newest_opinions(dataset: Dataset) -> dict[int, SecondOpinion]:
    """item → the latest opinion of the model that was asked last."""
    last = dataset.opinion_rounds.order_by("-id").first()
    if last is None:
        return {}
    rows = Opinion.objects.filter(round__dataset=dataset, round__model=last.model).order_by("id")
    columns = ("item_id", Coalesce(name_now(), "label_class__name"), "reason", "round__model", "round__created_at")
    return {item: SecondOpinion(*said) for item, *said in rows.values_list(*columns)}


def measured_skill(dataset: Dataset) -> OpinionSkill:
    """How often it is right by what experts decided blind, in decisions that stand and settled their case. Who decided
    had not seen it: it is shown after the answer only."""
    said = newest_opinions(dataset)
    blind = Decision.objects.settling().filter(case__dataset=dataset, blind=True, outcome=Decision.LABEL)
    rows = blind.filter(items__in=list(said)) if len(said) < 500 else blind
    decided = dict(rows.order_by("id").values_list("items", name_now()))
    both = sorted(said.keys() & decided.keys())
    return skill_of([said[item].label for item in both], [decided[item] for item in both])


def opinions_in_use(dataset: Dataset) -> dict[int, SecondOpinion]:
    """item → opinion; nothing where a lead switched it off, or while it is measured to be below chance."""
    switch = switch_of(dataset)
    if switch is None or not switch.on or measured_skill(dataset).is_below_chance:
        return {}
    return newest_opinions(dataset)


def opinion_on(dataset: Dataset, item: Item) -> SecondOpinion | None:
    """What may be shown beside an item after an answer was given."""
    if not item.opinions.exists():
        return None
    return opinions_in_use(dataset).get(item.pk)
