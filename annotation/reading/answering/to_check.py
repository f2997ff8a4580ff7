"""Which item tests an expert next: one of known label that they never saw, or one of their own come back."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef

from annotation.models import Case, CaseItem, Dataset, Decision, Gold, Item, Label, User
from annotation.often import AskedOften

# An expert's own case comes back after so many others.
REPEAT_AFTER = 50
# So many of the newest answers of an expert, or items of known label, are there to choose from, and FEW are asked about
# at once: to choose costs the same however much was answered.
LOOKED_AT, FEW = 2_000, 16

_known = AskedOften(
    lambda dataset: Gold.objects.filter(dataset=dataset).order_by("-id").values_list("id")[:LOOKED_AT], int
)
_said = AskedOften(
    lambda user: (
        Decision.objects.filter(expert=user).order_by("-id").values_list("id")[REPEAT_AFTER : REPEAT_AFTER + LOOKED_AT]
    ),
    int,
)
_unseen = AskedOften(
    lambda user, *gold: Gold.objects.known().filter(
        ~Exists(Label.objects.counting().filter(annotator__user=user, item=OuterRef("item"))),
        ~Exists(CaseItem.objects.filter(
            case__kind__in=Case.CHECKS, case__reserved_for=user, item=OuterRef("item")
        )),
        ~Exists(Decision.objects.standing().filter(expert=user, items=OuterRef("item"))),
        pk__in=gold,
        item__split=Item.POOL,
    ).values_list("id", "item_id"),
    int, *[int] * FEW,
)  # fmt: skip
_asked_once = AskedOften(
    lambda dataset, user, *said: Decision.objects.standing().about_pool().filter(
        ~Exists(CaseItem.objects.filter(case__kind=Case.REPEAT, case__reserved_for=user, item=OuterRef("items"))),
        pk__in=said,
        outcome=Decision.LABEL,
        case__group_digest="",
        case__dataset=dataset,
    ).values_list("id", "items"),
    int, int, *[int] * FEW,
)  # fmt: skip


def unseen_gold(dataset: Dataset, user: User, place: float) -> int | None:
    """An item (id) of known label that `user` never answered, `place` in [0, 1) chooses; None = none is left."""
    return _first_around(_known.rows(dataset.pk), place, _unseen, user.pk)


def own_again(dataset: Dataset, user: User, place: float) -> int | None:
    """An item (id) that `user` alone was asked about and labelled at least REPEAT_AFTER answers ago."""
    return _first_around(_said.rows(user.pk), place, _asked_once, dataset.pk, user.pk)


def _first_around(found: Sequence[tuple[int]], place: float, asked: AskedOften, *values: int) -> int | None:
    """Taken in a circle from `place` on, the item of the first that is among the (id, item) rows of `asked`."""
    start = int(place * len(found))
    around = [pk for (pk,) in (*found[start:], *found[:start])]
    for begin in range(0, len(around), FEW):
        few = around[begin : begin + FEW]
        item_of = dict(asked.rows(*values, *few, *[0] * (FEW - len(few))))
        if item := next((item_of[pk] for pk in few if pk in item_of), None):
            return item
    return None
