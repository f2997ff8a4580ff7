"""Keeping cases for a person, now and as they open."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from annotation.core.refusal import Refusal
from annotation.models import (
    Annotator,
    Case,
    CaseItem,
    CurrentLabel,
    Dataset,
    Decision,
    Label,
    LabelClass,
    Reservation,
    Skip,
    User,
)
from annotation.models.review import CaseQuerySet
from annotation.reading.experts.routing_rules import paused_in


class UnableToReserve(Refusal):
    """Nothing says which cases to keep."""


def reserve(
    dataset: Dataset, user: User, annotator: Annotator | None, label_class: LabelClass | None, lead: User, now: datetime
) -> int:
    """Keep for `user` the open cases whose items `annotator` called `label_class`, now and as they open; None is any.

    Returns how many are kept now. Cases that somebody holds stay with them, and those that `user` may not have with
    everybody.
    """
    if annotator is None and label_class is None:
        raise UnableToReserve("Say whose labels, or which class, the cases are to have.")
    with transaction.atomic():
        made = Reservation.objects.create(
            dataset=dataset, annotator=annotator, label_class=label_class, user=user, lead=lead, created_at=now
        )
        return _keep(made, now)


def keep_reserved(dataset: Dataset, now: datetime) -> None:
    """Keep what has opened since for whom the reservations name, the newest first; for nobody who is paused."""
    for one in dataset.reservations.exclude(user__in=paused_in(dataset.pk)).order_by("-id"):
        _keep(one, now)


def release_reserved(reservation: Reservation) -> None:
    """Drop the reservation; its open cases are anybody's again."""
    with transaction.atomic():
        _its_cases(reservation).filter(reserved_for=reservation.user).update(reserved_for=None)
        reservation.delete()


def give_up_reserved(dataset: Dataset, user: User) -> None:
    """The open cases kept for `user` are anybody's again; what tests them stays theirs."""
    dataset.cases.open().filter(reserved_for=user).update(reserved_for=None)


def _keep(reservation: Reservation, now: datetime) -> int:
    free = _its_cases(reservation).filter(reserved_for=None, awaits=Case.EXPERTS).exclude(leased_until__gt=now)
    free = free.exclude(pk__in=_closed_to(reservation.user))
    return Case.objects.filter(pk__in=free.values("pk")).update(reserved_for=reservation.user)


def _closed_to(user: User) -> QuerySet[Any, Any]:
    """Ids of cases with an item that `user` labelled or answered without a label, and of those `user` passed on."""
    labelled = Label.objects.counting().filter(annotator__user=user).values("item")
    answers = Decision.objects.standing().filter(expert=user, outcome__in=Decision.WITHOUT_LABEL).values("items")
    theirs = CaseItem.objects.filter(Q(item__in=labelled) | Q(item__in=answers)).values("case")
    return theirs.union(Skip.objects.standing().filter(expert=user).values("case"))


def _its_cases(reservation: Reservation) -> CaseQuerySet:
    named = reservation.label_class
    # of a class that became another the cases of that one
    wanted = named and (named.became_id or named.pk)
    if reservation.annotator_id:
        given = Label.objects.counting().filter(annotator=reservation.annotator_id)
        if wanted is not None:
            given = given.filter(Q(label_class=wanted) | Q(label_class__became=wanted))
        covered = CaseItem.objects.filter(item__in=given.values("item")).values("case")
    else:
        held = CurrentLabel.objects.in_force().filter(label_class=wanted)
        covered = CaseItem.objects.filter(item__in=held.values("item")).values("case")
    return reservation.dataset.cases.open().exclude(kind=Case.PRODUCTION).filter(pk__in=covered, part_of=None)
