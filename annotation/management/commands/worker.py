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
from annotation.actions.operating.show_life import LifeOf, take_leave
from annotation.core.running.alive import say_alive, say_ready
from annotation.management.supervisor import PATIENCE, Child, keep_staffed, supervise
from annotation.models import Job, Process
from annotation.models.job import HEAVY, QUICK

# Seconds without work after which a worker leaves, and the memory of its mathematics with it.
IDLE = 60
# Told to end, Celery ends its processes at once, and each gives back the job in hand. Its advice against root says
# nothing an operator of a container can act on.
IN_CELERY = {
    "REMAP_SIGTERM": "SIGQUIT",
    "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", "ignore::UserWarning"),
}


class Command(BaseCommand):
    help = "Work jobs: those Redis rings for, or without Redis those that wait in the database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=1, help="jobs at a time")
        parser.add_argument(
            "--only", choices=(QUICK, HEAVY), help="take quick jobs only, such as a new order of the queue, or the rest"
        )
        parser.add_argument(
            "--until-idle", type=float, metavar="SECONDS",
            help="work in this process what waits in the database, and end when nothing did for so long",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        if options["until_idle"] is not None:
            leave_when_told()
            work_what_waits(options["until_idle"])
            take_leave()
            return
        self.life, self.lane = LifeOf(Process.WORKER), options["only"] or settings.WORKS
        lane = {"SECONDLOOK_WORKS": self.lane}
        say_ready()
        # rings are for all: who takes quick jobs alone looks for them, so that none waits where a ring was answered
        if settings.REDIS_URL and self.lane != QUICK:
            command = celery_command(options["concurrency"])
            celery = Child("celery", command, watched=True, environment=IN_CELERY | lane)
            supervise([celery], self.say, self.show_life, self.show_life, PATIENCE - 2)
        else:
            manage = [sys.executable, os.path.abspath(sys.argv[0])]
            command = [*manage, "worker", "--until-idle", str(IDLE)]
            places = [Child("worker", command, True, lane) for _ in range(options["concurrency"])]
            keep_staffed(places, self.is_work_waiting, self.say, meanwhile=self.show_life)
        take_leave()

    def say(self, text: str) -> None:
        self.stderr.write(text)

    def show_life(self) -> None:
        say_alive()
        self.life.show()

    def is_work_waiting(self) -> bool:
        try:
            return Job.objects.to_be_worked(timezone.now(), self.lane).exists()
        except DatabaseError as error:
            self.stderr.write(f"the database did not answer ({error}); trying again")
            connection.close()
            return False


def leave_when_told() -> None:
    """At SIGTERM or SIGINT the job in hand is given back, not lost."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: sys.exit(0))


def celery_command(concurrency: int) -> list[str]:
    return [
        sys.executable, "-m", "celery", "--quiet", "-A", "config.celery", "worker", "--loglevel", "ERROR",
        "--pool", "prefork", "--concurrency", str(concurrency), "--without-gossip", "--without-mingle",
        "--without-heartbeat", "-Q", settings.CELERY_TASK_DEFAULT_QUEUE,
    ]  # fmt: skip
