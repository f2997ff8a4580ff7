"""A line of the log for every request, and its figures: what was asked for, how it was answered, how long it took."""

import logging
import time
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from annotation.core.running.log_lines import shown_path
from annotation.views.operating.metrics import count_request

log = logging.getLogger("annotation.requests")

UNCOUNTED = ("/static/", "/health/", "/ready/", "/metrics/")


def write_access_lines(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware. No query, no cookie, no body, and no part of the address that might let somebody in."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        begun = time.monotonic()
        response = get_response(request)
        if not request.path_info.startswith(UNCOUNTED):
            _tell(request, response.status_code, time.monotonic() - begun)
        return response

    return answered


def _tell(request: HttpRequest, status: int, seconds: float) -> None:
    match = request.resolver_match
    page = (match.view_name or "unnamed") if match else "none"
    count_request(page, request.method or "", status, seconds)
    if not log.isEnabledFor(logging.INFO):
        return
    known = frozenset({str(match.kwargs["slug"])}) if match and "slug" in match.kwargs else frozenset()
    # whoever was not asked for by the view is not looked up for the log's sake
    user = getattr(request, "_cached_user", None)
    who = user.pk if user is not None and user.is_authenticated else None
    fields = {
        "method": (request.method or "")[:10], "path": shown_path(request.path_info, known), "status": status,
        "ms": round(1000 * seconds, 1), "user": who, "address": visitor_address(request),
    }  # fmt: skip
    log.info(
        "%(method)s %(path)s %(status)s %(ms)s ms user %(user)s from %(address)s", fields, extra={"fields": fields}
    )


def visitor_address(request: HttpRequest) -> str:
    """Where the request came from; behind a proxy what it says, which is the last word of its header."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() if settings.BEHIND_PROXY else ""
    try:
        return str(ip_address(told)) if told else peer
    except ValueError:
        return peer
