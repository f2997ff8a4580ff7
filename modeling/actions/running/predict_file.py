"""A run's predictions for any file: read part by part, written whole or not at all."""

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from django.conf import settings

from annotation import frames
from annotation.actions.files.rejected_rows import Rejects, RejectsJson, UnableToTake
from annotation.actions.files.uploads import Upload, remember
from annotation.actions.files.write_table import write_rows
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.core.artifacts import load_bytes
from annotation.core.files.checking import listed
from annotation.core.files.parsing_inputs import check_input_columns, parse_inputs
from annotation.core.files.tables import Broken, Source, no_rows, open_source
from annotation.core.progress import Report
from annotation.models import Dataset, Job, User
from modeling.core.fitting.model_artifacts import load_model
from modeling.core.fitting.training import predict_now
from modeling.core.proving.prediction_rules import PredictionRule
from modeling.models import ModelRun
from modeling.reading.costs import costs_of, matrix_of

DIGITS = 6


@dataclass(frozen=True)
class PredictionRequest:
    """What to predict: the file, its id column (None = rows go by their number), and how a class is chosen.

    `costs`: the class of least expected cost; `threshold`: CLASS=P, that class from that probability on.
    """

    path: Path
    id: str | None = None
    file_name: str = ""
    encoding: str | None = None
    costs: bool = False
    threshold: str = ""
    accept_good: bool = False


class PredictionParams(TypedDict):
    """user: whose upload the file at `path` is."""

    run: int
    path: str
    file_name: str
    user: int
    id: str | None
    encoding: str | None
    costs: bool
    accept_good: bool


class PredictedFile(RejectsJson):
    """rows: written; predicted: class → how many."""

    rows: int
    run: int
    predicted: dict[str, int]
    notes: list[str]


class PredictionResult(PredictedFile):
    """The result of a job of the kind prediction; token: of the upload that holds the predictions."""

    token: str


def predict_file(
    run: ModelRun, asked: PredictionRequest, out: Path, report: Report = lambda stage, share: None
) -> PredictedFile:
    """Write a row for each of the file's: id, predicted class, one probability for each class under its name.

    A bad row writes nothing; with `accept_good` the others are predicted. Raises UnableToTake, which names the artifact
    of rejected rows, UnableToRead, UnableToWork or UnableToExport.
    """
    dataset = run.dataset
    rule = rule_of(dataset, asked)
    if out.resolve() == asked.path.resolve():
        raise UnableToWork(f"{out} is the file to predict; name another one to write, so that it stays as it is.")
    source = open_source(asked.path, name=asked.file_name or asked.path.name, encoding=asked.encoding)
    unused = check_input_columns(source.columns, dataset.typed_fields, asked.id)
    report("checking the file", 0.05)
    n, rejects = _check(source, dataset, asked.id)
    if rejects.n and not (asked.accept_good and rejects.n < n):
        raise rejects.error()
    counted: Counter[str] = Counter()

    def rows() -> Iterator[Sequence[Any]]:
        for row in _predicted(run, source, asked.id, rule, lambda share: report("predicting", 0.1 + 0.85 * share), n):
            counted[row[1]] += 1
            yield row

    written = write_rows(out, columns_of(dataset.class_names), rows())
    return {
        "rows": written, "run": run.pk, "predicted": {name: counted[name] for name in dataset.class_names},
        "notes": _notes(run, source, unused, rejects), **rejects.as_json(),
    }  # fmt: skip


def columns_of(classes: Sequence[str]) -> dict[str, str]:
    """Columns of the file written; `id` and `predicted` have other names where a class is called so."""
    own = [name if name not in classes else f"second_look_{name}" for name in ("id", "predicted")]
    return {**dict.fromkeys(own, "text"), **dict.fromkeys(classes, "number")}


def rule_of(dataset: Dataset, asked: PredictionRequest) -> PredictionRule:
    if asked.costs and asked.threshold:
        raise UnableToWork("Costs and a threshold are two ways to choose a class; name one of them.")
    if asked.costs:
        return PredictionRule(costs=matrix_of(costs_of(dataset)))
    return PredictionRule(threshold=_threshold(dataset, asked.threshold)) if asked.threshold else PredictionRule()


