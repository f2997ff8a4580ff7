import os
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from annotation.actions.jobs.work import work_what_waits
from annotation.management.supervisor import Child, keep_staffed
from annotation.models import Job

# Seconds without work after which a worker leaves, and the memory of its mathematics with it.
IDLE = 60


class Command(BaseCommand):
    help = "Work jobs: those Redis rings for, or without Redis those that wait in the database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=1, help="jobs at a time")
        parser.add_argument(
            "--until-idle", type=float, metavar="SECONDS",
            help="work in this process what waits in the database, and end when nothing did for so long",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        if options["until_idle"] is not None:
            leave_when_told()
            work_what_waits(options["until_idle"])
        elif settings.REDIS_URL:
            become_celery(options["concurrency"])
        else:
            manage = [sys.executable, os.path.abspath(sys.argv[0])]
            places = [
                Child("worker", [*manage, "worker", "--until-idle", str(IDLE)]) for _ in range(options["concurrency"])
            ]
            keep_staffed(places, self.is_work_waiting, self.stderr.write)

    def is_work_waiting(self) -> bool:
        try:
            return Job.objects.to_be_worked(timezone.now()).exists()
        except DatabaseError as error:
            self.stderr.write(f"the database did not answer ({error}); trying again")
            connection.close()
            return False


def leave_when_told() -> None:
    """At SIGTERM or SIGINT the job in hand is given back, not lost."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: sys.exit(0))


def become_celery(concurrency: int) -> None:
    """Become the Celery worker: signals reach it directly and nothing of this process stays behind."""
    celery = [
        sys.executable, "-m", "celery", "--quiet", "-A", "config.celery", "worker", "--loglevel", "ERROR",
        "--pool", "prefork", "--concurrency", str(concurrency), "--without-gossip", "--without-mingle",
        "--without-heartbeat", "-Q", settings.CELERY_TASK_DEFAULT_QUEUE,
    ]  # fmt: skip
    # Celery's advice against root says nothing an operator of a container can act on.
    os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning")
    os.execv(sys.executable, celery)
