"""The jobs of a dataset as its leads see them: what runs, waits, failed, and was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Q

from annotation.models import Dataset, Job

PAGE = 25
UNDER_WAY, FAILED = "under-way", "failed"
NAMES = {
    "reorder": "new order of the queue", "description": "description of a run", "prediction": "file predicted",
    "unlikeness": "how unlike the pool",
}  # fmt: skip
BY_ITSELF = ("reorder",)
STOPPED = (Job.FAILED, Job.CANCELLED)


@dataclass(frozen=True)
class JobLine:
    """A job in words. about: what it works on, "" where its kind says all; why_not_again: a sentence, "" where it can
    be asked for again; wanted: it failed or was cancelled, and nobody has asked for it since; lost: detectors that
    failed in a detection that is done."""

    job: Job
    title: str
    about: str
    asked_by: str
    lost: Sequence[str]
    why_not_again: str
    wanted: bool

    @property
    def stopped(self) -> bool:
        return self.job.status in STOPPED


@dataclass(frozen=True)
class JobList:
    """A page of jobs, newest first. before: the key of the next page, None on the last. busy: one of them is under
    way. under_way, failed: how many there are in all; failed ones that were asked for again do not count."""

    lines: Sequence[JobLine]
    before: int | None
    under_way: int
    failed: int

    @property
    def busy(self) -> bool:
        return any(not line.job.is_over for line in self.lines)

    @property
    def heading(self) -> str:
        parts = []
        if self.under_way:
            parts.append(f"{_counted(self.under_way)} {'is' if self.under_way == 1 else 'are'} under way")
        if self.failed:
            parts.append(f"{self.failed if parts else _counted(self.failed)} failed")
        return ", ".join(parts) or ("Nothing is under way" if self.lines else "No job here yet")


def list_jobs(dataset: Dataset, show: str = "", before: int = 0) -> JobList:
    """Those that were asked for, and parts of others that failed; what begins by itself every few decisions is left out
    once it is done. show: UNDER_WAY or FAILED, "" = all of them."""
    quiet = Q(kind__in=BY_ITSELF, status=Job.DONE)
    listed = dataset.jobs.filter(Q(parent=None) | Q(status=Job.FAILED)).exclude(quiet)
    failed = dataset.jobs.filter(status=Job.FAILED).not_asked_again()
    under_way = dataset.jobs.unfinished().filter(parent=None)
    page = {UNDER_WAY: under_way, FAILED: failed}.get(show, listed)
    page = page.select_related("created_by").defer("result").order_by("-id")
    found = list((page.filter(pk__lt=before) if before else page)[: PAGE + 1])
    shown = found[:PAGE]
    stopped = dataset.jobs.filter(pk__in=[job.pk for job in shown], status__in=STOPPED).not_asked_again()
    wanted = set(stopped.values_list("pk", flat=True))
    lost = _lost([job.pk for job in shown if job.kind == "detection"])
    lines = [_line(job, job.pk in wanted, lost.get(job.pk, [])) for job in shown]
    return JobList(lines, shown[-1].pk if len(found) > PAGE else None, under_way.count(), failed.count())


def why_not_again(job: Job) -> str:
    """Why the same cannot be asked for once more, a sentence with what to do instead; "" where it can."""
    if job.status not in STOPPED:
        return f"Job {job.pk} is {job.status}; only what failed or was cancelled is asked for again."
    path = job.params.get("path")
    if path and not Path(path).is_file():
        return "The file is no longer kept; choose it again."
    return ""


def _lost(detections: Sequence[int]) -> dict[int, list[str]]:
    """Job → the detectors that failed in it."""
    rows = Job.objects.filter(pk__in=detections, status=Job.DONE).values_list("pk", "result__failed")
    return {pk: [name.replace("_", " ") for name in failed or ()] for pk, failed in rows}


def _line(job: Job, wanted: bool, lost: Sequence[str]) -> JobLine:
    asked_by = job.created_by.get_username() if job.created_by else "itself" if job.kind in BY_ITSELF else "command"
    again = why_not_again(job) if job.status in STOPPED else ""
    title = NAMES.get(job.kind, job.kind.replace("_", " "))
    return JobLine(job, title[:1].upper() + title[1:], _about(job), asked_by, lost, again, wanted)


def _about(job: Job) -> str:
    params = job.params
    if "file_name" in params:
        return str(params["file_name"])
    if "before" in params:
        return f"{params['before']} with {params['after']}"
    if "run" in params:
        return f"run {params['run']}"
    if job.kind == "unlikeness":
        return f"production set {params['snapshot']}"
    return str(params.get("learner", ""))


def _counted(n: int) -> str:
    return f"{n:,} job{'' if n == 1 else 's'}"
