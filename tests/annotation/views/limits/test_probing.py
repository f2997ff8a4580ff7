"""Filters asked for what is no filter: a page, or a sentence, and never a failure."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Item
from tests.factories import small_dataset
from tests.people import leo

pytestmark = pytest.mark.django_db

PARTS = {
    "items": (
        "words", "label", "annotator", "source", "state", "detector", "finding", "model", "score", "sort", "after",
        "found", "differ", "received", "import", "split", "done", "probability", "case", "group", "decided",
    ),
    "cases": ("status", "kind", "expert", "outcome", "passed", "finding", "detector", "draw", "after"),
    "rules": ("kind", "name", "number", "value"),
    "jobs": ("before", "kind", "status"), "imports": ("before",), "annotators": ("all",), "comments": ("after",),
    "runs": ("sort", "after", "page"), "disagreement": ("after",), "audit": ("after",), "history": ("before", "after"),
    "experts": ("sort",), "notices": ("before",),
}  # fmt: skip
NONSENSE = {
    "letters where a number is asked": "abc",
    "a number beyond any": "9" * 400,
    "a negative number": "-1",
    "not a number": "nan",
    "an infinite number": "-1e999",
    "SQL in a filter": "1' OR '1'='1'; DROP TABLE annotation_item; --",
    "a filter of a megabyte": "x" * 60_000,
    "unicode in a filter": "\u202e\U0001f4a9\u0661\u00b2\ud7ff",
    "digits that are none": "\u0661\u0662",
    "wildcards in a filter": "%_%\\",
    "a template in a filter": "{{ 7|add:7 }}{% url 'x' %}",
    "a path in a filter": "../../../../etc/passwd",
    "brackets without an end": '[{"a": (',
}


@pytest.fixture
def client(tmp_path):
    client = Client(raise_request_exception=False)
    client.force_login(leo(small_dataset(tmp_path)))
    return client


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(value, marks=pytest.mark.fault(f"probed filters: {name}"), id=name)
        for name, value in NONSENSE.items()
    ],
)
def test_a_filter_that_is_none_never_fails(client, typed):
    before = Item.objects.count()
    for name, parts in PARTS.items():
        address = reverse(name, args=[] if name == "notices" else ["support"])
        alone = [{part: [typed, typed]} for part in parts]
        together = [{f"{part}{end}": typed for part in parts} for end in ("", "__gt", "!")]
        for query in alone + together:
            assert client.get(address, query).status_code < 500, (name, query)
    assert Item.objects.count() == before
