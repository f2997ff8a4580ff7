"""The page of whoever runs the site."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from annotation.access import Request, only_operator
from annotation.reading.operating.site import site_now


@require_GET
def operator(request: Request) -> HttpResponse:
    only_operator(request.user)
    return render(request, "operator/operator.html", {"site": site_now(timezone.now())})
