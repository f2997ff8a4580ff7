"""What an expert sees while the database is too busy to take what they sent."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from annotation.access import Request
from annotation.bulk import DatabaseBusy

RETRY_S = 5


def kept_while_busy(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Say in one sentence that nothing was recorded. The page's script keeps the answer and sends it again by itself;
    without it the answer still stands on the page one came from. Sent again it is the same answer, recorded or not."""

    @wraps(view)
    def guarded(request: Request, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except DatabaseBusy as busy:
            headers = {"Retry-After": str(RETRY_S)}
            if request.htmx:
                return HttpResponse(str(busy), status=503, headers=headers, content_type="text/plain")
            response = render(request, "503.html", {"sentence": str(busy)}, status=503)
            response["Retry-After"] = str(RETRY_S)
            return response

    return guarded
