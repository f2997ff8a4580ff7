"""What is stored of a diagnosis as JSON."""

from typing import NotRequired, TypedDict

from annotation.core.stored import IntervalJson


class CauseJson(TypedDict):
    """gain: of accuracy on production, a share of its rows, if this alone were mended; sampled: with the limits of
    sampling rows alone, missing from older ones, whose `gain` has those."""

    name: str
    gain: IntervalJson
    sampled: NotRequired[IntervalJson]


class LabelsJson(TypedDict):
    """share: of labels wrong at random, in [0, 1]; pairs: (truth, taken for), names of classes. doubted: items, by what
    models of the pool alone expect, the most doubtful first; n: how many in all. contradicted: items nearest to what
    production contradicts; missing from older ones, which have them among the doubted. audit: share of labels wrong by
    the newest audit, None where there is none."""

    share: float
    pairs: list[tuple[str, str]]
    doubted: list[int]
    contradicted: NotRequired[list[int]]
    n: int
    audit: IntervalJson | None


class FitJson(TypedDict):
    """C in use and C chosen out of fold; tried: [C, accuracy out of fold]."""

    C: float
    chosen: float
    tried: list[tuple[float, float]]


class LackingJson(TypedDict):
    """A source of production that the pool lacks: production rows, pool rows, accuracy on the former."""

    source: str
    n: int
    pool: int
    accuracy: float


class CoverageJson(TypedDict):
    """auc: of telling production from the pool; error: its standard error; far: share of production rows;
    near_accuracy, far_accuracy: None where there are no such rows; next: unlabelled items, those most like production
    first."""

    auc: float
    error: float
    evident: bool
    far: float
    near_accuracy: float | None
    far_accuracy: float | None
    lacking: list[LackingJson]
    next: list[int]


class ConfusedJson(TypedDict):
    """Two classes taken for one another about equally often, in n production rows."""

    one: str
    other: str
    n: int


class DiagnosisJson(TypedDict):
    """named: names of causes worth the next hour, the foremost first; empty = cannot tell yet. parts: [share of the
    pool learned from, accuracy on production]. leaked: production rows left out, near-copies of rows learned from."""

    run: int
    snapshot: int
    seed: int
    n: int
    groups: int
    learned_from: int
    leaked: int
    accuracy: IntervalJson
    causes: list[CauseJson]
    named: list[str]
    labels: LabelsJson
    fit: FitJson
    parts: list[tuple[float, float]]
    coverage: CoverageJson
    confused: list[ConfusedJson]


class DiagnosisResult(DiagnosisJson):
    """The result of a job of the kind diagnosis."""

    diagnosis: int
    look: int
    planned_looks: int
