"""The job that describes a run with too many rows to be described while a page waits."""

from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import Write
from annotation.core.progress import Report
from annotation.models import Job, User
from annotation.reading.pool_evidence import state_of
from modeling.models import ModelRun
from modeling.reading.run_description import KIND, as_json, describe


def request_description(run: ModelRun, *, user: User | None = None, background: bool = True) -> Job:
    """The job that describes it; the same run while no label has changed is the same job."""
    inputs = state_of(run.dataset)
    return enqueue(KIND, run.dataset, {"run": run.pk}, inputs=inputs, user=user, background=background)


def run(job: Job, report: Report) -> Write:
    found = ModelRun.objects.select_related("snapshot__dataset", "predictions").get(pk=job.params["run"])
    report("reading what it said out of fold", 0.1)
    described = as_json(describe(found))
    return lambda: described
