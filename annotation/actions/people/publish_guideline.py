"""A new version of the text on how to label."""

from django.db import transaction

from annotation import bulk
from annotation.actions.people.change_people import UnableToChange
from annotation.models import Dataset, Decision, Guideline, User


def publish_guideline(
    dataset: Dataset, text: str, user: User, based_on: int, closes_gap: Decision | None = None
) -> Guideline:
    """Append the next version; `based_on` is the version its author saw, 0 = none. `closes_gap`: the adjudication that
    found what the earlier ones do not say.

    The same text again is the same version. Raises UnableToChange where the newest is not the one that was seen.
    """
    with transaction.atomic():
        bulk.lock_dataset(dataset)
        newest = dataset.guideline
        version = newest.version if newest else 0
        if newest and newest.text == text:
            return newest
        if version != based_on:
            raise UnableToChange(
                f"Version {version} was published while you wrote; read it first, then publish yours again."
            )
        return Guideline.objects.create(
            dataset=dataset, version=version + 1, text=text, author=user, closes_gap=closes_gap
        )
