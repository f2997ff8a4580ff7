"""A name for every request, and the page of a failure that tells it. Nothing here asks the database."""

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from annotation.core.log_ids import log_as

HEADER = "X-Request-ID"
# What a proxy in front may have named a request; anything else could write lines of its own into the log.
NAME = re.compile(r"[A-Za-z0-9._-]{6,64}")


def name_requests(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: the name the request came with, or a new one, stands on the log's lines and in the answer's head."""

    def named(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "") if settings.BEHIND_PROXY else ""
        name = given if NAME.fullmatch(given) else secrets.token_hex(6)
        request.META["request_name"] = name
        with log_as(f"request {name}"):
            response = get_response(request)
        response[HEADER] = name
        return response

    return named


def server_error(request: HttpRequest) -> HttpResponse:
    """Shown when a view raised what nobody expected; no context processor, for none can be trusted now."""
    return HttpResponseServerError(render_to_string("500.html", {"name": request.META.get("request_name", "")}))
