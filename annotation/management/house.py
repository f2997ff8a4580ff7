"""What every command of the house shares: one JSON line on stdout, one sentence for an error, exit code 1."""

import json
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from annotation.actions.jobs.work import work_here
from annotation.core.refusal import Refusal
from annotation.models import Job

MOST_SEED = 2**31 - 1
NO_TABLE = re.compile(r"no such (table|column)|(relation|column) .* does not exist")


class HouseCommand(BaseCommand):
    """A command whose `act(options)` returns what it did as a dict, or a sentence for people."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        except DatabaseError as error:
            if not NO_TABLE.search(str(error)):
                raise
            said = "The database has no tables yet, or old ones. Run make up, or manage.py migrate."
            raise CommandError(said) from None

    def handle(self, *args: Any, **options: Any) -> None:
        result = self.act(options)
        if options.get("json"):
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            for key, value in result.items():
                self.stdout.write(f"{key}: {readable(value)}")

    def act(self, options: dict[str, Any]) -> Mapping[str, object]:
        raise NotImplementedError


def readable(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def add_seed(parser: ArgumentParser) -> None:
    parser.add_argument("--seed", type=_seed, default=0)


def _seed(written: str) -> int:
    """Whatever draws at random takes no negative seed, and the database keeps none beyond 31 bits."""
    if not written.isdecimal() or int(written) > MOST_SEED:
        raise ArgumentTypeError(f"{written!r} is not a seed; give a whole number from 0 to {MOST_SEED}.")
    return int(written)


def add_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print exactly one line of JSON")


def add_background(parser: ArgumentParser) -> None:
    parser.add_argument("--background", action="store_true", help="leave the job to a worker and return at once")


def finish(job: Job, options: dict[str, Any]) -> dict[str, Any]:
    """The job's result, worked here unless --background was given."""
    if options.get("background"):
        return {"job": job.pk, "status": job.status}
    if job.is_over:
        print(f"Job {job.pk} did exactly this before; nothing was done again.", file=sys.stderr)
    return work_here(job).result or {}
