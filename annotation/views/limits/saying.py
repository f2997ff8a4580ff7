"""One plain sentence as a page that needs neither database nor session."""

from django.http import HttpResponse
from django.template.loader import render_to_string


def said(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(render_to_string("sentence.html", {"sentence": sentence}), status=status)
