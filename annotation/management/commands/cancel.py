from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from annotation.access import dataset_by_slug
from annotation.actions.jobs.cancel import cancel, job_by_id
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Cancel a job that is not over, together with its parts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("job", type=int)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        job = job_by_id(dataset_by_slug(options["dataset"]), options["job"])
        cancel(job, timezone.now())
        return {"job": job.pk, "status": job.status}