def _threshold(dataset: Dataset, typed: str) -> tuple[int, float]:
    name, _, value = typed.rpartition("=")
    try:
        least = float(value)
    except ValueError:
        least = -1.0
    if name not in dataset.class_names or not 0 <= least <= 1:
        raise UnableToWork(
            f"The threshold {typed!r} is not CLASS=P, a class of {listed(dataset.class_names)} and a probability from "
            "0 to 1."
        )
    return dataset.class_names.index(name), least


def _check(source: Source, dataset: Dataset, id: str | None) -> tuple[int, Rejects]:
    """The number of rows, and those that can't be predicted."""
    seen = 0

    def rows() -> Iterator[Broken]:
        nonlocal seen
        for table in source.chunks():
            seen += len(table) + len(table.broken)
            yield from parse_inputs(table, dataset.typed_fields, id)[0].rejected()

    rejects = Rejects.of(source.columns, rows())
    if not seen:
        raise no_rows(source)
    return seen, rejects


def _predicted(
    run: ModelRun, source: Source, id: str | None, rule: PredictionRule, progress: Any, n: int
) -> Iterator[Sequence[Any]]:
    dataset = run.dataset
    fields, known = dataset.typed_fields, dataset.classes
    model = load_model(load_bytes(settings.ARTIFACTS_DIR, run.artifact))
    seen = 0
    for table in source.chunks():
        faults, ids, contents = parse_inputs(table, fields, id)
        good = faults.good().nonzero()[0].tolist()
        probabilities = predict_now(model, frames.content_table([contents[at] for at in good], fields), known)
        shown = probabilities.round(DIGITS).tolist()
        for at, code, chances in zip(good, rule.predicted(probabilities).tolist(), shown, strict=True):
            yield ids[at], known.names[code], *chances
        seen += len(table) + len(table.broken)
        progress(seen / n)
    if seen != n:
        raise UnableToWork(
            f"{source.name} had {n:,} rows when it was checked and {seen:,} when it was predicted. Nothing was "
            "written; wait until nothing writes to it, then predict it again."
        )


def _notes(run: ModelRun, source: Source, unused: Sequence[str], rejects: Rejects) -> list[str]:
    """What whoever reads the predictions should know."""
    notes = [rejects.left_out] if rejects.n else []
    if unused:
        notes.append(f"The model does not read {'column' if len(unused) == 1 else 'columns'} {listed(unused)}.")
    if not source.encoding.startswith("utf"):
        notes.append(f"The file was read as {source.encoding}; if letters look wrong, name its encoding.")
    if not run.converged:
        notes.append(f"Run {run.pk} did not converge: {run.solver_status}")
    if run.at_chance:
        notes.append(f"Run {run.pk} is no better than chance out of fold; its predictions say nothing.")
    return notes


def request_prediction(run: ModelRun, upload: Upload, *, costs: bool = False, user: User | None = None) -> Job:
    """The job that predicts an uploaded file; its result names the file to fetch."""
    params: PredictionParams = {
        "run": run.pk, "path": str(upload.path), "file_name": upload.file_name, "user": upload.user,
        "id": upload.choices.get("id") or None, "encoding": upload.choices.get("encoding") or None, "costs": costs,
        "accept_good": bool(upload.choices.get("accept_good")),
    }  # fmt: skip
    return enqueue("prediction", run.dataset, params, user=user)


def run(job: Job, report: Report) -> Write:
    """The file written is kept as an upload of whoever asked: it goes where uploads go after a day."""
    params: PredictionParams = job.params
    predicting = ModelRun.objects.get(pk=params["run"])
    asked = PredictionRequest(
        Path(params["path"]), params["id"], params["file_name"], params["encoding"], params["costs"],
        accept_good=params["accept_good"],
    )  # fmt: skip
    stem = params["file_name"].partition(".")[0]
    kept = Upload(secrets.token_hex(16), job.own_dataset.pk, params["user"], f"{stem}-predicted.csv", {})
    draft = kept.path.with_suffix(".csv")
    try:
        result = predict_file(predicting, asked, draft, report)
        draft.replace(kept.path)
    except UnableToTake as error:
        Job.objects.filter(pk=job.pk).update(result=error.rejects.as_json())
        raise
    finally:
        draft.unlink(missing_ok=True)
    remember(kept, {"run": predicting.pk})
    said: PredictionResult = {**result, "token": kept.token}
    return lambda: said
