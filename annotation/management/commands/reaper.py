import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from annotation.actions.jobs.reap import reap


class Command(BaseCommand):
    help = "Give jobs of dead workers back, and ring again for jobs nobody picked up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, help="seconds between two rounds")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            try:
                for job in reap(timezone.now()):
                    self.stderr.write(f"job {job} was rung again")
            except DatabaseError as error:
                self.stderr.write(f"the database did not answer ({error}); trying again")
                connection.close()
            time.sleep(options["every"])
