"""How many jobs one person may have waiting in one dataset: more would hold up everybody else's."""

from annotation.core.refusal import Refusal
from annotation.models import Job

MOST = 30


class UnableToQueue(Refusal):
    """Too many of this person's jobs wait already."""


def refuse_flood(job: Job) -> None:
    """Raises UnableToQueue where `job` would be one too many of its asker; those by command are never."""
    if job.created_by is None or job.parent is not None or job.dataset is None:
        return
    theirs = Job.objects.unfinished().filter(dataset=job.dataset, created_by=job.created_by, parent=None)
    if theirs[:MOST].count() >= MOST:
        raise UnableToQueue(
            f"You have {MOST} jobs that are not over in this dataset; wait for one of them to end, or cancel one."
        )
