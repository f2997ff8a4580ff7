"""The one place where a route's role is asked for, before its view is run: deny by default.

The views load their objects through `annotation.access` as well, which knows of one object what a route can't.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils import timezone

from annotation.access import ANYONE, KEEPER, LEAD, STAFF, address_of_request, may_open
from annotation.actions.guarding.access_log import record
from annotation.actions.jobs.flood import UnableToQueue
from annotation.models import AccessRecord, Dataset, Visitor

# Looking is what is logged of these, doing of the others.
SEEN = (AccessRecord.EXPORT, AccessRecord.PEOPLE)
METHODS = ("GET", "HEAD", "POST")


def guarded(patterns: Sequence[URLPattern], roles: Mapping[str, str], log: Mapping[str, str]) -> list[URLPattern]:
    """The same routes behind doors: each opens to the role that `roles` has for its name, one that isn't there to
    nobody. `log`: name → kind of the line in the access log that opening it leaves."""
    for pattern in patterns:
        name = pattern.name or ""
        pattern.callback = door(pattern.callback, name, role_of(pattern, roles), log.get(name, ""))
    return list(patterns)


def lacks_code(user: Visitor, role: str | None) -> bool:
    """Whether the site asks more of who opens this than a password."""
    return settings.LEADS_NEED_CODE and role in (LEAD, KEEPER, STAFF) and not is_mfa_enabled(user)


def role_of(pattern: URLPattern, roles: Mapping[str, str]) -> str | None:
    """What a view that says `login_not_required` asks is said by that."""
    open_to_all = getattr(pattern.callback, "login_required", True) is False
    return ANYONE if open_to_all else roles.get(pattern.name or "")


def door(
    view: Callable[..., HttpResponseBase], name: str, role: str | None, kind: str
) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        slug = more.get("slug", "")
        if not may_open(request.user, role, slug, request.method or ""):
            raise Http404
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if lacks_code(request.user, role):
            messages.error(
                request, "Set up an app that shows codes first, or a passkey: leads log in with one on this site."
            )
            return redirect("mfa_index")
        try:
            answer = view(request, *args, **more)
        except UnableToQueue as refusal:
            messages.error(request, str(refusal))
            return redirect("jobs", slug)
        if kind and answer.status_code < 400 and (request.method == "POST" or kind in SEEN):
            _log(request, kind, name, more)
        return answer

    opened.role = role  # type: ignore[attr-defined]
    return opened


def _log(request: HttpRequest, kind: str, name: str, arguments: Mapping[str, Any]) -> None:
    dataset = Dataset.objects.filter(slug=arguments.get("slug", "")).first()
    parts = [str(one) for key, one in arguments.items() if key not in ("slug", "token", "secret")]
    what = " ".join([name.replace("_", " "), *parts])
    user = request.user if request.user.is_authenticated else None
    record(kind, user, timezone.now(), dataset=dataset, address=address_of_request(request), what=what)
