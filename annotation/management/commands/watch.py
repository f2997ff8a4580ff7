import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from annotation.management.supervisor import Child, supervise


class Command(BaseCommand):
    help = "Run the worker or the reaper, and replace it when it dies or shows no life. For containers."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("worker", "reaper"))

    def handle(self, *args: Any, **options: Any) -> None:
        command = [sys.executable, os.path.abspath(sys.argv[0]), options["what"]]
        supervise([Child(options["what"], command, watched=True)], self.stderr.write, lambda: None)
