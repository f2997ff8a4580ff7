"""Figures of large datasets are of the newest decisions, and pages that count rows stop counting."""

import pytest
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.models import Dataset, Finding, Item
from annotation.reading import findings
from annotation.reading.datasets.sources import sources_of
from annotation.reading.findings import findings_of, judged_by
from annotation.reading.sampling.counts import count_items, count_up_to
from bench.pages_site import build
from tests.factories import answer, open_case, small_dataset
from tests.people import erin, leo

pytestmark = pytest.mark.django_db


def test_a_finding_is_judged_by_what_was_decided_last(tmp_path, monkeypatch):
    dataset = small_dataset(tmp_path)
    expert, lead = erin(dataset), leo(dataset)
    finding = Finding.objects.create(
        dataset=dataset, author=lead, kind="rule", key="k", title="t", reason="r", rule={}, n=4, value=1, low=1, high=1
    )  # fmt: skip
    for name in ("s1", "s2", "s3", "s4"):
        finding.covered.create(item=dataset.items.get(external_id=name))
    for name, says in (("s1", "access"), ("s2", "access"), ("s3", "payment")):
        decide(open_case(dataset, name), expert, answer(dataset, says), timezone.now())
    open_case(dataset, "s4")
    (state,) = findings_of(dataset)
    assert (state.open, state.decided, state.times, state.reversed.n, judged_by(dataset)) == (1, 3, 2, 3, 0)
    monkeypatch.setattr(findings, "DECIDED", 2)
    (state,) = findings_of(dataset)
    assert (state.open, state.decided, state.times, state.reversed.n, judged_by(dataset)) == (1, 2, 2, 2, 2)


def test_rows_are_counted_up_to_a_limit(tmp_path):
    dataset = small_dataset(tmp_path)
    assert [count_up_to(dataset.items, most) for most in (3, 5, 6, 9)] == [4, 6, 6, 6]


def test_sources_are_read_again_once_items_came(tmp_path):
    build("many", 60)
    dataset = Dataset.objects.get(slug="many")
    assert sources_of(dataset) == tuple(f"s{k}" for k in range(10))
    Item.objects.create(dataset=dataset, split="pool", external_id="new", digest="new", content={}, source="a new one")
    assert sources_of(dataset)[0] == "a new one"


@pytest.mark.parametrize("splits", [("pool",), ("production",), Item.HERE])
def test_what_came_since_the_count_is_counted_on_top(splits):
    build("many", 100)
    dataset = Dataset.objects.get(slug="many")
    first = dataset.items.order_by("id")[49].pk
    for split in Item.HERE:
        n = dataset.items.filter(split=split, pk__lte=first).count()
        dataset.item_counts.update_or_create(split=split, defaults={"up_to": first, "n": n})
    assert count_items(dataset, *splits) == dataset.items.filter(split__in=splits).count()
