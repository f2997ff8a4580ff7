"""The operator's page: processes, jobs, leases that are stuck, disk, versions and what failed lately."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import django
from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.db.models.functions import Now

from annotation.core.running.version import VERSION
from annotation.models import Case, Job, Process
from annotation.reading.operating.figures import SiteFigures, site_figures
from annotation.reading.operating.readiness import LOOK, Parts

SHOWN = 20
STUCK = timedelta(hours=1)


@dataclass(frozen=True)
class ShownProcess:
    """silent_s: seconds since it was last heard from, by the database's clock."""

    process: Process
    silent_s: float

    @property
    def silent(self) -> bool:
        return self.silent_s > settings.SILENT_SECONDS


@dataclass(frozen=True)
class SiteNow:
    """overdue: (dataset's name, cases whose lease ended over an hour ago and that nobody took since)."""

    parts: Parts
    figures: SiteFigures
    processes: Sequence[ShownProcess]
    failed: Sequence[Job]
    under_way: Sequence[Job]
    overdue: Sequence[tuple[str, int]]
    versions: Sequence[tuple[str, str]]

    @property
    def heading(self) -> str:
        wrong = [name for name, part in self.parts.items() if not part.ok]
        if not wrong:
            return "The site is ready"
        return f"The site is not ready: see {', '.join(wrong)}"


def site_now(now: datetime) -> SiteNow:
    jobs = Job.objects.select_related("dataset", "created_by").defer("result", "params")
    failed = jobs.filter(status=Job.FAILED).not_asked_again().order_by("-id")[:SHOWN]
    return SiteNow(
        parts=LOOK.take(),
        figures=site_figures(now),
        processes=_processes(),
        failed=list(failed),
        under_way=list(jobs.unfinished().filter(parent=None).order_by("id")[:SHOWN]),
        overdue=_overdue(now),
        versions=_versions(),
    )


def _processes() -> list[ShownProcess]:
    rows = Process.objects.select_related("job").annotate(here=Now()).order_by("kind", "host", "started_at")[:200]
    return [ShownProcess(row, max(0.0, (row.here - row.heard_at).total_seconds())) for row in rows]


def _overdue(now: datetime) -> list[tuple[str, int]]:
    stuck = Case.objects.open().filter(leased_to__isnull=False, leased_until__lt=now - STUCK)
    return list(stuck.values_list("dataset__name").annotate(n=Count("*")).order_by("dataset__name")[:SHOWN])


def _versions() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()" if connection.vendor == "postgresql" else "SELECT sqlite_version()")
        database = str(cursor.fetchone()[0]).split(" (")[0]
    if connection.vendor == "sqlite":
        database = f"SQLite {database}"
    return [
        ("Second Look", VERSION),
        ("Database", database),
        ("Django", django.get_version()),
        ("Python", platform.python_version()),
    ]
