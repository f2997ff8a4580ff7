import math
import signal
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from annotation.actions.guarding.prune import prune_accesses
from annotation.actions.jobs.reap import Silence, reap
from annotation.actions.operating.show_life import LifeOf, forget_long_silent, take_leave
from annotation.actions.queue.stuck import sweep_stuck
from annotation.core.running.alive import say_alive, say_ready
from annotation.models import Process

# Seconds between two looks for cases that no expert is left for, and for what is kept no longer.
SWEEP_EVERY = 300.0


class Command(BaseCommand):
    help = "Give jobs of dead workers back, ring again for jobs nobody picked up, and pass on cases nobody is left for."
    requires_system_checks = []
    swept_at = -math.inf

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, help="seconds between two rounds")
        parser.add_argument("--once", action="store_true", help="one round only")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            self.go_round(None)
            return
        life, silence = LifeOf(Process.REAPER), Silence()
        say_ready()
        try:
            signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
            while True:
                say_alive()
                life.show()
                self.go_round(silence)
                time.sleep(options["every"])
        finally:
            take_leave()

    def go_round(self, silence: Silence | None) -> None:
        try:
            if time.monotonic() - self.swept_at > SWEEP_EVERY:
                self.swept_at = time.monotonic()
                sweep_stuck(timezone.now())
                forget_long_silent()
                prune_accesses(timezone.now())
            for job in reap(timezone.now(), silence):
                self.stderr.write(f"job {job} waits for a worker again")
        except DatabaseError as error:
            self.stderr.write(f"the database did not answer ({error}); trying again")
            connection.close()
