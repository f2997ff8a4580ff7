"""The diagnoses of a dataset."""

from django.db.models import QuerySet

from annotation.models import Dataset
from modeling.models import Diagnosis


def diagnoses_of(dataset: Dataset) -> QuerySet[Diagnosis]:
    """The newest first."""
    of = Diagnosis.objects.filter(snapshot__dataset=dataset).select_related("snapshot", "run__recipe", "job")
    return of.order_by("-id")
