"""What a run's description, its robustness and its card keep as JSON. Shares and probabilities are in [0, 1]."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from annotation.core.stored import IntervalJson
from modeling.core.fitting.stored import Settings
from modeling.core.proving.stored import Difference, PricedRule, ScoreJson, ThresholdJson


class BinJson(TypedDict):
    low: float
    high: float
    confidence: float
    right: IntervalJson


class ReliabilityJson(TypedDict):
    """As `reliability.Reliability`."""

    bins: list[BinJson]
    error: IntervalJson
    by_chance: float
    p: float
    gap: IntervalJson
    loss: float


class CalibrationJson(TypedDict):
    """As the run gives its probabilities, and scaled; contested_…: None where such rows are few."""

    temperature: float
    least: float
    most: float
    before: ReliabilityJson
    after: ReliabilityJson
    contested_before: ReliabilityJson | None
    contested_after: ReliabilityJson | None


class MistakenPair(TypedDict):
    """Rows labelled `label` that are predicted as `predicted`; share: of all rows labelled so."""

    label: str
    predicted: str
    count: int
    share: IntervalJson


class ConfusionJson(TypedDict):
    """table: a row for each label, a column for each prediction; None where there are many classes."""

    wrong: int
    n_pairs: int
    table: list[list[int]] | None
    pairs: list[MistakenPair]


class SliceJson(TypedDict):
    """As `slice_accuracy.SliceAccuracy`."""

    kind: str
    level: str
    pooled: int
    right: IntervalJson
    rest: IntervalJson
    p: float
    apart: bool


class ConfidentJson(TypedDict):
    """As `overconfidence.ConfidentlyWrong`; of: what `disagreement` counts; items: the first rows."""

    limit: float
    basis: str
    accuracy: float
    disagreement: IntervalJson
    of: str
    wrong: IntervalJson
    contested_wrong: IntervalJson
    calm_wrong: IntervalJson
    contested_sure: IntervalJson
    calm_sure: IntervalJson
    items: list[int]


class MemoryJson(TypedDict):
    """As `overconfidence.Memory`."""

    fitted: IntervalJson
    held_out: IntervalJson
    by_heart: IntervalJson
    corrected_share: IntervalJson


class MemorizedJson(TypedDict):
    """Labels corrected since, and what the run had made of them: the figures only where there are any and `problem` is
    empty; items: those it had learned."""

    corrected: int
    problem: str
    items: list[int]
    fitted: NotRequired[IntervalJson]
    held_out: NotRequired[IntervalJson]
    by_heart: NotRequired[IntervalJson]
    corrected_share: NotRequired[IntervalJson]


class DescriptionJson(TypedDict):
    """What a run says of itself out of fold; the result of a job of the kind description."""

    run: int
    snapshot: int
    n: int
    classes: list[str]
    contested: int
    calibration: CalibrationJson
    confusion: ConfusionJson
    slices: list[SliceJson]
    confident: ConfidentJson
    memorized: MemorizedJson


class FlippedExample(TypedDict):
    """An item whose class a probe changed: its classes, the probability of the first one, how much of it was lost, and
    the changed texts by field."""

    item: int
    before: str
    after: str
    probability: float
    drop: float
    texts: dict[str, str]


class ProbeJson(TypedDict):
    """What one probe did to n rows. value: share of them that flipped, None where n = 0; flipped: their items."""

    name: str
    n: int
    flips: int
    value: float | None
    low: float
    high: float
    worst: list[FlippedExample]
    flipped: list[int]


class MissingJson(TypedDict):
    """What a column, or all of a kind, that is left out costs on the n rows that had it. accuracy: with it; lost: that
    less accuracy without it, in [−1, 1]; flips: rows given another class."""

    name: str
    columns: list[str]
    n: int
    flips: int
    accuracy: IntervalJson
    lost: IntervalJson


class ApartJson(TypedDict):
    """Two items that say the same and are given two classes."""

    items: list[int]
    classes: list[str]
    gap: float


class ConsistencyJson(TypedDict):
    """Share of confirmed groups that are not all given one class; None where n = 0."""

    n: int
    value: float | None
    low: float
    high: float
    flips: int
    worst: list[ApartJson]


class RobustnessJson(TypedDict):
    """The result of a job of the kind robustness."""

    run: int
    seed: int
    rows: int
    folds: int
    probes: list[ProbeJson]
    consistency: ConsistencyJson
    missing: NotRequired[list[MissingJson]]


class DatasetNames(TypedDict):
    slug: str
    name: str
    question: str


class CardCosts(TypedDict):
    """A cost report as `proving.stored.CostReportJson`, with the costs it goes by."""

    unit: str
    version: int
    n: int
    groups: int
    rules: list[PricedRule]
    threshold: ThresholdJson | None


class CardComparison(TypedDict):
    """What was read on production, in figures and in words."""

    comparison: int
    side: str
    other: str
    verdict: str
    difference: str
    interval: str
    counted_in: str
    figures: Difference
    n: int
    look: int | None
    planned_looks: int
    labelled_by: list[str]
    production_sha256: str


class Card(TypedDict):
    """Every fact of a model's card. model: the file's name; fields: name and type."""

    dataset: DatasetNames
    run: int
    model: str
    recipe: str
    trained_at: str
    rows: int
    rows_by_class: dict[str, int]
    data_sha256: str
    classes: list[str]
    resolved: Settings
    fields: Sequence[Sequence[str]]
    parameter_hash: str
    solver_status: str
    converged: bool
    at_chance: bool
    metrics: Sequence[ScoreJson]
    calibration: None
    costs: CardCosts | None
    comparisons: list[CardComparison]
    left_out: dict[str, int]
    limits: list[str]
    environment: dict[str, str]
