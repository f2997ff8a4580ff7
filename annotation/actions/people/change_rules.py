"""Rules of routing, fields of expertise and reservations, as a lead sets them."""

from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.actions.people.change_people import UnableToChange
from annotation.models import Dataset, Expertise, RoutingRules, User
from annotation.reading.experts.measured_skill import measure_experts
from annotation.reading.experts.open_arrays import forget
from annotation.reading.experts.routing_rules import rules_of


def change_rules(rules: RoutingRules, dataset: Dataset, lead: User, based_on: int, now: datetime) -> RoutingRules:
    """Append `rules`, not saved yet, as the next version; `based_on` is the version the lead saw, 0 = the defaults.

    Raises UnableToChange where another version came meanwhile.
    """
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        version = rules_of(dataset).version
        if version != based_on:
            raise UnableToChange("The rules were changed while you looked; read them first, then change them again.")
        rules.pk, rules.dataset, rules.version, rules.author, rules.created_at = None, dataset, version + 1, lead, now
        rules.save(force_insert=True)
    forget(dataset)
    return rules


def declare_field(dataset: Dataset, user: User, kind: str, name: str, value: str) -> None:
    """Say that cases of this source, class or value of a category are the member's; measured skill is added to it."""
    with transaction.atomic():
        Expertise.objects.get_or_create(dataset=dataset, user=user, kind=kind, name=name, value=value)
        _measure_again(dataset)


def drop_field(field: Expertise) -> None:
    with transaction.atomic():
        dataset = field.dataset
        field.delete()
        _measure_again(dataset)


def _measure_again(dataset: Dataset) -> None:
    estimate = measure_experts(dataset)
    if estimate:
        estimate.save()
    forget(dataset)
