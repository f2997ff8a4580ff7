"""The one Celery app, where there is a Redis. The job row is the truth; Redis is only a doorbell."""

import os
import signal
import sys
from typing import Any

from celery import Celery, bootsteps
from celery.signals import worker_process_init

from annotation.core.running.alive import say_alive

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("secondlook")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class ShowLife(bootsteps.StartStopStep):
    """From the main loop of the worker, so that one that hangs is found and replaced."""

    requires = {"celery.worker.components:Timer"}
    EVERY = 2.0

    def start(self, worker: Any) -> None:
        worker.timer.call_repeatedly(self.EVERY, say_alive)


app.steps["worker"].add(ShowLife)


@worker_process_init.connect
def give_back_when_told(**kwargs: Any) -> None:
    """A process that is told to end gives back the job in hand."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
