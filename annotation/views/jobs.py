"""The jobs of a dataset, and one job's life, for its leads."""

from datetime import timedelta
from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from annotation.access import Request, dataset_for_lead, part_for_lead, typed_id
from annotation.actions.files.import_items import ImportParams, request_import
from annotation.actions.files.uploads import find_upload, token_of
from annotation.actions.jobs.ask_again import ask_again
from annotation.actions.jobs.cancel import cancel
from annotation.models import Job
from annotation.reading.jobs import list_jobs
from annotation.views.downloads import rejected_file
from annotation.views.refusals import refused_to

SLOW = timedelta(seconds=15)


@require_GET
@vary_on_headers("HX-Request")
def jobs(request: Request, slug: str) -> HttpResponse:
    """The page, or for HTMX the list alone; it asks again every two seconds while one of its jobs is under way."""
    dataset = dataset_for_lead(request.user, slug)
    show, now = request.GET.get("show", ""), timezone.now()
    listed = list_jobs(dataset, show, before=typed_id(request.GET.get("before", "")))
    page = {
        "dataset": dataset, "listed": listed, "show": show,
        "nobody_came": dataset.jobs.filter(status=Job.QUEUED, parent=None, created_at__lt=now - SLOW).exists()
        and not dataset.jobs.filter(status=Job.RUNNING).exists(),
    }  # fmt: skip
    part = request.htmx and not request.htmx.history_restore_request
    return render(request, f"annotation/lead/{'_jobs' if part else 'jobs'}.html", page)


@require_POST
@refused_to("jobs")
def ask_job_again(request: Request, slug: str, pk: int) -> HttpResponse:
    job = part_for_lead(request.user, slug, Job.objects.all(), pk)
    return redirect("job", slug, ask_again(job, request.user).pk)


@require_GET
@vary_on_headers("HX-Request")
def job(request: Request, slug: str, pk: int) -> HttpResponse:
    """The page, or for HTMX the part that changes; it asks again every second until the job is over."""
    job = part_for_lead(request.user, slug, Job.objects.select_related("dataset", "created_by"), pk)
    page = {
        "dataset": job.dataset, "job": job, "upload": _upload(request, job),
        "nobody_came": job.status == Job.QUEUED and timezone.now() - job.created_at > SLOW,
    }  # fmt: skip
    return render(request, f"annotation/lead/{'_job' if request.htmx else 'job'}.html", page)


@require_GET
def rejected_rows(request: Request, slug: str, pk: int) -> HttpResponseBase:
    """The rows of a file that could not be taken, with a reason each."""
    job = part_for_lead(request.user, slug, Job.objects.filter(kind__in=["import", "prediction"]), pk)
    artifact = (job.result or {}).get("rejected_rows")
    if not artifact:
        raise Http404
    return rejected_file(artifact, job.params["file_name"])


@require_POST
def import_good(request: Request, slug: str, pk: int) -> HttpResponse:
    """The failed import again, without the rows it rejected."""
    job = part_for_lead(request.user, slug, Job.objects.filter(kind="import", status=Job.FAILED), pk)
    if not Path(job.params["path"]).is_file():
        messages.error(request, "The file is no longer kept; choose it again.")
        return redirect("import", slug)
    asked: ImportParams = job.params
    again = request_import({**asked, "accept_good": True}, user=request.user)
    return redirect("job", slug, again.pk)


@require_POST
@refused_to("job", "slug", "pk")
def cancel_job(request: Request, slug: str, pk: int) -> HttpResponse:
    job = part_for_lead(request.user, slug, Job.objects.all(), pk)
    cancel(job, timezone.now())
    return redirect("jobs", slug) if "jobs" in request.POST else redirect("job", slug, job.pk)


def _upload(request: Request, job: Job) -> object:
    """The file of a failed import, so that its columns can be chosen anew."""
    if job.kind != "import" or job.status != Job.FAILED:
        return None
    return find_upload(token_of(job.params["path"]), job.own_dataset, request.user)
