"""The datasets somebody may see."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from annotation.access import Request
from annotation.actions.people.create_dataset import may_create
from annotation.models import Case, Dataset, Item, Membership, User
from annotation.models.dataset import DatasetQuerySet

SHOWN_ANNOTATORS = 25


@require_GET
def datasets(request: Request) -> HttpResponse:
    mine = list(_with_counts(Dataset.objects.for_user(request.user), request.user))
    if len(mine) == 1 and mine[0].role == Membership.EXPERT:
        return redirect("queue", mine[0].slug)
    page = {"datasets": mine, "waiting": sum(one.n_open for one in mine), "may_create": may_create(request.user)}
    return render(request, "annotation/lead/datasets.html", page)


def _with_counts(found: DatasetQuerySet, user: User) -> QuerySet[Any]:
    """The datasets with the user's role, their items and their open cases."""
    role = Membership.objects.filter(dataset=OuterRef("pk"), user=user).values("role")
    items = (
        Item.objects.filter(dataset=OuterRef("pk"), taken_back=0).order_by().values("dataset").annotate(n=Count("*"))
    )
    cases = Case.objects.open().filter(dataset=OuterRef("pk")).order_by().values("dataset").annotate(n=Count("*"))
    return found.annotate(
        role=Subquery(role), n_items=Coalesce(Subquery(items.values("n")), 0),
        n_open=Coalesce(Subquery(cases.values("n")), 0),
    )  # fmt: skip
