"""The report that is handed on: HTML and Markdown say the numbers of the JSON, and the JSON those of the proof."""

import json
import re

import pytest
from django.urls import reverse

from modeling.actions.proving.predict_production import predict_side, read_rows
from modeling.actions.proving.where_changed import where_changed
from modeling.figures.words.plain_sentence import plain_sentence
from modeling.reading.comparison_sides import Side
from tests import people
from tests.modeling import small_world
from tests.pages import words_of
from tests.test_commands import refusal, result

pytestmark = pytest.mark.django_db
METHOD = {
    "unit": "near-duplicate group", "n_units": 38, "effective_units": 37.2, "interval": "bootstrap over groups",
    "test": "sign test over groups", "draws": 10000, "seed": 7, "training_seeds": [0, 1], "level": 0.95,
    "level_planned": 0.995,
}  # fmt: skip
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|\.\d+")


@pytest.fixture
def world(tmp_path, client):
    """A comparison with all that a proof may hold."""
    dataset, before, after, comparison = small_world.whole_round(tmp_path)
    rows = read_rows(comparison.snapshot)
    sides = [predict_side(Side(run, None), rows) for run in (before, after)]
    comparison.proof |= {
        **where_changed(rows, *sides), "method": METHOD, "worthwhile": 0.01,
        "flips": {"mended": comparison.proof["wrong_to_right"], "broken": comparison.proof["right_to_wrong"],
                  "changed_wrong": 3},
        "needed": {"rows": 3923, "more": 3883, "difference": 0.01, "power": 0.8},
    }  # fmt: skip
    comparison.save()
    client.force_login(people.leo(dataset))
    return dataset, comparison


def asked(client, name, dataset, comparison):
    return client.get(reverse(name, args=[dataset.slug, comparison.pk]))


def leaves(value):
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in (key, *leaves(one))]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]


def written(found):
    """Every way in which a number of the JSON may be written, and the numbers of its sentences and names."""
    forms = set()
    for leaf in leaves(found):
        if isinstance(leaf, str):
            forms |= set(NUMBER.findall(leaf))
        elif isinstance(leaf, int | float):
            size = abs(leaf)
            forms |= {f"{size:,.0f}", f"{size:g}", f"{100 * size:.1f}", f"{round(100 * size, 2):g}"}
            forms |= {f"{1000 * size:,.0f}", f"{size:.3f}".lstrip("0"), f"{100 * size:.0f}"}
    return forms


def test_every_number_of_page_and_markdown_is_one_of_the_json(world, client):
    found = json.loads(asked(client, "report_json", *world).content)
    known = written(found) | {".001"}
    markdown = asked(client, "report_markdown", *world).content.decode()
    page = words_of(asked(client, "report", *world)).partition("one page of A4.")[2]
    page = page[page.index(found["in_one_sentence"]) :]
    axis = {str(percent) for percent in range(0, 101, 5)}
    assert not [one for one in NUMBER.findall(markdown) if one not in known]
    assert not [one for one in NUMBER.findall(page) if one not in known | axis]
    assert len(NUMBER.findall(markdown)) > 60


def test_the_json_holds_the_proof_unchanged_and_what_it_is_about(world, client):
    dataset, comparison = world
    found = json.loads(asked(client, "report_json", *world).content)
    assert {key: found[key] for key in comparison.proof} == comparison.proof
    assert found["production"]["sha256"] == comparison.snapshot.sha256
    assert found["production"]["sources"] == {"phone": 20, "web": 20}
    assert found["done"] == {"decisions": 10, "by": {"erin": 10}, "ways": {"queue": 10}, "labels_changed": 10}
    assert found["sides"]["after"]["run"] == comparison.after_run_id and found["settings_differ"] == []
    assert found["cannot_say"] and found["comparison"] == comparison.pk


def test_by_command(world):
    _, comparison = world
    found = result("report", "support", "--comparison", str(comparison.pk))
    assert {key: found[key] for key in comparison.proof} == comparison.proof
    assert "has no comparison 99" in refusal("report", "support", "--comparison", "99")


def test_markdown_is_headings_and_tables_that_markup_in_names_does_not_break(world, client):
    dataset, comparison = world
    comparison.proof["slices"][0]["slice"] = "a|b *c* <d>"
    comparison.save()
    text = asked(client, "report_markdown", *world).content.decode()
    assert text.startswith("# Relabelling 10 cases") and r"a\|b \*c\* \<d>" in text
    widths = {line.replace(r"\|", "").count("|") for line in text.splitlines() if line.startswith("| source")}
    assert widths == {7}


def test_the_page_has_the_chart_and_the_comparison_leads_to_it(world, client):
    page = words_of(asked(client, "report", *world))
    assert "What this cannot say" in page and "frozen on" in page and "38 near-duplicate groups" in page
    html = asked(client, "report", *world).content.decode()
    assert "<svg" in html and "one_page.css" in html
    linked = asked(client, "comparison", *world).content.decode()
    assert all(reverse(name, args=["support", world[1].pk]) in linked for name in ("report", "report_json"))


def test_where_it_changed_by_class_source_and_likeness(world, client):
    _, comparison = world
    proof = comparison.proof
    assert {one["slice"] for one in proof["by_class"]} == {"access", "payment"}
    assert [one["slice"][:4] for one in proof["by_distance"]] == ["most", "betw", "leas"]
    assert sum(one["n"] for one in proof["by_distance"]) == 40
    page = words_of(asked(client, "comparison", *world))
    assert "corrected for 2 classes" in page and "corrected for 3 parts" in page


def test_above_half_labelled_by_those_who_relabelled_is_in_the_first_paragraph(world, client):
    dataset, comparison = world
    comparison.proof["production_labels"] = {"annotators": ["@erin"], "shared": 30, "share": 0.75}
    comparison.save()
    page = words_of(asked(client, "comparison", *world))
    assert "75.0 % of the true labels here are by people who also relabelled" in page
    assert "10 from the queue, in its order" in page
    assert "it shows that the model now agrees with them" in asked(client, "report_markdown", *world).content.decode()


def test_the_verdict_as_somebody_who_pays_reads_it():
    of = {"metric": "accuracy", "value": 0.093, "low_planned": 0.062, "high_planned": 0.124}
    said = {verdict: plain_sentence({"verdict": verdict, "difference": of}) for verdict in
            ("better", "equivalent", "exploratory", "not distinguishable")}  # fmt: skip
    assert "about 93 more are right than before, and at least 62 more" in said["better"]
    assert said["equivalent"].startswith("It changed nothing that matters: of every 1,000 items, from 62 more to 124")
    assert said["exploratory"].startswith("This is a hint and no proof")
    assert said["not distinguishable"].startswith("Whether it paid can’t be told yet")
    costs = {"metric": "expected_cost", "unit": "EUR", "value": -30.0, "low_planned": -50.0, "high_planned": -10.0}
    worse = plain_sentence({"verdict": "worse", "difference": costs})
    assert worse == "It did harm: what is saved per 1,000 items lies between −50.0 and −10.0 EUR."
