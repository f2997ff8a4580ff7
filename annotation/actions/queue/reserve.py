"""Keeping cases for a person, now and as they open."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from annotation.core.refusal import Refusal
from annotation.models import Annotator, Case, CaseItem, CurrentLabel, Dataset, Label, LabelClass, Reservation, User
from annotation.models.review import CaseQuerySet


class UnableToReserve(Refusal):
    """Nothing says which cases to keep."""


def reserve(
    dataset: Dataset, user: User, annotator: Annotator | None, label_class: LabelClass | None, lead: User, now: datetime
) -> int:
    """Keep for `user` the open cases whose items `annotator` called `label_class`, now and as they open; None is any.

    Returns how many are kept now. Cases that somebody holds stay with them.
    """
    if annotator is None and label_class is None:
        raise UnableToReserve("Say whose labels, or which class, the cases are to have.")
    with transaction.atomic():
        made = Reservation.objects.create(
            dataset=dataset, annotator=annotator, label_class=label_class, user=user, lead=lead, created_at=now
        )
        return _keep(made, now)


def keep_reserved(dataset: Dataset, now: datetime) -> None:
    """Keep what has opened since for whom the reservations name, the newest first."""
    for one in dataset.reservations.order_by("-id"):
        _keep(one, now)


def release_reserved(reservation: Reservation) -> None:
    """Drop the reservation; its open cases are anybody's again."""
    with transaction.atomic():
        _its_cases(reservation).filter(reserved_for=reservation.user).update(reserved_for=None)
        reservation.delete()


def _keep(reservation: Reservation, now: datetime) -> int:
    free = _its_cases(reservation).filter(reserved_for=None).exclude(leased_until__gt=now)
    return Case.objects.filter(pk__in=free.values("pk")).update(reserved_for=reservation.user)


def _its_cases(reservation: Reservation) -> CaseQuerySet:
    if reservation.annotator_id:
        given = Label.objects.counting().filter(annotator=reservation.annotator_id)
        named = Q(label_class=reservation.label_class_id) if reservation.label_class_id else Q()
        covered = CaseItem.objects.filter(item__in=given.filter(named).values("item")).values("case")
    else:
        held = CurrentLabel.objects.in_force().filter(label_class=reservation.label_class_id)
        covered = CaseItem.objects.filter(item__in=held.values("item")).values("case")
    return reservation.dataset.cases.open().filter(pk__in=covered, part_of=None)
