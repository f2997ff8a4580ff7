"""A job's life, for the lead who asked for it."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from annotation.access import part_for_lead
from annotation.actions.keep_upload import find_upload, token_of
from annotation.models import Job

SLOW = timedelta(seconds=15)


@require_GET
@vary_on_headers("HX-Request")
def job(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The page, or for HTMX the part that changes; it asks again every second until the job is over."""
    job = part_for_lead(request.user, slug, Job.objects.select_related("dataset", "created_by"), pk)
    page = {
        "dataset": job.dataset, "job": job, "upload": _upload(request, job),
        "nobody_came": job.status == Job.QUEUED and timezone.now() - job.created_at > SLOW,
    }  # fmt: skip
    return render(request, f"annotation/lead/{'_job' if request.htmx else 'job'}.html", page)


def _upload(request: HttpRequest, job: Job) -> object:
    """The file of a failed import, so that its columns can be chosen anew."""
    if job.kind != "import" or job.status != Job.FAILED:
        return None
    return find_upload(token_of(job.params["path"]), job.dataset, request.user)
