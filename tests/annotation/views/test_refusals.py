import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpResponse
from django.test import RequestFactory

from annotation.core.refusal import Refusal
from annotation.forms.people import PeopleForm
from annotation.forms.refusals import reported_on
from annotation.views.refusals import refused_to


def asked(method="post", path="/d/x/annotators/7/", htmx=False):
    request = getattr(RequestFactory(), method)(path)
    request.htmx, request.session = htmx, {}
    request._messages = FallbackStorage(request)
    return request


@refused_to("annotator", "slug", "pk")
def view(request, slug, pk, refused=True):
    if refused:
        raise Refusal("Ask later.")
    return HttpResponse("done")


def test_a_refusal_is_a_message_on_the_page_named():
    request = asked()
    answer = view(request, slug="x", pk=7)
    assert (answer.status_code, answer.url) == (302, "/d/x/annotators/7/")
    assert [(str(one), one.tags) for one in get_messages(request)] == [("Ask later.", "error")]


def test_htmx_is_told_to_go_there():
    answer = view(asked(htmx=True), slug="x", pk=7)
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/d/x/annotators/7/")


def test_what_is_not_refused_is_answered():
    assert view(asked(), slug="x", pk=7, refused=False).content == b"done"


def test_a_page_that_cannot_be_shown_does_not_send_to_itself():
    with pytest.raises(Refusal):
        view(asked("get"), slug="x", pk=7)


def test_in_a_form_it_is_the_forms_error():
    form = PeopleForm(None, {})
    with reported_on(form):
        raise Refusal("Not so.")
    assert form.non_field_errors() == ["Not so."]
