"""Changes of the classes: seen first, then made, and taken back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation.access import Request, dataset_for_lead, part_for_lead
from annotation.actions.classes.carry_out import carry_out, preview
from annotation.actions.classes.undo import undo
from annotation.core.refusal import Refusal
from annotation.forms.classes import ClassChangeForm
from annotation.models import ClassChange
from annotation.reading.classes.sentences import said_of


@require_POST
def change_classes(request: Request, slug: str) -> HttpResponse:
    """What the change would move; with `sure` it is made."""
    dataset = dataset_for_lead(request.user, slug)
    form = ClassChangeForm(dataset, request.POST)
    if not form.is_valid():
        messages.warning(request, " ".join(str(one) for found in form.errors.values() for one in found))
        return redirect("question", slug)
    wanted, now = form.wanted(), timezone.now()
    try:
        if not form.cleaned_data["sure"]:
            page = {"dataset": dataset, "said": preview(dataset, wanted, now), "form": form, "wanted": wanted}
            return render(request, "annotation/lead/class_change.html", page)
        change = carry_out(dataset, wanted, request.user, now)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
        return redirect("question", slug)
    messages.success(request, _done(change))
    return redirect("question", slug)


@require_POST
def undo_class_change(request: Request, slug: str, pk: int) -> HttpResponse:
    change = part_for_lead(request.user, slug, ClassChange.objects.all(), pk)
    try:
        messages.success(request, _done(undo(change.dataset, change.pk, request.user, timezone.now())))
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return redirect("question", slug)


def _done(change: ClassChange) -> str:
    said = said_of(change)
    if change.moved:
        said += f" {change.moved:,} current label{' was' if change.moved == 1 else 's were'} moved."
    if n := change.details.get("cases"):
        said += f" {n:,} case{' waits' if n == 1 else 's wait'} for experts."
    return said
