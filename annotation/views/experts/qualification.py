"""Tests before real cases, and items of known label mixed in unseen."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation.access import Request, dataset_for_lead
from annotation.actions.people.make_test import make_test, retire_test, use_as_gold
from annotation.forms.experts.inviting import QualificationForm
from annotation.models import Gold
from annotation.reading.experts.questions import candidates, tests_of
from annotation.reading.experts.routing_rules import rules_of
from annotation.views.refusals import refused_to


@refused_to("qualification")
def qualification(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    form = QualificationForm(dataset, request.POST or None)
    if request.method == "POST" and form.is_valid():
        items = [int(pk) for pk in request.POST.getlist("item") if pk.isdecimal() and len(pk) < 19]
        now = timezone.now()
        if "gold" in request.POST:
            n = use_as_gold(dataset, items, request.user, now)
            messages.success(request, f"{n:,} item{'' if n == 1 else 's'} of known label mixed in from now on.")
        else:
            said = form.cleaned_data
            test = make_test(dataset, items, said["label_class"], said["bar"], request.user, now)
            messages.success(request, f"The test has {test.questions.count()} questions; experts meet it first.")
        return redirect("qualification", slug)
    page = {
        "dataset": dataset, "form": form, "tests": tests_of(dataset), "candidates": candidates(dataset),
        "n_gold": Gold.objects.known().filter(dataset=dataset).count(), "rules": rules_of(dataset),
    }  # fmt: skip
    return render(request, "annotation/experts/qualification.html", page)


@require_POST
def retire(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    retire_test(get_object_or_404(dataset.tests.all(), pk=pk), timezone.now())
    messages.success(request, "Nobody has to pass this test any more; its results stay.")
    return redirect("qualification", slug)
