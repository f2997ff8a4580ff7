"""A run put to use: a file predicted, the model taken away."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from annotation.access import Request, dataset_for_lead, part_for_lead
from annotation.actions.files.uploads import Upload, find_upload, keep_upload
from annotation.core.files.parsing_inputs import check_input_columns
from annotation.core.files.tables import open_source
from annotation.forms.refusals import reported_on
from annotation.models import Dataset, Job
from annotation.views.refusals import refused_to
from modeling.actions.running.export_model import packed
from modeling.actions.running.predict_file import request_prediction
from modeling.forms.running import PredictForm
from modeling.reading.loop_progress import runs_of


def predict(request: Request, slug: str, pk: int) -> HttpResponse:
    """Choose a file; once its columns are those the model reads, a job predicts it."""
    dataset = dataset_for_lead(request.user, slug)
    run = get_object_or_404(runs_of(dataset), pk=pk)
    form = PredictForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        file = chosen.pop("file")
        upload = keep_upload(file.name, file.chunks(), dataset, request.user, chosen)
        with reported_on(form):
            _refuse_columns(dataset, upload)
            job = request_prediction(run, upload, costs=bool(chosen["costs"] and dataset.costs), user=request.user)
            return redirect("job", slug, job.pk)
    page: dict[str, Any] = {"dataset": dataset, "run": run, "form": form, "fields": dataset.typed_fields}
    return render(request, "modeling/predict.html", page, status=400 if form.errors else 200)


def _refuse_columns(dataset: Dataset, upload: Upload) -> None:
    source = open_source(upload.path, name=upload.file_name)
    check_input_columns(source.columns, dataset.typed_fields, upload.choices["id"] or None)


@require_GET
def download_predicted(request: Request, slug: str, pk: int) -> HttpResponseBase:
    """The file a job predicted, for whoever asked for it."""
    job = part_for_lead(request.user, slug, Job.objects.filter(kind="prediction", status=Job.DONE), pk)
    kept = find_upload(job.outcome["token"], job.own_dataset, request.user)
    if kept is None:
        raise Http404
    if not kept.path.is_file():
        messages.error(request, "The file is no longer kept; predict it again.")
        return redirect("predict", slug, job.params["run"])
    return FileResponse(kept.path.open("rb"), as_attachment=True, filename=kept.file_name, content_type="text/csv")


@require_GET
@refused_to("run", "slug", "pk")
def download_model(request: Request, slug: str, pk: int) -> HttpResponseBase:
    """The model with its card as a .zip."""
    dataset = dataset_for_lead(request.user, slug)
    run = get_object_or_404(runs_of(dataset), pk=pk)
    response = HttpResponse(packed(run), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{dataset.slug}-run-{run.pk}.zip"'
    return response
