"""A page for which the database took longer than any page may: a sentence and no failure."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from annotation.views.limits.saying import said

log = logging.getLogger(__name__)
# What PostgreSQL calls a statement that was ended (appendix A of its manual, query_canceled).
ENDED = "57014"


class TellOutOfTime:
    """Middleware: what PostgreSQL ended for its time is said with 503, and logged with the page that asked for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError) or getattr(error.__cause__, "sqlstate", "") != ENDED:
            return None
        log.warning("out of time: %s %s", request.method, request.path, exc_info=error)
        answer = said(
            f"The database did not answer this page within {settings.STATEMENT_SECONDS:g} seconds, so it was given up "
            "and nothing was changed. Try again in a minute; if it happens again, tell whoever runs this server.",
            status=503,
        )
        answer["Retry-After"] = "60"
        return answer
