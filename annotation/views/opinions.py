"""A language model's second opinions: where texts go, what that costs, and whether its answers are any good."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_lead
from annotation.actions.opinions.ask_opinions import KIND, estimate_opinions, request_opinions
from annotation.actions.opinions.server import UnableToAskModel, model_server
from annotation.actions.opinions.switch import switch_off, switch_on
from annotation.core.opinions.answers import NO_OPINION
from annotation.core.opinions.skill import OpinionSkill
from annotation.forms.opinions import OpinionBudgetForm, OpinionCasesForm
from annotation.models import Dataset, OpinionRound
from annotation.reading.opinions import is_on, measured_skill, switch_of
from annotation.templatetags.house import percent
from annotation.views.refusals import refused_to

SHOWN = 10


@require_GET
def opinions(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    page: dict[str, Any] = {"dataset": dataset, "heading": "No language model is set up", "switch": switch_of(dataset)}
    if settings.LLM_URL:
        server, skill = model_server(), measured_skill(dataset)
        on = is_on(dataset, server.host)
        rounds = dataset.opinion_rounds.order_by("-id")[:SHOWN]
        page |= {
            "server": server, "on": on, "skill": skill, "heading": _heading(on, skill), "verdict": _verdict(skill),
            "confused": skill.confused[:SHOWN], "rounds": [(one, _missing(one)) for one in rounds],
            "busy": dataset.jobs.unfinished().filter(kind=KIND).first(), "form": OpinionCasesForm(),
            "n_open": dataset.cases.open().count(),
        }  # fmt: skip
        if on and "cases" in request.GET:
            page |= _estimated(request, dataset)
    return render(request, "annotation/lead/opinions.html", page)


@require_POST
@refused_to("opinions")
def switch(request: Request, slug: str) -> HttpResponse:
    dataset, now = dataset_for_lead(request.user, slug), timezone.now()
    if request.POST.get("on") == "1":
        switch_on(dataset, request.user, request.POST.get("host", ""), now)
        messages.success(request, "On. Nothing is sent before you ask and confirm what it may cost.")
    else:
        switch_off(dataset, request.user, now)
        messages.success(request, "Off. No text leaves any more, and the answers given are neither used nor shown.")
    return redirect("opinions", slug)


@require_POST
@refused_to("opinions")
def ask(request: Request, slug: str) -> HttpResponse:
    dataset, form = dataset_for_lead(request.user, slug), OpinionBudgetForm(request.POST)
    if not form.is_valid():
        raise UnableToAskModel("Give whole numbers: how many cases, and how many calls and tokens at most.")
    job = request_opinions(dataset, user=request.user, **form.cleaned_data)
    return redirect("job", slug, job.pk)


def _estimated(request: Request, dataset: Dataset) -> dict[str, Any]:
    form = OpinionCasesForm(request.GET)
    if not form.is_valid():
        return {"form": form}
    cases = form.cleaned_data["cases"]
    estimate = estimate_opinions(dataset, cases)
    budget = OpinionBudgetForm(initial={"cases": cases, "calls": estimate.calls, "tokens": estimate.tokens})
    return {"form": form, "estimate": estimate, "budget": budget}


def _heading(on: bool, skill: OpinionSkill) -> str:
    if not on:
        return "Second opinions are off"
    if skill.is_below_chance:
        return "Second opinions are below chance, so they are off"
    if not skill.right.n:
        return "No second opinion has been judged yet"
    return f"Second opinions are right in {percent(skill.right.low)} to {percent(skill.right.high)} of cases"


def _verdict(skill: OpinionSkill) -> str:
    if not skill.right.n:
        return "It is judged by what experts decide blind on the same items; until then its answers move nothing."
    said = (
        f"Experts who had not seen it bear it out in {percent(skill.right.value)} of {skill.right.n:,} decisions "
        f"({percent(skill.right.low)} to {percent(skill.right.high)}); the same answers dealt out at random would be "
        f"right in {percent(skill.chance)}."
    )
    off = " Even the upper end is below chance: its answers are neither used nor shown."
    return said + (off if skill.is_below_chance else "")


def _missing(one: OpinionRound) -> str:
    return ", ".join(f"{n:,} {NO_OPINION[why]}" for why, n in sorted(one.no_opinion.items()) if why in NO_OPINION)
