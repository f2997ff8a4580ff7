import csv
import io
import json
from dataclasses import replace

import pytest
from django.conf import settings
from django.urls import reverse

from annotation.core.artifacts import load_bytes, save_bytes
from modeling.reading.of_runs.coefficients import WeightsAsked, list_weights, weights_of_run
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


def listed(client, run, **asked):
    return client.get(reverse("coefficients", args=[run.dataset.slug, run.pk]), asked)


def lines_of(client, run, **asked):
    response = client.get(reverse("download_coefficients", args=[run.dataset.slug, run.pk]), asked)
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_all_weights_are_sorted_searched_and_in_a_file(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    page = page_of(client, run)
    assert reverse("coefficients", args=[run.dataset.slug, run.pk]) in page
    everything = lines_of(client, run)
    assert len(everything) == run.metrics["size"]["features"]
    sizes = [abs(float(line["weight"])) for line in everything]
    assert sizes == sorted(sizes, reverse=True) and {line["class"] for line in everything} == {"payment"}
    features = [line["feature"].casefold() for line in lines_of(client, run, sort="name")]
    assert features == sorted(features)
    counts = [int(line["rows"]) for line in lines_of(client, run, sort="rows")]
    assert counts == sorted(counts, reverse=True)
    found = html_of(listed(client, run, words="Refund"))
    assert "“refund”" in found and "“locked”" not in found
    assert len(lines_of(client, run, words="refund")) == found.count("<tr>") - 1
    assert "No weight is like that." in html_of(listed(client, run, words="nowhere"))


def test_weights_are_paged_by_key_and_no_line_is_lost(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    found, asked, seen = weights_of_run(run), WeightsAsked(), []
    while True:
        page = list_weights(found, asked, size=300)
        seen += [line.feature for line in page.lines]
        if not page.after:
            break
        asked = replace(asked, after=page.after)
    assert len(seen) == len(set(seen)) == page.n == run.metrics["size"]["features"] > 300


def test_a_run_trained_before_rows_were_counted_still_lists_its_weights(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    stored = json.loads(load_bytes(settings.ARTIFACTS_DIR, run.metrics["coefficients"]))
    for key in ("rows", "alike", "columns", "active_columns"):
        del stored[key]
    run.metrics["coefficients"] = save_bytes(settings.ARTIFACTS_DIR, json.dumps(stored).encode(), ".json")
    run.save()
    assert "What it goes by" in page_of(client, run)
    assert {line["rows"] for line in lines_of(client, run)} == {""} and len(lines_of(client, run)) > 9


def test_a_network_has_no_weights_to_list(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    del run.metrics["coefficients"]
    run.save()
    client.force_login(people.leo(run.dataset))
    assert "is not linear" in html_of(client.get(listed(client, run).url))


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
