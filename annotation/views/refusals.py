"""The one place where a page catches what cannot be done as asked."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from annotation.access import Request
from annotation.core.refusal import Refusal

View = Callable[..., HttpResponseBase]


def refused_to(page: str, *names: str) -> Callable[[View], View]:
    """Show a Refusal of the view as a message on `page`, a url's name; HTMX is told to go there as well.

    names: the view's own arguments that the url takes; without any it takes the slug.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except Refusal as refusal:
                url = reverse(page, kwargs={name: kwargs[name] for name in names or ("slug",)})
                if request.method == "GET" and url == request.path:
                    raise  # the page itself cannot be shown; it would send the reader to itself for ever
                messages.error(request, str(refusal))
                return HttpResponseClientRedirect(url) if request.htmx else redirect(url)

        return guarded

    return decorate
