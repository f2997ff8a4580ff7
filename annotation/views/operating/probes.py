"""Health and readiness, for whatever starts, watches and balances the processes. Open to all, and silent on details."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotation.reading.operating.readiness import LOOK
from annotation.views.operating.metrics import bears_token, metrics


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """This process answers. Nothing else is asked, the database least of all."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 where every part does its work, else 503. What is wrong is told to whoever has the token of the metrics."""
    parts = LOOK.take()
    told = {name: ("ok" if part.ok else "not ok") for name, part in parts.items()}
    said = {name: part.said for name, part in parts.items()} if bears_token(request) else {}
    everything = all(part.ok for part in parts.values())
    answer = {"status": "ok" if everything else "not ok", "parts": told, **({"said": said} if said else {})}
    return JsonResponse(answer, status=200 if everything else 503)


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/health/": health,
    "/ready/": ready,
    "/metrics/": metrics,
}


def answer_probes(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: probes come by the process's own address and without TLS, so they are answered before hosts and TLS
    are asked about."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else get_response(request)

    return answer
