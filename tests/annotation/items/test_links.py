"""Numbers that count items lead to the table of just these items."""

import re

import pytest
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone

from annotation.actions.production.draw_production import draw_production
from annotation.actions.queue.draw_audit import draw_audit
from annotation.actions.snapshot import snapshot
from annotation.models import Snapshot
from tests import people
from tests.annotation.items.world import found, item_of, world
from tests.factories import imported, open_case
from tests.pages import html_of
from tests.people import as_

LINK = re.compile(r'href="[^"]*/items/(?:\?([^"]*))?">\s*([\d,]+)')


@pytest.fixture
def dataset(tmp_path, db):
    dataset = world(tmp_path)
    rows = [{"id": f"u{n}", "text": f"nobody said {n} {'abc'[n]}"} for n in range(3)]
    imported(tmp_path, rows, split="production", label=None)
    draw_production(dataset, n=2, answers_each=1, now=timezone.now())
    draw_audit(dataset, size=3, now=timezone.now())
    snapshot(dataset, Snapshot.PRODUCTION)
    return dataset


@pytest.mark.parametrize(
    ("page", "links"),
    [("datasets", 1), ("overview", 2), ("disagreement", 2), ("audit", 1), ("production_sets", 3)],
)
def test_a_number_leads_to_just_so_many_items(dataset, page, links):
    args = [] if page == "datasets" else [dataset.slug]
    html = html_of(as_(people.leo(dataset)).get(reverse(page, args=args)))
    linked = [(query.replace("&amp;", "&"), int(n.replace(",", ""))) for query, n in LINK.findall(html)]
    assert len(linked) >= links
    assert [(query, len(found(dataset, query))) for query, _ in linked] == linked


def test_a_finding_leads_to_the_items_it_covers(dataset):
    html = html_of(as_(people.leo(dataset)).get(reverse("findings", args=[dataset.slug])))
    assert f'/items/?finding={dataset.findings.get().pk}">Its items' in html


def test_a_case_leads_to_its_items_for_a_lead(dataset):
    case = open_case(dataset, "a1")
    html = html_of(as_(people.leo(dataset)).get(reverse("case", args=[dataset.slug, case.pk])))
    assert reverse("item", args=[dataset.slug, item_of(dataset, "a1").pk]) in html


def test_what_was_frozen_is_found_after_its_import_was_taken_back(dataset):
    frozen = dataset.snapshots.get()
    before = found(dataset, f"snapshot={frozen.pk}")
    item = frozen.rows.first().item
    item.split, item.taken_back = "taken_back", 1
    item.save()
    assert found(dataset, f"snapshot={frozen.pk}") == before
    assert item.external_id not in found(dataset, "split=production")
    assert as_(people.leo(dataset)).get(reverse("item", args=[dataset.slug, item.pk])).status_code == 200


def test_a_link_to_no_condition_fails_loudly(dataset):
    with pytest.raises(KeyError):
        Template("{% load items %}{% items_url dataset lable='x' %}").render(Context({"dataset": dataset}))
    linked = Template("{% load items %}{% items_url dataset but_not='state' state='labelled' %}")
    assert linked.render(Context({"dataset": dataset})).endswith("?state=labelled&amp;not=state")
