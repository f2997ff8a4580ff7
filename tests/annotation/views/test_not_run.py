"""Detectors that failed or had nothing to look at, on the pages that say what a detection did."""

import pytest
from django.urls import reverse

from annotation.models import Job
from tests.annotation.actions.fake_detectors import Breaks, Says, detect, use
from tests.factories import small_dataset
from tests.pages import html_of
from tests.people import leo

pytestmark = pytest.mark.django_db


def test_both_are_told_apart_on_the_page_of_the_job_and_of_the_findings(monkeypatch, tmp_path, client):
    needy = Says({})
    needy.needs = frozenset({"production"})
    use(monkeypatch, broken_one=Breaks({}), needy=needy, says=Says({"reset": 0.6}))
    dataset = small_dataset(tmp_path)
    detect(dataset)
    client.force_login(leo(dataset))
    job = Job.objects.get(kind="detection")
    for page in (reverse("job", args=[dataset.slug, job.pk]), reverse("findings", args=[dataset.slug])):
        shown = html_of(client.get(page))
        assert "The detector “broken one” failed. ZeroDivisionError: no such thing." in shown
        assert "1 detector had nothing to look at" in shown
        assert "needy: There is no evidence of this kind yet: production." in shown
        assert "needy” failed" not in shown


def test_where_all_detectors_ran_nothing_is_said(monkeypatch, tmp_path, client):
    use(monkeypatch, says=Says({"reset": 0.6}))
    dataset = small_dataset(tmp_path)
    detect(dataset)
    client.force_login(leo(dataset))
    shown = html_of(client.get(reverse("findings", args=[dataset.slug])))
    assert "had nothing to look at" not in shown and "failed" not in shown
