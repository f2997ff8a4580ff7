"""What decisions brought, as last measured, and what a lead asks of the next."""

from annotation.models import Dataset, Job
from modeling.models import ReturnCurve, StopRule


def rule_of(dataset: Dataset) -> StopRule | None:
    """The stop rule in force; None where nobody has said what decisions must gain."""
    return dataset.stop_rules.order_by("-id").first()


def newest_curve(dataset: Dataset) -> ReturnCurve | None:
    found = ReturnCurve.objects.filter(run__snapshot__dataset=dataset).select_related("run__recipe", "snapshot", "job")
    return found.order_by("-id").first()


def measuring(dataset: Dataset) -> Job | None:
    """The job that measures it now."""
    return dataset.jobs.unfinished().filter(kind="returns").order_by("-id").first()
