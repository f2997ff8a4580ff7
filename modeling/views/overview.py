"""The lead's first page: where the dataset stands, and the one thing to do now."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh

from annotation.access import Request, dataset_for_lead
from annotation.models import Dataset, Job
from annotation.reading.disagreement import Rate, rates_now
from annotation.reading.findings import findings_of
from modeling.demo.stored import DemoResult
from modeling.figures.charts.dots import Bar, dot_chart
from modeling.figures.words.overview import overview_heading
from modeling.reading.comparing.in_use import model_in_use
from modeling.reading.loop_progress import LoopProgress, loop_progress_of, next_step
from modeling.reading.reviewed_labels import wrong_among_reviewed
from modeling.reports import report_on
from modeling.views.runs import recipe_of

FINDINGS = 5
# The queue is put in order all the time; it is no news.
QUIET = "reorder"
# The page a step opens → the kind of job that would be doing it already.
KIND_OF = {"import": "import", "detect": "detection", "runs": "training", "comparisons": "comparison"}
BARS = {
    "before": ("Before", "before"),
    "regularization": ("Better regularization alone", ""),
    "random": ("500 random reviews", ""),
    "second_look": ("Second Look", "after"),
    "quarantine": ("Second Look, rule in quarantine", "after"),
}


@require_GET
def overview(request: Request, slug: str) -> HttpResponse:
    """The page, or for HTMX the jobs under way; once they are over the page is asked for anew."""
    dataset = dataset_for_lead(request.user, slug)
    jobs = list(dataset.jobs.filter(status__in=Job.UNFINISHED, parent=None).exclude(kind=QUIET).order_by("id"))
    if request.htmx:
        return _jobs(request, dataset, jobs)
    progress = loop_progress_of(dataset)
    findings, rate = findings_of(dataset), _rate(dataset)
    report = report_on(progress.newest_comparison) if progress.newest_comparison else None
    page = {
        "dataset": dataset, "progress": progress, "jobs": jobs, "findings": findings[:FINDINGS], "rate": rate,
        "report": report, "heading": _heading(dataset, progress), "step": next_step(progress),
        "model": recipe_of(progress.newest_run) if progress.newest_run else "", "n_findings": len(findings),
        "under_way": {job.kind: job for job in jobs}, "live": model_in_use(dataset), **_demo(dataset),
    }  # fmt: skip
    page["busy"] = page["under_way"].get("demo") or page["under_way"].get(KIND_OF.get(page["step"].url))
    return render(request, "modeling/overview.html", page)


def _jobs(request: Request, dataset: Dataset, jobs: Sequence[Job]) -> HttpResponse:
    if not jobs:
        return HttpResponseClientRefresh()
    return render(request, "modeling/_jobs.html", {"dataset": dataset, "jobs": jobs})


def _rate(dataset: Dataset) -> tuple[str, Rate, int] | None:
    """The disagreement rate of items with several annotators, else of near-duplicate groups, with the units' name and
    of how large a sample it is, 0 = of all."""
    found = rates_now(dataset)
    kinds = (("items with two or more answers", found.by_items), ("near-duplicate groups", found.by_groups))
    return next(((units, rate, found.drawn) for units, rate in kinds if rate.before.n), None)


def _heading(dataset: Dataset, now: LoopProgress) -> str:
    wrong, of_last = wrong_among_reviewed(dataset)
    looked_at = now.detection is not None
    return overview_heading(now.pool, looked_at, now.open, now.settled, wrong, now.experts, of_last=of_last)


def _demo(dataset: Dataset) -> dict[str, Any]:
    """The newest demo job of a synthetic dataset and, once it is done, its bars."""
    job = dataset.jobs.filter(kind="demo").order_by("-id").first() if dataset.synthetic else None
    if job is None or job.status != Job.DONE:
        return {"demo": job}
    found: DemoResult = job.outcome
    of = {bar["name"]: bar for bar in found["bars"]}
    bars = [
        Bar(words, of[name]["accuracy"], of[name]["low"], of[name]["high"], of[name]["n"], series)
        for name, (words, series) in BARS.items()
        if name in of
    ]
    return {
        "demo": job, "chart": dot_chart(bars, "accuracy on production"), "difference": found["difference"],
        "random": of["random"],
    }  # fmt: skip
