"""No null character comes any further: PostgreSQL keeps none, and no text of anybody's needs one."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase

from annotation.views.limits.saying import said

NUL = "\0"
SENTENCE = (
    "What was sent holds a null character (U+0000), which no text here can hold, so nothing was done. Go back, take it "
    "out and send the rest again."
)


class RefuseNul:
    """Middleware: address, cookies, forms and the names of files, for every page there is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # before anything reads the session or an object by what the address says
        if _holds_nul(chain([request.path], *_texts(request.GET.lists()), request.COOKIES.values())):
            return said(SENTENCE, status=400)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        try:
            forms = chain(*_texts(request.POST.lists()))
            names = [str(getattr(one, "name", "")) for _, files in request.FILES.lists() for one in files]
        except UnreadablePostError:  # whoever sent it has gone
            return None
        return said(SENTENCE, status=400) if _holds_nul(chain(forms, names)) else None


def _texts(lists: Iterable[tuple[str, list[Any]]]) -> Iterator[list[str]]:
    for name, values in lists:
        yield [name, *map(str, values)]


def _holds_nul(texts: Iterable[str]) -> bool:
    return any(NUL in text for text in texts)
