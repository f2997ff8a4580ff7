"""Before and after on one frozen production snapshot, as a job."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from annotation import bulk
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.actions.snapshot import matched
from annotation.core.progress import Report
from annotation.models import Dataset, Job, PredictionSet, Snapshot, User
from modeling.actions.proving.beside import beside_proof, of_classes, of_seeds, refused_facts, with_leaked
from modeling.actions.proving.compared import Compared, proved
from modeling.actions.proving.leaked_rows import leaked, unprovable
from modeling.actions.proving.predict_production import Predicted, ProductionRows, keep, predict_side, read_rows
from modeling.actions.proving.terms import Terms, asked_by_other_terms
from modeling.actions.training.train import TrainedRun, train_like
from modeling.core.proving.evaluation import metrics
from modeling.core.proving.proof import Proof, at_look, refused_json
from modeling.core.proving.stored import (
    BesideProof,
    ComparisonProof,
    ComparisonResult,
    QuarantineKept,
    ScoresAsTrained,
)
from modeling.models import Comparison, Look
from modeling.reading.comparing.production_labels import who_labelled
from modeling.reading.comparison_sides import Side, find_side
from modeling.reading.looks import looks_at, steered_by


class ComparisonParams(TypedDict):
    """before, after: a run's id or a prediction set's name."""

    before: str
    after: str
    snapshot: int


def request_comparison(
    dataset: Dataset, before: str, after: str, snapshot: Snapshot, *, user: User | None = None, background: bool = True
) -> Job:
    """The job that compares. The same two sides on the same snapshot by the same terms are the same job and no look."""
    if snapshot.purpose != Snapshot.PRODUCTION:
        raise UnableToWork(f"Snapshot {snapshot.pk} is a training snapshot; a comparison needs a production snapshot.")
    _refuse_no_classes(dataset, [find_side(dataset, named) for named in (before, after)])
    params: ComparisonParams = {"before": before, "after": after, "snapshot": snapshot.pk}
    question = Terms.of(dataset).question
    return enqueue("comparison", dataset, params, inputs=question, user=user, background=background)


@dataclass(frozen=True, eq=False)
class Found:
    """All that a comparison says but for which look it is. proof: None where it is refused. trained: runs made for it;
    sets: what each side says, before and after first, to be kept; facts: what stands beside the proof."""

    terms: Terms
    proof: Proof | None
    refusal: str | None
    n: int
    facts: BesideProof
    before: Side
    after: Side
    as_trained: Side | None
    trained: Sequence[TrainedRun]
    kept: Sequence[TrainedRun]
    sets: Sequence[Predicted]


def run(job: Job, report: Report) -> Write:
    """Everything is worked out here; the look is counted where it is written."""
    asked: ComparisonParams = job.params
    production = Snapshot.objects.select_related("dataset").get(pk=asked["snapshot"])
    first, after = (find_side(job.own_dataset, named) for named in (asked["before"], asked["after"]))
    _refuse_no_classes(production.dataset, [first, after])
    terms = Terms.of(production.dataset)
    again = _match(first, after, job, report)
    before = Side(again.run, None) if again else first
    report("predicting production", 0.4)
    rows = read_rows(production)
    was, now = predict_side(before, rows), predict_side(after, rows)
    if there := _compared_before(was.predictions, now.predictions, production, terms):
        return lambda: _result(there)
    lost = leaked(rows, [before, after])
    made, as_first = [again] if again else [], first if again else None
    if refusal := _refusal(before, after, rows, lost):
        facts = refused_facts(production, _left_out(after), of_classes(rows, [first, after]))
        refused = Found(terms, None, refusal, len(lost), facts, before, after, as_first, made, [], [was, now])
        return lambda: _write(production, refused)
    kept = _keep_quarantined(first, after, job, report)
    compared = Compared(rows, was, now, of_seeds(was, now, rows, lambda stage, share: report(stage, 0.7 + share / 10)))
    beside = [predict_side(first, rows)] if again else []
    both = [predict_side(Side(one.run, None), rows) for one in kept]
    report("working out the intervals", 0.85)
    there_too = compared.where(~lost)
    facts = {
        **beside_proof(there_too, terms), "with_leaked": with_leaked(compared, lost, terms),
        "after_the_fact": False, **of_classes(rows, [first, after]),
        "production_labels": who_labelled(production), "left_out": _left_out(after),
        "quarantine_kept": _both_ways(kept, [one.where(~lost) for one in both], terms, there_too.rows),
        "as_trained": _as_trained([one.where(~lost) for one in beside], before, there_too.rows),
    }  # fmt: skip
    proof, sets = proved(there_too, terms), [was, now, *beside, *both]
    found = Found(terms, proof, None, proof.n, facts, before, after, as_first, made, kept, sets)
    return lambda: _write(production, found)


def _refusal(before: Side, after: Side, rows: ProductionRows, lost: np.ndarray) -> str | None:
    """Why nothing is read, decided without a label: a fit not to be believed, or rows that would prove nothing."""
    return before.refusal() or after.refusal() or unprovable(rows, lost)


def _refuse_no_classes(dataset: Dataset, sides: Sequence[Side]) -> None:
    classes = dataset.classes
    for side in sides:
        if why := side.of_no_class(classes):
            raise UnableToWork(why)


def _write(production: Snapshot, found: Found) -> ComparisonResult:
    """Insert what was found, as the look that it is by now; nothing where the same was compared meanwhile. Raises
    UnableToWork where the terms are no longer those it was worked out by."""
    bulk.lock_dataset(production.dataset)
    if Terms.of(Dataset.objects.get(pk=production.dataset_id)) != found.terms:
        raise UnableToWork(
            "By what comparisons are decided was changed while this one was under way. Ask for it again; it counted no "
            "look."
        )
    for one in (*found.trained, *found.kept):
        one.insert()
    before, after, *_ = [keep(one, production) for one in found.sets]
    if there := _compared_before(before, after, production, found.terms):
        return _result(there)
    if both := found.facts["quarantine_kept"]:
        both["runs"] = [one.run.pk for one in found.kept]
    look = None if found.proof is None else looks_at(production) + 1
    said = _said(production, found, look)
    comparison = Comparison.objects.create(
        snapshot=production, before=before, after=after, before_run=found.before.run, after_run=found.after.run,
        as_trained=found.as_trained.run if found.as_trained else None, costs=found.terms.costs, look=look,
        question=found.terms.question, verdict=said["verdict"], proof=said,
    )  # fmt: skip
    if look is not None:
        Look.objects.create(snapshot=production, kind=Look.COMPARISON, comparison=comparison)
    return _result(comparison)


def _said(production: Snapshot, found: Found, look: int | None) -> ComparisonProof:
    terms = found.terms
    if found.proof is None or look is None:
        return {**refused_json(found.n, terms.metric, terms.planned_looks, found.refusal or ""), **found.facts}
    after_the_fact = asked_by_other_terms(terms, found.before, found.after, production)
    steered = steered_by(production).exists()
    proof = at_look(found.proof, look, steered=steered, after_the_fact=after_the_fact)
    return {**proof.as_json(), **found.facts, "after_the_fact": after_the_fact}


def _compared_before(
    before: PredictionSet, after: PredictionSet, production: Snapshot, terms: Terms
) -> Comparison | None:
    if before.pk is None or after.pk is None:
        return None
    return production.comparisons.filter(before=before, after=after, question=terms.question).first()


def _result(comparison: Comparison) -> ComparisonResult:
    return {"comparison": comparison.pk, **comparison.proof}


def _match(before: Side, after: Side, job: Job, report: Report) -> TrainedRun | None:
    """Train *before* again where it had rows that *after* lacks, so that both lack the same; None where it need not."""
    if not before.run or not after.run:
        return None
    extra = before.run.snapshot.rows.exclude(item__in=after.run.snapshot.rows.values("item"))
    if not extra.exists():
        return None
    rows = matched(after.run.snapshot, before.run.snapshot)
    report_stage = lambda stage, share: report(f"before, on today's rows: {stage}", 0.4 * share)  # noqa: E731
    return train_like(rows, before.run, report_stage, job)


def _keep_quarantined(before: Side, after: Side, job: Job, report: Report) -> list[TrainedRun]:
    """Train both sides, before and after, again with the labels in quarantine kept; nothing where there are none."""
    if not before.run or not after.run or not after.run.snapshot.with_quarantined:
        return []
    rows = after.run.snapshot.with_quarantined
    report_stage = lambda stage, share: report(f"with the quarantined labels kept: {stage}", 0.4 + 0.4 * share)  # noqa: E731
    of_after = train_like(rows, after.run, report_stage, job)
    return [train_like(matched(rows, before.run.snapshot), before.run, report_stage, job), of_after]


def _both_ways(
    kept: Sequence[TrainedRun], sides: Sequence[Predicted], terms: Terms, rows: ProductionRows
) -> QuarantineKept | None:
    """The same comparison with the labels in quarantine kept on both sides: shown beside, never instead."""
    if not kept:
        return None
    proof = proved(Compared(rows, sides[0], sides[1]), terms)
    return {
        "runs": [], "rows": [one.run.snapshot.n_rows for one in kept], "before": proof.before, "after": proof.after,
        "difference": proof.difference,
    }  # fmt: skip


def _left_out(after: Side) -> dict[str, int]:
    """Why pool items are not among the rows *after* was trained on, counted."""
    return after.run.snapshot.left_out if after.run else {}


def _as_trained(first: Sequence[Predicted], before: Side, rows: ProductionRows) -> ScoresAsTrained | None:
    """*Before* as it was first trained, with the rows that *after* no longer has: shown beside, never instead."""
    if not first:
        return None
    run = first[0].side.own_run
    removed = run.snapshot.n_rows - before.own_run.snapshot.n_rows
    return {**metrics(rows.truth, first[0].probabilities), "run": run.pk, "rows_removed": removed}
