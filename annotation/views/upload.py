"""From nothing to an import: make a dataset, choose a file, say what its columns are."""

from collections import Counter
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from annotation.access import Request, dataset_for_lead
from annotation.actions.files.check_new_labels import check_new_labels
from annotation.actions.files.import_items import check, import_params, refuse_rejected, request_import
from annotation.actions.files.rejected_rows import UnableToTake
from annotation.actions.files.uploads import Upload, find_upload, keep_upload, remember
from annotation.actions.people.create_dataset import create_dataset, may_create
from annotation.core.files.bounded.looking import FileLook, look
from annotation.core.files.guessing import guess_mapping
from annotation.core.files.opening import TEXTS
from annotation.core.files.tables import Source, Table, UnableToRead, no_rows
from annotation.core.refusal import Refusal
from annotation.forms.importing import ColumnsForm, NewDatasetForm, ReadingForm, UploadForm
from annotation.forms.refusals import reported_on
from annotation.models import Dataset
from annotation.views.downloads import rejected_file

SAMPLE, MOST = 2_000, 500_000  # rows of a file that is too large to be gone through here, and of one that is not
MOST_COLUMNS = 2_000  # that a page can ask about
SHOWN, FEW = 3, 12  # example cells; different values worth listing


def new_dataset(request: Request) -> HttpResponse:
    if not may_create(request.user):
        raise Http404
    form = NewDatasetForm(request.POST or None)
    if form.is_valid():
        with reported_on(form):
            return redirect("import", create_dataset(form.cleaned_data["name"], request.user).slug)
    return render(request, "annotation/lead/new_dataset.html", {"form": form})


