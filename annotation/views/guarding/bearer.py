"""Scripts come with a key instead of a session: `Authorization: Bearer …`. It opens a few routes and no other."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from annotation.access import address_of_request
from annotation.actions.guarding.access_log import record
from annotation.actions.guarding.throttle import UnableToTry
from annotation.actions.guarding.tokens import token_behind
from annotation.actions.guarding.tries import try_link
from annotation.models import AccessRecord, AccessToken
from annotation.views.guarding.paused import paused

SCHEME = "Bearer "
# Route → the scope that opens it.
SCOPES: dict[str, str] = {
    "download_export": AccessToken.EXPORT,
    "import_by_script": AccessToken.IMPORT,
    "job_by_script": AccessToken.READ,
}
# What a key for imports or exports may look at as well, to learn what became of them.
ALSO = {"job_by_script": (AccessToken.READ, AccessToken.IMPORT, AccessToken.EXPORT)}


class ByToken:
    """Middleware, before any other that looks at who asks: with a key, its owner does, whatever session came with it.

    The forms' own token is not asked for: a browser adds no such head by itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, named: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        head = request.headers.get("Authorization", "")
        if not head.startswith(SCHEME):
            return None
        try:
            with try_link(address_of_request(request), timezone.now()) as right:
                token = token_behind(head.removeprefix(SCHEME).strip(), timezone.now())
                right.append(token is not None)
        except UnableToTry as refusal:
            return paused(JsonResponse({"error": str(refusal)}), refusal.seconds)
        if token is None:
            return JsonResponse(
                {"error": "This key does not work: it is none, has run out or was revoked."}, status=401
            )
        name = request.resolver_match.url_name if request.resolver_match else ""
        if (
            token.scope not in ALSO.get(name or "", (SCOPES.get(name or ""),))
            or named.get("slug") != token.dataset.slug
        ):
            return JsonResponse({"error": "This key does not open this address."}, status=403)
        request.user = token.user
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        address, what = address_of_request(request), f"key {token.pk}: {name}"
        record(
            AccessRecord.TOKEN, token.user, timezone.now(), dataset=token.dataset, address=address, what=what
        )  # fmt: skip
        return None
