"""The datasets somebody may see."""

from collections import Counter
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from annotation.access import Request
from annotation.actions.people.create_dataset import may_create
from annotation.core.names import folded
from annotation.models import Case, Dataset, Item, Job, Membership, User
from annotation.models.dataset import DatasetQuerySet
from annotation.reading.sampling.counts import count_items

SHOWN_ANNOTATORS = 25


@require_GET
def datasets(request: Request) -> HttpResponse:
    mine = list(_with_counts(Dataset.objects.for_user(request.user), request.user))
    if len(mine) == 1 and mine[0].role == Membership.EXPERT:
        return redirect("queue", mine[0].slug)
    names = Counter(folded(one.name) for one in mine)
    for one in mine:
        one.n_items = count_items(one, *Item.HERE)
        # two leads may each have made one of that name
        one.told_apart = one.slug if names[folded(one.name)] > 1 else ""
    in_use, archived = [one for one in mine if not one.archived_at], [one for one in mine if one.archived_at]
    going = Job.objects.unfinished().filter(kind="erasure").values_list("params__dataset", flat=True)
    page = {
        "datasets": in_use, "archived": archived, "waiting": sum(one.n_open for one in in_use),
        "may_create": may_create(request.user), "going": set(going) if archived else set(),
    }  # fmt: skip
    return render(request, "annotation/lead/datasets.html", page)


def _with_counts(found: DatasetQuerySet, user: User) -> QuerySet[Any]:
    """The datasets with the user's role and their open cases."""
    role = Membership.objects.filter(dataset=OuterRef("pk"), user=user).values("role")
    cases = Case.objects.open().filter(dataset=OuterRef("pk")).order_by().values("dataset").annotate(n=Count("*"))
    return found.annotate(role=Subquery(role), n_open=Coalesce(Subquery(cases.values("n")), 0))
