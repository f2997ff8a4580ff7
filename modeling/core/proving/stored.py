"""What comparisons and prices keep as JSON. Shares and p values are in [0, 1], money in the unit of the costs."""

from typing import NotRequired, TypedDict

from annotation.core.stored import IntervalJson
from modeling.core.fitting.stored import Scores


class ScoreJson(TypedDict):
    """As `scoring.Score`."""

    name: str
    value: float
    low: float
    high: float
    n: int


class SideScores(TypedDict):
    """One side of a comparison; the limits go by near-duplicate group. accuracy_ci: the same two limits as a pair."""

    accuracy: float
    macro_f1: float
    accuracy_low: float
    accuracy_high: float
    accuracy_ci: NotRequired[list[float]]


class Difference(TypedDict):
    """As `proof.Proof.difference`; `unit` only where costs decide."""

    metric: str
    value: float
    low: float
    high: float
    low_planned: float
    high_planned: float
    accuracy: float
    macro_f1: float
    unit: NotRequired[str]


class MethodJson(TypedDict):
    """How a difference was judged. unit: what was taken as independent; effective_units: how many equal units it
    amounts to; draws: resamples, 0 where a formula gives the limits; training_seeds: of learners that draw."""

    unit: str
    n_units: int
    effective_units: float
    interval: str
    test: str
    draws: int
    seed: int
    training_seeds: list[int]
    level: float
    level_planned: float


class FlipCounts(TypedDict):
    """Rows that changed: wrong to right, right to wrong, and from one wrong class to another."""

    mended: int
    broken: int
    changed_wrong: int


class RowsNeeded(TypedDict):
    """Production rows that would tell a difference of `difference` from none, with `power`; `more` than there are."""

    rows: int
    more: int
    difference: float
    power: float


class ProofJson(TypedDict):
    """A Proof; `reason` only where the verdict is exploratory or refused. worthwhile: the difference the lead declared
    worth having, in the metric's unit, None where nobody did. Those not required are missing from comparisons made
    before they were kept; where a comparison was refused no label was read, and every figure is null."""

    n: int
    before: SideScores
    after: SideScores
    difference: Difference
    wrong_to_right: int
    right_to_wrong: int
    mcnemar_p: float
    looks: int
    planned_looks: int
    verdict: str
    reason: NotRequired[str]
    method: NotRequired[MethodJson]
    flips: NotRequired[FlipCounts]
    worthwhile: NotRequired[float | None]
    needed: NotRequired[RowsNeeded | None]


class MoneyJson(TypedDict):
    """A Money: what a rule costs on n rows."""

    n: int
    per_thousand: IntervalJson
    total: IntervalJson
    accuracy: IntervalJson


class SideMoney(TypedDict):
    """What one side costs by its likeliest and by its cheapest class."""

    likeliest: MoneyJson
    cheapest: MoneyJson


class ComparedMoney(TypedDict):
    version: int
    unit: str
    before: SideMoney
    after: SideMoney


class SliceChange(TypedDict):
    """Accuracy before and after on the rows of one source, and the difference with its limits."""

    slice: str
    n: int
    before: float
    after: float
    difference: float
    low: float
    high: float


class ProductionLabels(TypedDict):
    """Names of those who labelled most of production, and how many rows (and which share) pool experts labelled. live:
    True where that was not frozen with the rows but read when it was asked."""

    annotators: list[str]
    shared: int
    share: float
    live: NotRequired[bool]


class UnlikenessJson(TypedDict):
    """An Unlikeness of a production set, and what the pool lacks. snapshot: its id; rows, groups: of it, groups being
    near-duplicate ones; pool: pool rows there were. sources, classes: names of which the pool has no item, no label.
    told_apart, far: nothing is known where n = 0. length: median characters of pool and set."""

    snapshot: int
    rows: int
    groups: int
    pool: int
    told_apart: IntervalJson
    far: IntervalJson
    length: list[float] | None
    sources: list[str]
    classes: list[str]


class QuarantineKept(TypedDict):
    """The same comparison with the labels in quarantine kept; runs, rows: before, after."""

    runs: list[int]
    rows: list[int]
    before: SideScores
    after: SideScores
    difference: Difference


class ScoresAsTrained(Scores):
    """*Before* as first trained, with the rows that *after* no longer has."""

    run: int
    rows_removed: int


class WithLeaked(TypedDict):
    """The same figures with the production rows that a side may have learned from; rows: how many those are."""

    rows: int
    n: int
    before: SideScores
    after: SideScores
    difference: Difference


