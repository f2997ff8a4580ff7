"""What a run, a learning curve and a sweep keep as JSON. Shares are in [0, 1], losses in nats."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypeAlias, TypedDict

from annotation.core.stored import IntervalJson

# What a recipe says, as set or as resolved: each learner has keys of its own.
Settings: TypeAlias = Mapping[str, Any]


class Resolved(TypedDict):
    """Settings as a fit used them, enough to run it again: those every fit has, and those that pages name."""

    learner: str
    seed: int
    folds: int
    rows: int
    classes: list[str]
    fields: list[list[str]]
    max_features: NotRequired[int | None]
    ngrams: NotRequired[list[int]]
    characters: NotRequired[list[int] | None]
    augment: NotRequired[list[str]]
    copies: NotRequired[int]
    synonyms: NotRequired[list[str]]
    C: NotRequired[float]
    l1_ratio: NotRequired[float]
    rule: NotRequired[str]


class CopySettings(TypedDict, total=False):
    """What a recipe says of changed copies; synonyms: pairs as written, where copies are made by them."""

    augment: list[str]
    copies: int
    synonyms: list[str]


class Scores(TypedDict):
    """As `evaluation.metrics` says them."""

    n: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    macro_f1: float
    balanced_accuracy: float
    log_loss: float


class Size(TypedDict):
    """As `complexity.size_of` counts; None where it is unknown."""

    features: int | None
    parameters: int | None


class MeanSize(TypedDict):
    """A Size as a mean over runs."""

    features: float | None
    parameters: float | None


class SourceScores(TypedDict):
    """One source judged by a model of the others (accuracy) and by one of as many rows of all sources (folds), and
    accuracy − folds. rows_each: rows either learned from; missing where `folds` is of larger models, as it was."""

    source: str
    n: int
    rows_each: NotRequired[int]
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    folds: float
    folds_low: float
    folds_high: float
    difference: float
    difference_low: float
    difference_high: float


class PathEntry(TypedDict):
    """One penalty that cross-validation tried; error: standard error of the loss over folds; active: features in use,
    mean over folds."""

    C: float
    l1_ratio: float
    log_loss: float
    error: float
    active: float
    n_iter: int


class SolverFacts(TypedDict):
    """How the fit of a linear model ended."""

    objective: float
    kkt_residual: float
    relative_slope: float
    active_features: int
    n_iter: int


class TrainingCurve(TypedDict):
    """How training went, a loss per epoch from 0 on, None where it was no number; best, stopped: epochs."""

    train_loss: list[float | None]
    validation_loss: list[float | None]
    best: int
    stopped: int
    train_accuracy: float
    validation_accuracy: float
    n: int
    n_validation: int


class Metrics(TypedDict):
    """What a run scores on the rows it learned from and out of fold; `coefficients` names the artifact."""

    train: Scores
    validation: Scores
    size: NotRequired[Size]
    copies: NotRequired[int]
    curve: NotRequired[TrainingCurve]
    path: NotRequired[list[PathEntry]]
    solver: NotRequired[SolverFacts]
    sources: NotRequired[list[SourceScores]]
    coefficients: NotRequired[str]


class FeatureWeight(TypedDict):
    """weight: log odds per unit of the feature; rows: in which it is not 0; alike: how many others it stands for."""

    name: str
    weight: float
    rows: int
    alike: NotRequired[int]


class AlikeNames(TypedDict):
    """A feature or a whole column of numbers (`column`), and what goes with it, the closest first, with its correlation
    in [−1, 1]."""

    name: str
    column: bool
    others: list[tuple[str, float]]


ClassWeights = TypedDict(
    "ClassWeights", {"name": str, "active": int, "for": list[FeatureWeight], "against": list[FeatureWeight]}
)


class Coefficients(TypedDict):
    """As `coefficients.coefficients` says them."""

    n: int
    features: int
    active: int
    nameless: int
    classes: int
    by_class: list[ClassWeights]
    columns: NotRequired[int]
    active_columns: NotRequired[int]
    rows: NotRequired[list[int]]
    alike: NotRequired[list[AlikeNames]]


class CurvePoint(TypedDict):
    """Accuracy out of fold, with its limits, by a model of `share` of the groups."""

    share: float
    rows: int
    accuracy: float
    low: float
    high: float
    n: int


class PowerLaw(TypedDict):
    """error = floor + scale · rows^(−power)"""

    floor: float
    scale: float
    power: float


class ExpectedGain(TypedDict):
    """What `more` labels would bring, in accuracy; fits: whether the points follow a law; rises: whether the gain can
    be distinguished from nothing."""

    more: int
    gain: float
    low: float
    high: float
    fits: bool
    rises: bool
    curve: PowerLaw


class LearningCurveJson(TypedDict):
    points: list[CurvePoint]
    expected: ExpectedGain


class RunLearningCurve(LearningCurveJson):
    """The result of a job of the kind learning_curve."""

    run: int


class SweptRecipe(TypedDict):
    """A recipe of a sweep, figures as means over seeds; settled: what each run settled on, in words. From `score` on
    only where it competes, which is where `why` is empty: behind: best − this, with its limits; close: not
    distinguishable from the best."""

    name: str
    learner: str
    settings: Settings
    words: str
    runs: list[int]
    why: str
    train_accuracy: float | None
    features: float | None
    parameters: float | None
    cpu_seconds: float | None
    predict_seconds: float | None
    best: bool
    simplest: bool
    settled: NotRequired[list[str]]
    score: NotRequired[float]
    low: NotRequired[float]
    high: NotRequired[float]
    by_seed: NotRequired[list[float]]
    behind: NotRequired[float]
    behind_low: NotRequired[float]
    behind_high: NotRequired[float]
    close: NotRequired[bool]


class RecipesFound(TypedDict):
    """What a sweep of recipes found; units: near-duplicate groups; level: of each interval of a difference."""

    metric: str
    n: int
    units: int
    seeds: int
    fits: int
    done: int
    level: float
    simplest: str
    best: str
    recipes: list[SweptRecipe]


class GrowthPoint(TypedDict):
    """One size of a growing recipe on the "old" or the "new" labels. The figures only where it has a run."""

    labels: str
    regularized: bool
    size: int
    run: int | None
    why: str
    train_accuracy: NotRequired[float]
    features: NotRequired[int | None]
    overall: NotRequired[IntervalJson]
    contested: NotRequired[IntervalJson]


# A paired difference in accuracy between two points, on all items or the contested ones; `what` was changed. labels,
# regularized: what both points have in common, None where it is this that differs; from, to: their sizes.
GrowthChange = TypedDict(
    "GrowthChange",
    {
        "what": str, "labels": str | None, "regularized": bool | None, "slice": str, "from": int, "to": int,
        "value": float, "low": float, "high": float, "n": int,
    },
)  # fmt: skip


class GrowthFound(TypedDict):
    """What a sweep of the kind capacity found."""

    grows: str
    n: int
    contested: int
    relabelled: int
    points: Sequence[GrowthPoint]
    changes: Sequence[GrowthChange]
