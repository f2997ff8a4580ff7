"""A comparison as it is handed to somebody who never saw the app: report.json, from which the page and the Markdown are
made. Shares and p values are in [0, 1], differences of shares too; times are ISO 8601."""

from typing import TypedDict

from modeling.core.proving.stored import ComparisonProof


class SideJson(TypedDict):
    """run, recipe, rows, snapshot, sha256: None for a prediction set from elsewhere."""

    name: str
    run: int | None
    recipe: str | None
    rows: int | None
    snapshot: int | None
    sha256: str | None


class ProductionJson(TypedDict):
    """sources: the largest first; labelled_by: up to five who labelled most; shared: rows labelled by people who also
    relabelled the pool, share: of all rows."""

    snapshot: int
    sha256: str
    frozen_at: str
    rows: int
    sources: dict[str, int]
    labelled_by: list[str]
    shared: int
    share: float


class DoneJson(TypedDict):
    """decisions that stand between the two sides, by whom and how they came about; labels_changed: training rows whose
    label differs."""

    decisions: int
    by: dict[str, int]
    ways: dict[str, int]
    labels_changed: int


class ComparedJson(TypedDict):
    """What was compared. settings_differ: in what the settings of two runs differ, None where a side is no run; done:
    None there too; worthwhile, looks as in the proof."""

    comparison: int
    dataset: str
    question: str
    made_at: str
    heading: str
    in_one_sentence: str
    sides: dict[str, SideJson]
    settings_differ: list[str] | None
    production: ProductionJson
    done: DoneJson | None
    cannot_say: list[str]


class ReportJson(ComparisonProof, ComparedJson):
    """The proof, as `compare --json` prints it, and what it is about."""
