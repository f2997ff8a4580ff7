"""Who works on a dataset, what they are asked, and by which guideline they answer."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from annotation.access import Request, dataset_for_expert, dataset_for_lead, typed_id
from annotation.forms.classes import ClassChangeForm
from annotation.forms.dataset_settings import DatasetSettingsForm, DropReasonForm, GuidelineForm, ReasonForm
from annotation.forms.people import LinkForm, MemberForm, PeopleForm, RemoveForm, RoleForm
from annotation.forms.refusals import reported_on
from annotation.models import Dataset, Decision, Membership, User
from annotation.reading.classes.table import changes_of, classes_in_use, retired_classes

SHOWN_NAMES = 1_000
# By page the forms on it, each under the name that is sent with it as `change`.
FORMS: dict[str, dict[str, type[PeopleForm]]] = {
    "people": {"member": MemberForm, "role": RoleForm, "remove": RemoveForm, "link": LinkForm},
    "question": {"settings": DatasetSettingsForm, "reason": ReasonForm, "drop_reason": DropReasonForm},
    "guidelines": {"guideline": GuidelineForm},
}


@never_cache
def people(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    made = request.session.pop("reset_link", None) if request.method == "GET" else None

    def read(of: Dataset) -> dict[str, Any]:
        return _members(of) | {"reset_link": made}

    return _page(request, dataset, "people", "annotation/lead/people.html", read)


def question(request: Request, slug: str) -> HttpResponse:
    return _page(request, dataset_for_lead(request.user, slug), "question", "annotation/lead/question.html", _asked)


def guidelines(request: Request, slug: str) -> HttpResponse:
    """All versions for whoever answers by them; leads publish the next one here."""
    member = dataset_for_lead if request.method == "POST" else dataset_for_expert
    dataset = member(request.user, slug)
    return _page(request, dataset, "guidelines", "annotation/expert/guidelines.html", _versions)


def _page(
    request: Request, dataset: Dataset, name: str, template: str, read: Callable[[Dataset], dict[str, Any]]
) -> HttpResponse:
    """The page `name` with its forms; one that was sent is saved, or shown again with what is wrong with it."""
    shown, made = {}, None
    if request.method == "POST":
        change = request.POST.get("change", "")
        form = _form(name, change)(dataset, request.POST)
        done = _saved(form, request.user)
        made = _made(form) if done else None
        if done and not made:
            messages.success(request, done)
            return _after(request, dataset, name, form)
        shown = {} if done else {change: form}
    fresh = {change: form(dataset) for change, form in FORMS[name].items() if change not in shown}
    if "guideline" in fresh and request.GET.get("gap"):
        fresh["guideline"].initial["gap"] = typed_id(request.GET["gap"])
    return render(request, template, {"dataset": dataset, "forms": fresh | shown, "made": made, **read(dataset)})


def _form(name: str, change: str) -> type[PeopleForm]:
    if change not in FORMS[name]:
        raise Http404
    return FORMS[name][change]


def _saved(form: PeopleForm, user: User) -> str | None:
    """What was done, or None with the form telling why not."""
    if form.is_valid():
        with reported_on(form):
            return form.save(user)
    return None


def _made(form: PeopleForm) -> dict[str, str] | None:
    """A user who had to be made: shown in this answer only, so neither redirected nor kept in a message's cookie."""
    if not isinstance(form, MemberForm) or form.password is None:
        return None
    return {"username": form.cleaned_data["username"], "password": form.password}


def _after(request: Request, dataset: Dataset, name: str, form: PeopleForm) -> HttpResponse:
    """Back to the page, or out of it where the lead has just left; a new guideline leads on to what it touches."""
    if isinstance(form, GuidelineForm) and form.made and form.made.version > 1:
        return redirect("touched", dataset.slug, form.made.version)
    leads = Membership.objects.filter(dataset=dataset, user=request.user, role=Membership.LEAD).exists()
    return redirect(name, dataset.slug) if leads else redirect("datasets")


def _members(dataset: Dataset) -> dict[str, Any]:
    members = (
        Membership.objects.filter(dataset=dataset).select_related("user", "dataset").order_by("-role", "user__username")
    )
    standing = Decision.objects.standing().filter(case__dataset=dataset).order_by()
    decisions = dict(standing.values_list("expert").annotate(Count("id")))
    names = dataset.annotators.of_files().still_here().select_related("user").order_by("name")
    return {
        "members": [(one, decisions.get(one.user_id, 0), RoleForm.of(one)) for one in members],
        "linked": names.filter(user__isnull=False), "names": names[:SHOWN_NAMES], "n_names": names.count(),
    }  # fmt: skip


def _asked(dataset: Dataset) -> dict[str, Any]:
    return {
        "reasons": dataset.reasons.annotate(used=Count("decision")), "classes": classes_in_use(dataset),
        "retired": retired_classes(dataset), "changes": changes_of(dataset), "change": ClassChangeForm(dataset),
    }  # fmt: skip


def _versions(dataset: Dataset) -> dict[str, Any]:
    return {"versions": dataset.guidelines.select_related("author").order_by("-version")}
