"""The door for Celery. Nothing imports this module: `enqueue` rings the task by its name."""

from celery import shared_task

from annotation.actions.jobs.work import work_in_turn


@shared_task(name="work")
def work(job_id: int) -> None:
    work_in_turn(job_id)
