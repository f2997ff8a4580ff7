"""Ask for a job once more that failed or was cancelled."""

from annotation.actions.jobs.enqueue import enqueue_again
from annotation.core.refusal import Refusal
from annotation.models import Job, User
from annotation.reading.jobs import why_not_again


class UnableToAskAgain(Refusal):
    """The job is not over, is done, or lacks what it needs."""


def ask_again(job: Job, user: User) -> Job:
    """A new job with the same kind, parameters and seed, on the dataset as it is now; where the same was asked for
    meanwhile, that job. Raises UnableToAskAgain with what to do instead."""
    if why := why_not_again(job):
        raise UnableToAskAgain(why)
    return enqueue_again(job, user)
