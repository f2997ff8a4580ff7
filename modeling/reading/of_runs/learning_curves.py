"""A run's learning curve as the newest job measured it."""

from annotation.models import Job
from modeling.core.fitting.stored import RunLearningCurve
from modeling.models import ModelRun

KIND = "learning_curve"


def curve_of(run: ModelRun) -> RunLearningCurve | None:
    """The newest curve of the run as `as_json` gives it, None where nobody has asked for one."""
    done = run.asked(KIND).filter(status=Job.DONE).first()
    return done.result if done else None


def curve_under_way(run: ModelRun) -> Job | None:
    return run.asked(KIND).filter(status__in=Job.UNFINISHED).first()
