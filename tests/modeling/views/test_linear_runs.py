import json

import pytest
from django.conf import settings
from django.urls import reverse

from annotation.core.artifacts import load_bytes
from tests import people
from tests.factories import imported
from tests.modeling import small_world
from tests.pages import html_of

pytestmark = pytest.mark.django_db


def page_of(client, run):
    client.force_login(people.leo(run.dataset))
    return html_of(client.get(reverse("run", args=[run.dataset.slug, run.pk])))


def test_a_run_says_what_it_goes_by(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    page = page_of(client, run)
    assert "features, each a little" in page and "Speaks for it" in page and "Speaks against it" not in page
    stored = json.loads(load_bytes(settings.ARTIFACTS_DIR, run.metrics["coefficients"]))
    for part in stored["by_class"]:
        assert part["for"][0]["name"] in page
    assert "was chosen of" not in page and "Judged by the other sources" not in page


def test_a_run_whose_coefficients_are_gone_says_so(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    (settings.ARTIFACTS_DIR / run.metrics["coefficients"]).unlink()
    assert "note error" in page_of(client, run)


def test_a_path_is_drawn_with_what_was_chosen_and_stands_in_a_table(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path), C="cv")
    page = page_of(client, run)
    assert f"C = {run.resolved['C']:g} was chosen of {len(run.metrics['path'])} tried" in page
    part = page[page.index('id="path"') :].partition('id="settings"')[0]
    assert part.count("polyline") == 1 and part.count(">chosen</span>") == 1 and "Features in use" in part


def test_sources_are_judged_by_one_another(client, tmp_path):
    dataset = imported(tmp_path, small_world.rows(60, 1, kind=["web", "phone"]), source="kind")
    # Each source has one class: the other source cannot know it.
    run = small_world.trained(dataset)
    assert [(row["source"], row["n"], row["accuracy"]) for row in run.metrics["sources"]] == [
        ("phone", 15, 0.0), ("web", 15, 0.0),
    ]  # fmt: skip
    page = page_of(client, run)
    assert "No source clearly loses accuracy" in page and "Judged by the other sources" in page
