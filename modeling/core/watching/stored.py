"""What returns and checks of the model in use keep as JSON. Shares and p values are in [0, 1]."""

from typing import TypedDict

from annotation.core.stored import IntervalJson


class ReturnPoint(TypedDict):
    """After so many decisions, of which `changed` changed a label; gain: of accuracy over the point before."""

    decisions: int
    changed: int
    accuracy: IntervalJson
    gain: IntervalJson | None


class ProjectionJson(TypedDict):
    """A Projection: what the next `cases` decisions are expected to gain."""

    cases: int
    gain: IntervalJson
    reach: IntervalJson
    per_error: IntervalJson
    errors: IntervalJson


class ReturnsJson(TypedDict):
    """What decisions brought. scored_on: "production" or "out of fold"; left_out: rows without a label at some point;
    per_hundred: accuracy gained per 100 decisions; projection: None where nothing can be projected, why: then the
    reason; looks: which reading of the production set this was, 0 where none was read."""

    run: int
    snapshot: int | None
    scored_on: str
    rows: int
    groups: int
    left_out: int
    points: list[ReturnPoint]
    per_hundred: IntervalJson
    projection: ProjectionJson | None
    why: str
    looks: int
    planned_looks: int


class BatchJson(TypedDict):
    """Production of a week or source: items received, those of known outcome, accuracy of the model in use on them; p:
    that it is not below its reference, corrected, None where nothing is asked of it."""

    name: str
    received: int
    labelled: int
    accuracy: IntervalJson | None
    p: float | None
    below: bool


class ShiftJson(TypedDict):
    """What differs in a week (its Monday) from the first weeks, as `drift.TwoSides`; p: corrected."""

    week: str
    name: str
    kind: str
    what: str
    then: float
    now: float
    change: IntervalJson
    n: int
    n_then: int
    p: float


class ReferenceJson(TypedDict):
    """What the model in use is held to, each near-duplicate group counted once. of: "production sets" or "first weeks";
    until: the Monday of the last of these weeks."""

    of: str
    until: str
    share: IntervalJson


class LiveJson(TypedDict):
    """The model in use over time. model: in words; frozen: labelled rows of frozen production sets, in no week counted;
    undated, unpredicted: production items left out; compared_to: the Monday of the last week that drift is measured
    from, "" where there are too few items; tests: of drift; alerts: names of batches that were told of now."""

    in_use: int
    model: str
    reference: ReferenceJson | None
    since: BatchJson
    weeks: list[BatchJson]
    sources: list[BatchJson]
    shifts: list[ShiftJson]
    tests: int
    compared_to: str
    frozen: int
    undated: int
    unpredicted: int
    alerts: list[str]
