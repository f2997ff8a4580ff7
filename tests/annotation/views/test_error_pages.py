import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from annotation.models import Audit
from tests.factories import small_dataset
from tests.pages import html_of
from tests.people import leo, olga

pytestmark = pytest.mark.django_db


def test_what_is_not_there_or_not_for_one_is_said_in_words(tmp_path, client):
    client.force_login(olga())
    for url in ("/nowhere/", reverse("overview", args=[small_dataset(tmp_path).slug])):
        page = client.get(url)
        assert page.status_code == 404 and "This page is not here, or not for you" in html_of(page)


def test_a_form_without_its_token_does_nothing_and_says_so(tmp_path):
    dataset, strict = small_dataset(tmp_path), Client(enforce_csrf_checks=True)
    strict.force_login(leo(dataset))
    page = strict.post(reverse("audit", args=[dataset.slug]))
    assert page.status_code == 403 and "nothing was done" in html_of(page)
    assert not Audit.objects.exists()


def test_the_page_of_a_failure_needs_nothing_that_could_fail():
    assert "Something went wrong here" in render_to_string("500.html")
