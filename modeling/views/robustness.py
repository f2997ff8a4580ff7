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
from modeling.core.telling.stored import ConsistencyJson, FlippedExample, ProbeJson, RobustnessJson
from modeling.figures.words.recipes import recipe_words
from modeling.figures.words.robustness import flips_heading, missing_heading, robustness_heading
from modeling.forms.running import ProbeForm
from modeling.reading.loop_progress import runs_of

SHOWN = 5


@require_GET
def robustness(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    run = get_object_or_404(runs_of(dataset), pk=pk)
    jobs = run.asked(KIND)
    job = jobs.filter(status=Job.DONE, result__isnull=False).first()
    page = {
        "dataset": dataset, "run": run, "recipe": recipe_words(run.recipe.learner, run.resolved), "job": job,
        "busy": jobs.filter(status__in=Job.UNFINISHED).last(),
        "form": ProbeForm(initial={"seed": job.outcome["seed"]} if job else None),
        "heading": _heading(run.pk, job.outcome if job else None),
    }  # fmt: skip
    if job:
        page |= _shown(dataset, job)
    return render(request, "modeling/robustness.html", page)


def _heading(run: int, found: RobustnessJson | None) -> str:
    """What changes of texts flipped, or where there are no texts what a missing column costs."""
    if found and not found["probes"] and found.get("missing"):
        return missing_heading(found["missing"])
    return robustness_heading(run, found["probes"] if found else None, PROBES)


@require_POST
@refused_to("robustness", "slug", "pk")
def check(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    run = get_object_or_404(runs_of(dataset), pk=pk)
    form = ProbeForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(form.errors.get_json_data()[name][0]["message"] for name in form.errors))
        return redirect("robustness", slug, pk)
    asked = form.cleaned_data
    job = request_robustness(dataset, run, probes=asked["probe"], seed=asked["seed"], user=request.user)
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


def _shown(dataset: Dataset, job: Job) -> dict[str, Any]:
    """Probes with their worst examples and how many cases they suggest, and the pairs judged apart."""
    found: RobustnessJson = job.outcome
    probes, same = found["probes"], found["consistency"]
    wanted = [example["item"] for one in probes for example in one["worst"][:SHOWN]]
    wanted += [item for one in same["worst"][:SHOWN] for item in one["items"]]
    items = Item.objects.filter(dataset=dataset).in_bulk(wanted)
    probed = sorted((_probe(one, items) for one in probes), key=lambda one: -(one["value"] or 0))
    return {
        "result": job.outcome, "probed": probed, "examples": [one for one in probed if one["worst"]],
        "same": _same(dataset, same, items), "missing": found.get("missing", []),
        "missing_heading": missing_heading(found.get("missing", [])),
    }  # fmt: skip


def _probe(one: ProbeJson, items: dict[int, Item]) -> dict[str, Any]:
    title, worst = PROBES[one["name"]], [_example(items[worst["item"]], worst) for worst in one["worst"][:SHOWN]]
    finding = flips_heading(title, one["flips"], len(worst))
    return {**one, "title": title, "kept": len(one["flipped"]), "worst": worst, "finding": finding}


def _same(dataset: Dataset, found: ConsistencyJson, items: dict[int, Item]) -> dict[str, Any]:
    """Pairs that experts confirmed as the same, each side with its excerpt and its predicted class."""
    worst = [
        [
            (excerpt_of(dataset, items[item].content, 240), name)
            for item, name in zip(one["items"], one["classes"], strict=True)
        ]
        for one in found["worst"][:SHOWN]
    ]
    finding = flips_heading("confirmed as the same, predicted as different", found["flips"], len(worst))
    return {**found, "worst": worst, "finding": finding}


def _example(item: Item, example: FlippedExample) -> dict[str, Any]:
    texts = [(name, item.content.get(name) or "", text) for name, text in example["texts"].items()]
    pieces = [marked(text, copy) for _, text, copy in texts if text != copy]
    return {**example, "now": example["probability"] - example["drop"], "pieces": pieces}
