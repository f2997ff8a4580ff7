"""What a change of no meaning does to the predictions of a run."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead
from annotation.models import Dataset, Item, Job
from annotation.reading.cases import excerpt_of
from annotation.views.refusals import refused_to
from modeling.actions.running.check_robustness import KIND, request_robustness
from modeling.actions.running.open_flipped import open_flipped
from modeling.actions.training.preview_copies import marked
from modeling.core.telling.robustness import PROBES
from modeling.core.telling.stored import FlippedExample, RobustnessJson
from modeling.figures.words.numbers import percent, span
from modeling.figures.words.recipes import recipe_words
from modeling.models import ModelRun
from modeling.reading.loop_progress import runs_of

SHOWN = 5
MOST_SEED = 2**31 - 1


@require_GET
def robustness(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    run = get_object_or_404(runs_of(dataset), pk=pk)
    jobs = run.asked(KIND)
    job = jobs.filter(status=Job.DONE, result__isnull=False).first()
    page = {
        "dataset": dataset, "run": run, "recipe": recipe_words(run.recipe.learner, run.resolved), "probes": PROBES,
        "job": job, "busy": jobs.filter(status__in=Job.UNFINISHED).last(),
        "heading": _heading(run, job),
    }  # fmt: skip
    if job:
        page |= _shown(dataset, job)
    return render(request, "modeling/robustness.html", page)


@require_POST
@refused_to("robustness", "slug", "pk")
def check(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    run = get_object_or_404(runs_of(dataset), pk=pk)
    typed = request.POST.get("seed", "0")
    if not typed.isdecimal() or len(typed) > 10 or int(typed) > MOST_SEED:
        messages.error(request, f"{typed[:20]!r} is not a seed; give a whole number from 0 to {MOST_SEED}.")
        return redirect("robustness", slug, pk)
    job = request_robustness(dataset, run, probes=request.POST.getlist("probe"), seed=int(typed), user=request.user)
    return redirect("robustness", slug, pk) if job.is_over else redirect("job", slug, job.pk)


@require_POST
@refused_to("robustness", "slug", "pk")
def open_cases(request: Request, slug: str, pk: int, job: int, probe: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    run = get_object_or_404(runs_of(dataset), pk=pk)
    done = get_object_or_404(run.asked(KIND), pk=job, status=Job.DONE)
    finding, n = open_flipped(done, probe, request.user, timezone.now())
    left = "" if n else " Experts decided on all of them or have them in their queue."
    messages.success(request, f"{n:,} case{'' if n == 1 else 's'} opened, as a finding of yours.{left}")
    return redirect(f"{reverse('findings', args=[slug])}#finding-{finding.pk}")


def _heading(run: ModelRun, job: Job | None) -> str:
    if job is None:
        return f"How firmly run {run.pk} holds its predictions is not known yet"
    found: RobustnessJson = job.outcome
    probed = [(one["value"], one) for one in found["probes"] if one["value"] is not None]
    if not probed:
        return f"Nothing in these texts could be changed to probe run {run.pk}"
    share, worst = max(probed, key=lambda one: one[0])
    if not worst["flips"]:
        return f"No change flipped a prediction of run {run.pk}"
    said = f"flips {percent(share)} of {worst['n']:,} predictions ({span(worst['low'], worst['high'])})"
    most = f"The worst of {len(probed)} changes, {PROBES[worst['name']]}," if len(probed) > 1 else "The change"
    return f"{most} {said}"


def _shown(dataset: Dataset, job: Job) -> dict[str, Any]:
    """Probes with their worst examples and how many cases they suggest, and the pairs judged apart."""
    found: RobustnessJson = job.outcome
    probes, same = found["probes"], found["consistency"]
    wanted = [example["item"] for one in probes for example in one["worst"][:SHOWN]]
    wanted += [item for one in same["worst"][:SHOWN] for item in one["items"]]
    items = Item.objects.filter(dataset=dataset).in_bulk(wanted)
    probed = [
        {**one, "title": PROBES[one["name"]], "kept": len(one["flipped"]),
         "worst": [_example(items[worst["item"]], worst) for worst in one["worst"][:SHOWN]]}
        for one in sorted(probes, key=lambda one: -(one["value"] or 0))
    ]  # fmt: skip
    apart = [
        {**pair, "sides": [
            (excerpt_of(dataset, items[item], 240), name)
            for item, name in zip(pair["items"], pair["classes"], strict=True)
        ]}
        for pair in same["worst"][:SHOWN]
    ]  # fmt: skip
    return {"probed": probed, "same": {**same, "worst": apart}, "shown": SHOWN}


def _example(item: Item, example: FlippedExample) -> dict[str, Any]:
    texts = [(name, item.content.get(name) or "", text) for name, text in example["texts"].items()]
    pieces = [marked(text, copy) for _, text, copy in texts if text != copy]
    return {**example, "now": example["probability"] - example["drop"], "pieces": pieces}
