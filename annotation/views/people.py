"""Who works on a dataset, and by which words."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from annotation.access import Request, dataset_for_lead
from annotation.forms.dataset_settings import DatasetSettingsForm, DropReasonForm, GuidelineForm, ReasonForm
from annotation.forms.people import LinkForm, MemberForm, PeopleForm, RemoveForm, RoleForm
from annotation.forms.refusals import told_by
from annotation.models import Dataset, Decision, Membership, User

SHOWN_NAMES = 1_000
PEOPLE_FORMS: dict[str, type[PeopleForm]] = {
    "member": MemberForm, "role": RoleForm, "remove": RemoveForm, "link": LinkForm, "guideline": GuidelineForm,
    "reason": ReasonForm, "drop_reason": DropReasonForm, "settings": DatasetSettingsForm,
}  # fmt: skip


@never_cache
def people(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    if request.method == "POST":
        return _change(request, dataset)
    return _show(request, dataset)


def _change(request: Request, dataset: Dataset) -> HttpResponse:
    name = request.POST.get("change", "")
    if name not in PEOPLE_FORMS:
        raise Http404
    form = PEOPLE_FORMS[name](dataset, request.POST)
    done = _saved(form, request.user)
    if done is None:
        return _show(request, dataset, **{name: form})
    if password := getattr(form, "password", None):
        # shown in this answer only, so neither redirected nor kept in a message's cookie
        return _show(request, dataset, made={"username": form.cleaned_data["username"], "password": password})
    messages.success(request, done)
    leads = Membership.objects.filter(dataset=dataset, user=request.user, role=Membership.LEAD).exists()
    return redirect("people", dataset.slug) if leads else redirect("datasets")


def _saved(form: PeopleForm, user: User) -> str | None:
    """What was done, or None with the form telling why not."""
    if form.is_valid():
        with told_by(form):
            return form.save(user)
    return None


def _show(request: Request, dataset: Dataset, **shown: Any) -> HttpResponse:
    fresh = {name: form(dataset) for name, form in PEOPLE_FORMS.items() if name not in shown}
    members = Membership.objects.filter(dataset=dataset).select_related("user").order_by("-role", "user__username")
    standing = Decision.objects.standing().filter(case__dataset=dataset).order_by()
    decisions = dict(standing.values_list("expert").annotate(Count("id")))
    names = dataset.annotators.exclude(name__startswith="@").select_related("user").order_by("name")
    page = {
        "dataset": dataset, "forms": fresh | shown, "made": shown.get("made"),
        "members": [(member, decisions.get(member.user_id, 0)) for member in members],
        "linked": names.filter(user__isnull=False), "names": names[:SHOWN_NAMES], "n_names": names.count(),
        "guideline": dataset.guideline, "reasons": dataset.reasons.annotate(used=Count("decision")),
    }  # fmt: skip
    return render(request, "annotation/lead/people.html", page)