class BesideRows(TypedDict):
    """What is shown beside a proof of the rows themselves. slices: by source; by_class, by_distance: alike."""

    cost: ComparedMoney | None
    slices: list[SliceChange]
    by_class: NotRequired[list[SliceChange]]
    by_distance: NotRequired[list[SliceChange]]
    confident: NotRequired["SurelyWrongJson"]


class OfClasses(TypedDict):
    """carried_over: sentences on sides of before the classes changed; rows_of_no_class: frozen production rows for
    whose class none stands today; left_out_unknown_class: rows of production files that were left out for a label that
    is no class, `unknown_classes`."""

    carried_over: NotRequired[list[str]]
    rows_of_no_class: NotRequired[int]
    left_out_unknown_class: NotRequired[int]
    unknown_classes: NotRequired[list[str]]


class BesideProof(BesideRows, OfClasses):
    """What is shown beside a proof. production_labels, left_out: of production and of the rows *after* learned from;
    quarantine_kept, as_trained, with_leaked: None where there is nothing other to show; after_the_fact: the same two
    sides were compared on these rows by other terms."""

    with_leaked: NotRequired[WithLeaked | None]
    after_the_fact: NotRequired[bool]
    production_labels: ProductionLabels
    left_out: dict[str, int]
    quarantine_kept: QuarantineKept | None
    as_trained: ScoresAsTrained | None


class ComparisonProof(ProofJson, BesideProof):
    """What a comparison says."""


class ComparisonResult(ComparisonProof):
    """The result of a job of the kind comparison."""

    comparison: int


# A rule of prediction with what it costs, and what it saves beside the likeliest class; class: that of the constant
# rule, else None.
PricedRule = TypedDict(
    "PricedRule",
    {"rule": str, "train": MoneyJson, "validation": MoneyJson, "saved": IntervalJson, "class": str | None},
)

# Of two classes: `class` from a probability of `value` on; never: it had best never be predicted; tried, cost: every
# threshold tried and its cost per 1,000 items.
ThresholdJson = TypedDict(
    "ThresholdJson",
    {
        "class": str, "other": str, "value": float, "low": float, "high": float, "by_theory": float, "never": bool,
        "tried": list[float], "cost": list[float],
    },
)  # fmt: skip


class CostReportJson(TypedDict):
    """What a run costs by every rule; threshold: None for more than two classes."""

    n: int
    groups: int
    rules: list[PricedRule]
    threshold: ThresholdJson | None


class PricingResult(CostReportJson):
    """The result of a job of the kind pricing."""

    run: int
    version: int
    unit: str


class AttributedGains(TypedDict):
    """As `attribution.Attributed`: differences in accuracy; n counts groups of near-copies."""

    whole: IntervalJson
    labels: IntervalJson
    settings: IntervalJson
    interaction: IntervalJson
    over: IntervalJson
    labels_first: IntervalJson
    labels_second: IntervalJson
    settings_first: IntervalJson
    settings_second: IntervalJson


class AttributionCell(TypedDict):
    """One of the four: which labels and which settings, "old" or "new", with the run of each seed."""

    labels: str
    settings: str
    runs: list[int]
    accuracy: IntervalJson


class AttributionFound(AttributedGains):
    """What an attribution says. n: production rows; units: groups of near-copies among them; leaked: others, left out
    because a near-copy of them was learned from. rows: those learned from, alike in all cells; relabelled: how many of
    them carry another label. seeds: of training, one where nothing draws. differing: settings in which old and new
    differ, as sentences; regularization: nothing but penalties are among them. settings_run: the run whose settings
    are the new ones. metric: by which the dataset decides. exploratory: why it is no more than that, or ""."""

    n: int
    units: int
    leaked: int
    rows: int
    relabelled: int
    seeds: list[int]
    level: float
    cells: list[AttributionCell]
    differing: list[str]
    regularization: bool
    settings_run: int
    metric: str
    looks: int
    planned_looks: int
    exploratory: str


class AttributionResult(AttributionFound):
    """The result of a job of the kind attribution."""

    attribution: int


class SurelyWrong(TypedDict):
    """Shares of rows predicted as another class than the label with much confidence; change: after − before, in
    [−1, 1], < 0 = fewer. n of each counts groups of near-copies; rows: the rows."""

    rows: int
    before: IntervalJson
    after: IntervalJson
    change: IntervalJson


class SurelyWrongJson(TypedDict):
    """above: the confidence from which on it counts as much, in [0, 1]. contested: of rows on which answers differed,
    None where they are too few to say anything of."""

    above: float
    all: SurelyWrong
    contested: SurelyWrong | None
