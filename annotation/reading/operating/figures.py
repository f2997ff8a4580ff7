"""What the database says of the site in figures, for the metrics and for the operator's page. Every query is bounded:
by what is not over, or by the newest rows."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max, Min

from annotation.models import Case, Decision, Job, Process

NEWEST_JOBS, NEWEST_DECISIONS = 2_000, 20_000
LATELY = timedelta(hours=1)


@dataclass(frozen=True)
class OverLately:
    """Jobs of one kind and outcome that ended within the last hour, of the newest NEWEST_JOBS. Seconds from the start
    of the last attempt to the end."""

    kind: str
    status: str
    n: int
    mean_s: float
    most_s: float


@dataclass(frozen=True)
class SiteFigures:
    """waiting, running: (kind, status) → jobs. Ages in seconds; 0 where there is nothing. decisions: within the last
    five minutes. silent: processes that were not heard from for SILENT_SECONDS."""

    jobs: dict[tuple[str, str], int]
    oldest_waiting_s: float
    over: Sequence[OverLately]
    leases: int
    oldest_lease_s: float
    decisions: int
    heard: dict[str, int]
    silent: int
    disk_free: int
    disk_total: int


def site_figures(now: datetime) -> SiteFigures:
    jobs = Job.objects.unfinished().values_list("kind", "status").annotate(n=Count("*")).order_by("kind", "status")
    asked = Job.objects.filter(status=Job.QUEUED, parent=None).aggregate(at=Min("created_at"))["at"]
    leased = Case.objects.filter(leased_to__isnull=False, leased_until__gt=now)
    held = leased.aggregate(n=Count("*"), at=Min("leased_at"))
    disk = shutil.disk_usage(settings.DATA_DIR)
    processes = Process.objects.heard_within(settings.SILENT_SECONDS).values_list("kind").annotate(n=Count("*"))
    return SiteFigures(
        jobs={(kind, status): n for kind, status, n in jobs},
        oldest_waiting_s=_age(asked, now),
        over=_over_lately(now),
        leases=held["n"],
        oldest_lease_s=_age(held["at"], now),
        decisions=_decisions(now),
        heard=dict(processes.order_by("kind")),
        silent=Process.objects.silent_for(settings.SILENT_SECONDS).count(),
        disk_free=disk.free,
        disk_total=disk.total,
    )


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0


def _over_lately(now: datetime) -> list[OverLately]:
    newest = Job.objects.aggregate(pk=Max("pk"))["pk"] or 0
    took = ExpressionWrapper(F("finished_at") - F("started_at"), DurationField())
    rows = (
        Job.objects.filter(pk__gt=newest - NEWEST_JOBS, finished_at__gt=now - LATELY)
        .values_list("kind", "status")
        .annotate(n=Count("*"), mean=Avg(took), most=Max(took))
        .order_by("kind", "status")
    )
    return [OverLately(kind, status, n, _seconds(mean), _seconds(most)) for kind, status, n, mean, most in rows]


def _seconds(took: timedelta | None) -> float:
    return took.total_seconds() if took else 0.0


def _decisions(now: datetime) -> int:
    newest = Decision.objects.aggregate(pk=Max("pk"))["pk"] or 0
    recent = Decision.objects.filter(pk__gt=newest - NEWEST_DECISIONS, created_at__gt=now - timedelta(minutes=5))
    return recent.count()
