"""Rows of files that were left out for a label that is no class, so that nothing scored on the others is taken for
everything."""

from django.db.models import QuerySet

from annotation.models import CurrentLabel, Dataset, LeftOutRow

# Why such rows are not in a snapshot, among what it left out.
UNKNOWN_CLASS = "unknown_class"
NAMED = 5


def unknown_rows(dataset: Dataset, split: str) -> int:
    """External ids of `split` that were left out so and carry no label now."""
    left = set(_left_out(dataset, split).values_list("external_id", flat=True))
    if not left:
        return 0
    held = CurrentLabel.objects.in_force().filter(
        item__dataset=dataset, item__split=split, item__external_id__in=left, state=CurrentLabel.LABELLED
    )
    return len(left - set(held.values_list("item__external_id", flat=True)))


def unknown_classes(dataset: Dataset, split: str) -> list[str]:
    """What such rows say, up to NAMED of it."""
    said = _left_out(dataset, split).order_by("said").values_list("said", flat=True).distinct()
    return list(said[:NAMED])


def _left_out(dataset: Dataset, split: str) -> QuerySet[LeftOutRow]:
    return LeftOutRow.objects.filter(file_import__dataset=dataset, file_import__split=split,
                                     file_import__taken_back=None)  # fmt: skip
