"""What a lead does about a decided case: send it back, or overrule it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation.access import Request
from annotation.actions.queue.decide import Answer
from annotation.actions.queue.send_back import overrule, send_back
from annotation.forms.cases import OverruleForm, SendBackForm
from annotation.models import Case
from annotation.reading.casework.decided import Decided, decided
from annotation.views.cases import case_for_lead, show_case
from annotation.views.refusals import refused_to


@require_POST
@refused_to("case", "slug", "pk")
def send_case_back(request: Request, slug: str, pk: int) -> HttpResponse:
    case, about = _decided_case(request, slug, pk)
    form = SendBackForm(case.dataset, about, request.POST)
    if not form.is_valid():
        return show_case(request, case, form)
    said = form.cleaned_data
    messages.success(request, send_back(about.decision, said["to"], said["note"], timezone.now()))
    return redirect("case", slug, pk)


@require_POST
@refused_to("case", "slug", "pk")
def overrule_case(request: Request, slug: str, pk: int) -> HttpResponse:
    case, about = _decided_case(request, slug, pk)
    form = OverruleForm(case, request.POST)
    if not form.is_valid():
        return show_case(request, case, form)
    said = form.cleaned_data
    outcome, label_class = said["answer"]
    answer = Answer(
        outcome, said["token"], label_class, items=[item.pk for item in said["item"]], note=said["note"],
        cause=said["cause"], blind=False,
    )  # fmt: skip
    decision = overrule(about.decision, request.user, answer, timezone.now())
    messages.success(request, f"Overruled: it is “{decision.said}” now, as an adjudication.")
    return redirect("case", slug, decision.case_id)


def _decided_case(request: Request, slug: str, pk: int) -> tuple[Case, Decided]:
    """Raises Http404 for a case that is not settled."""
    case = case_for_lead(request, slug, pk)
    about = decided(case, request.user)
    if about is None:
        raise Http404
    return case, about
