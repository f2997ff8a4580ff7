import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Work jobs as they are rung."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=1, help="jobs at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        """Becomes the Celery worker: signals reach it directly and nothing of this process stays behind."""
        celery = [
            sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--loglevel", "ERROR",
            "--pool", "prefork", "--concurrency", str(options["concurrency"]), "--without-gossip", "--without-mingle",
            "--without-heartbeat", "-Q", settings.CELERY_TASK_DEFAULT_QUEUE,
        ]  # fmt: skip
        # Celery's advice against root says nothing an operator of a container can act on.
        os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning")
        os.execv(sys.executable, celery)
