"""Figures for Prometheus: of requests by the process that answered them, of everything else by the database, when they
are asked for.

With several processes on a machine each writes into files of one folder, which the web server names in
PROMETHEUS_MULTIPROC_DIR, and whichever is asked answers for all.
"""

import hmac
import os
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from annotation.reading.operating.figures import SiteFigures, site_figures
from annotation.reading.operating.readiness import LOOK

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
REQUESTS = Histogram(
    "secondlook_request_seconds", "Seconds a request took, by the page asked for.", ["page", "method"], buckets=BUCKETS
)
ANSWERS = Counter("secondlook_answers", "Answers by page and status.", ["page", "method", "status"])
METHODS = {"GET", "HEAD", "POST"}


def count_request(page: str, method: str, status: int, seconds: float) -> None:
    """page: the name of its address; one that leads nowhere is none, so that nobody makes up new ones."""
    method = method if method in METHODS else "other"
    REQUESTS.labels(page, method).observe(seconds)
    ANSWERS.labels(page, method, str(status)).inc()


def bears_token(request: HttpRequest) -> bool:
    """Whether the request has the token of the metrics; without one in the settings nobody has."""
    given, expected = request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(given.encode(), expected.encode())


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever has the token; without one in the settings there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not bears_token(request):
        return HttpResponse("Send the token of the metrics.\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    registry.register(SiteCollector())
    return registry


class SiteCollector:
    """What the database says now, for all machines alike."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        yield _gauge("secondlook_ready", "1 where that part of the site does its work.", ["part"], [
            ([name], float(part.ok)) for name, part in LOOK.take().items()
        ])  # fmt: skip
        try:
            yield from _families(site_figures(timezone.now()))
        except DatabaseError:
            connection.close()


def _families(now: SiteFigures) -> Iterator[Metric]:
    jobs = [([kind, status], float(n)) for (kind, status), n in now.jobs.items()]
    yield _gauge("secondlook_jobs", "Jobs that are not over.", ["kind", "status"], jobs)
    over = [([one.kind, one.status], one) for one in now.over]
    both = ["kind", "status"]
    yield _gauge(
        "secondlook_jobs_over_last_hour", "Jobs that ended within an hour.", both, [(k, one.n) for k, one in over]
    )
    yield _gauge("secondlook_job_seconds_mean", "Their mean duration.", both, [(k, one.mean_s) for k, one in over])
    yield _gauge("secondlook_job_seconds_max", "Their longest.", both, [(k, one.most_s) for k, one in over])
    heard = [([kind], float(n)) for kind, n in now.heard.items()]
    yield _gauge("secondlook_processes", "Processes heard from lately.", ["kind"], heard)
    for name, said, value in (
        ("oldest_waiting_job_seconds", "Age of the oldest job that no worker has taken.", now.oldest_waiting_s),
        ("leases", "Cases that experts hold.", now.leases),
        ("oldest_lease_seconds", "Since when the longest held of them is held.", now.oldest_lease_s),
        ("decisions_last_5_minutes", "Decisions within five minutes.", now.decisions),
        ("silent_processes", "Processes that fell silent and were not replaced.", now.silent),
        ("disk_free_bytes", "Free on the disk of the data folder.", now.disk_free),
        ("disk_bytes", "Size of that disk.", now.disk_total),
    ):
        yield _gauge(f"secondlook_{name}", said, [], [([], float(value))])


def _gauge(name: str, said: str, labels: list[str], rows: list[tuple[list[str], float]]) -> Metric:
    family = GaugeMetricFamily(name, said, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family
