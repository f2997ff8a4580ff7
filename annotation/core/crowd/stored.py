"""What an estimate of the consensus keeps as JSON."""

from typing import Any, TypedDict

from annotation.core.stored import IntervalJson


class MethodScores(TypedDict, total=False):
    """How often a method's label was that of an annotator held out, with its limits; the expected difference to
    majority in right labels, its n the items on which they differ; or `why_not`: why it was not tried. Empty where
    nothing was held out."""

    labels: int
    value: float
    low: float
    high: float
    n: int
    difference: IntervalJson
    why_not: str


class CostlyPair(IntervalJson):
    """Items that are `true` and that an annotator says are `said`: how many labels that cost, and the rate of it."""

    said: str
    true: str
    wrong: float


class AnnotatorEntry(TypedDict):
    """An annotator's skill, None where nobody knows; the confusion that costs most; median seconds of an answer."""

    annotator: int
    name: str
    labels: int
    skill: IntervalJson | None
    pair: CostlyPair | None
    seconds: float | None


class ConsensusResult(TypedDict):
    """The result of a job of the kind consensus; changes: current labels that the estimate would change, or did;
    superseded: labels in whose place the same annotator's later one for the item counts."""

    consensus: int
    method: str
    items: int
    labels: int
    annotators: int
    contested: int
    changes: int
    applied: bool
    superseded: int
    methods: dict[str, MethodScores]


class MeasuredJson(TypedDict):
    """Shares of right answers with their limits and the answers judged that each rests on, lists of one shape."""

    value: list[Any]
    low: list[Any]
    high: list[Any]
    n: list[Any]


class ExpertSkillJson(TypedDict):
    """An ExpertSkill: experts, classes and sources by their codes."""

    overall: MeasuredJson
    by_class: MeasuredJson
    by_source: MeasuredJson
    chance: list[list[list[float]]]
    mistakes: list[list[float]]
    class_shares: list[float]


class SkillEstimateJson(TypedDict):
    """As measured, with what its axes are: class ids and names of sources."""

    classes: list[int]
    sources: list[str]
    measured: ExpertSkillJson