def choose_file(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data.pop("file")
        with reported_on(form):
            upload = keep_upload(file.name, file.chunks(), dataset, request.user, form.cleaned_data)
            return redirect("import_columns", slug, upload.token)
    return render(request, "annotation/lead/import.html", {"dataset": dataset, "form": form})


def choose_columns(request: Request, slug: str, token: str) -> HttpResponse:
    """Show what the file holds and ask for the part of each column; an import asked for is checked, then queued."""
    dataset = dataset_for_lead(request.user, slug)
    upload = find_upload(token, dataset, request.user)
    if upload is None:
        raise Http404
    if request.method == "POST" and "read" in request.POST:
        return _read_again(request, upload)
    try:
        seen = _look(upload)
        source, table = seen.source, _table(upload, seen)
    except Refusal as error:
        return _show(request, dataset, upload, fault=str(error))
    form = ColumnsForm(table.columns, request.POST or None, initial=_initial(dataset, upload, table))
    if not form.is_valid():
        return _show(request, dataset, upload, source=source, table=table, form=form, fault=_broken(table))
    upload = remember(upload, form.choices())
    return _import(request, dataset, upload, seen, table, form)


def _import(
    request: Request, dataset: Dataset, upload: Upload, seen: FileLook, table: Table, form: ColumnsForm
) -> HttpResponse:
    """Check a small file and import it, once what is to be known of it was shown; a large one is checked by its job."""
    decimal, dates = (upload.choices.get(name) or "" for name in ("decimal", "dates"))
    mapping = replace(form.mapping(), decimal=decimal, dates=dates)
    asked = import_params(
        dataset.slug, dataset.name, upload.path, mapping, file_name=upload.file_name,
        encoding=_chosen(upload, "encoding"), sheet=_chosen(upload, "sheet"),
        repair=upload.choices["repair"], accept_good="accept" in request.POST,
    )  # fmt: skip
    only_look = "look" in request.POST
    page: dict[str, Any] = {"source": seen.source, "table": table, "form": form}
    try:
        if only_look and not seen.whole:
            raise TooLargeToLook(
                "The file is too large to be gone through here; import it, and its job checks all of it."
            )
        if seen.whole:
            checked = check(asked)
            refuse_rejected(checked, asked)
            page["notes"] = checked.parser.notes()
            unseen = [note for note in page["notes"] if note not in upload.choices.get("said", [])]
            upload = remember(upload, {"said": page["notes"]})
            if unseen and not only_look:
                return _show(request, dataset, upload, ask=True, **page)
        if only_look:
            said = check_new_labels(dataset.slug, checked.source, checked.parser)
            return _show(request, dataset, upload, looked=True, new_labels=said, **page)
    except UnableToTake as error:
        upload = remember(upload, {"rejected": error.rejects.artifact})
        some_good = error.rejects.n < len(table) + len(table.broken)
        page |= {"rejects": error.rejects, "some_good": some_good}
        return _show(request, dataset, upload, fault=str(error), **page)
    except Refusal as error:
        return _show(request, dataset, upload, fault=str(error), **page)
    job = request_import(asked, user=request.user)
    return redirect("job", dataset.slug, job.pk)


def _read_again(request: Request, upload: Upload) -> HttpResponse:
    form = ReadingForm(request.POST, sheets=upload.choices.get("sheets", ()))
    if form.is_valid():
        remember(upload, form.cleaned_data)
    return redirect(request.path)


@require_GET
def download_rejected(request: Request, slug: str, token: str) -> HttpResponseBase:
    """The rows that the last check of an upload rejected."""
    upload = find_upload(token, dataset_for_lead(request.user, slug), request.user)
    if upload is None or not upload.choices.get("rejected"):
        raise Http404
    return rejected_file(upload.choices["rejected"], upload.file_name)


def _chosen(upload: Upload, name: str) -> str | None:
    return upload.choices.get(name) or None


class TooLargeToLook(Refusal):
    """Only a job goes through a large file."""


def _look(upload: Upload) -> FileLook:
    return look(
        upload.path, name=upload.file_name, encoding=_chosen(upload, "encoding"), sheet=_chosen(upload, "sheet")
    )


def _table(upload: Upload, seen: FileLook) -> Table:
    """The rows to show; those that are no rows are reported by the check."""
    source = seen.source
    if len(source.columns) > MOST_COLUMNS:
        raise TooLargeToLook(
            f"The file has {len(source.columns):,} columns, and this page asks about {MOST_COLUMNS:,} at most; leave "
            "some out, or import it with the command import_items."
        )
    table = next(source.chunks(MOST if seen.whole else SAMPLE))
    if not table and not table.broken:
        raise no_rows(source)
    if source.sheets and upload.choices.get("sheets") != sorted(source.sheets):
        remember(upload, {"sheets": sorted(source.sheets)})
    return table


def _broken(table: Table) -> str:
    """What is wrong with the first row that is none, if there is one."""
    return next((str(UnableToRead(row.message, row.row, row.column)) for row in table.broken), "")


def _initial(dataset: Dataset, upload: Upload, table: Table) -> dict[str, Any]:
    """What was chosen before, else what the dataset's fields and the file itself suggest."""
    roles = _guessed(dataset, table) | upload.choices.get("roles", {})
    lines = {name: "\n".join(upload.choices.get(name, [])) for name in ("abstain", "classes")}
    parts = {f"role_{number}": roles.get(column, "ignore") for number, column in enumerate(table.columns)}
    return {"split": upload.choices["split"], "repair": upload.choices.get("repair", True), **lines, **parts}


def _guessed(dataset: Dataset, table: Table) -> dict[str, str]:
    """Column → its likely part; where the dataset has fields, no other column becomes one."""
    guessed = guess_mapping(table)
    if not dataset.fields:
        return guessed
    known = {field.name: field.type for field in dataset.typed_fields}
    rest = {name: "ignore" if role in ("text", "number", "category") else role for name, role in guessed.items()}
    return rest | {name: role for name, role in known.items() if name in table.cells}


def _show(
    request: Request, dataset: Dataset, upload: Upload, *, source: Source | None = None, table: Table | None = None,
    form: ColumnsForm | None = None, fault: str = "", **more: Any,
) -> HttpResponse:  # fmt: skip
    page = {
        "dataset": dataset, "upload": upload, "table": table, "form": form, "fault": fault,
        "source": source, "reading": _reading(upload, source), "classes": dataset.class_names,
        "columns": _columns(table, form) if table and form else [], **more,
    }  # fmt: skip
    return render(request, "annotation/lead/import_columns.html", page)


def _reading(upload: Upload, source: Source | None) -> ReadingForm:
    """What can be chosen of how the file is read, as it is chosen now."""
    sheets = sorted(source.sheets) if source else upload.choices.get("sheets", ())
    chosen = {"sheet": source.sheets[0]} if source and source.sheets else {}
    encoded = source is None or source.format in TEXTS
    return ReadingForm(initial={**upload.choices, **chosen}, sheets=sheets, encoded=encoded)


def _columns(table: Table, form: ColumnsForm) -> list[dict[str, Any]]:
    return [
        {
            "name": name, "role": form[f"role_{number}"], "cells": table.cells[name][:SHOWN],
            "values": _few_values(table.cells[name]),
        }
        for number, name in enumerate(table.columns)
    ]  # fmt: skip


def _few_values(cells: list[str]) -> list[tuple[str, int]]:
    """The values of a column and how often each stands there, where they are few enough to be labels."""
    counts = Counter(cells)
    return counts.most_common() if len(counts) <= FEW else []
