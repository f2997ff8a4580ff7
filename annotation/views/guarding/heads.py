"""What every answer says of itself beside what Django and django-csp do."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Nothing here needs a device of the reader's; what a page does not use, a script that got in can't either.
PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone",
        "midi", "payment", "serial", "usb", "browsing-topics",
    )
)  # fmt: skip


def private(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: no page is kept by a browser or a proxy, as each is of one person; the site's own files may be."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["Permissions-Policy"] = PERMISSIONS
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if not request.path.startswith(f"/{settings.STATIC_URL.lstrip('/')}"):
            response["Cache-Control"] = "private, no-store"
        return response

    return answered
