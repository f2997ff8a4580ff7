"""The rules of routing, with a preview of who would get what, and cases kept for a person."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation.access import Request, dataset_for_lead
from annotation.actions.people.change_rules import change_rules
from annotation.actions.queue.reserve import release_reserved, reserve
from annotation.forms.experts.routing import ReservationForm, RoutingForm
from annotation.forms.refusals import reported_on
from annotation.reading.experts.preview import preview
from annotation.reading.experts.routing_rules import rules_of
from annotation.views.refusals import refused_to

SHOWN_NAMES = 1_000


def routing(request: Request, slug: str) -> HttpResponse:
    """*Look first* shows the preview by what is typed, *Save* makes it the next version."""
    dataset = dataset_for_lead(request.user, slug)
    form = RoutingForm(dataset, request.POST or None)
    rules = rules_of(dataset)
    if request.method == "POST" and form.is_valid():
        typed = form.save(commit=False)
        if "save" in request.POST:
            with reported_on(form):
                made = change_rules(typed, dataset, request.user, form.cleaned_data["based_on"], timezone.now())
                messages.success(request, f"Version {made.version} of the rules is in force.")
                return redirect("routing", slug)
        rules = typed
    page = {
        "dataset": dataset, "form": form, "rules": rules, "in_force": rules_of(dataset),
        "preview": preview(dataset, rules), "reservation": ReservationForm(dataset),
        "reservations": dataset.reservations.select_related("annotator", "label_class", "user").order_by("-id"),
        "names": dataset.annotators.of_files().order_by("name")[:SHOWN_NAMES],
    }  # fmt: skip
    return render(request, "annotation/experts/routing.html", page)


@require_POST
@refused_to("routing")
def keep_cases(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    if "drop" in request.POST:
        pk = request.POST["drop"]
        release_reserved(get_object_or_404(dataset.reservations.all(), pk=pk if pk.isdecimal() else 0))
        messages.success(request, "Dropped; its open cases are anybody's again.")
        return redirect("routing", slug)
    form = ReservationForm(dataset, request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("routing", slug)
    said = form.cleaned_data
    n = reserve(dataset, said["user"], said["annotator"], said["label_class"], request.user, timezone.now())
    messages.success(request, f"{n:,} open case{'' if n == 1 else 's'} kept for {said['user'].username}.")
    return redirect("routing", slug)
