"""Ten items that differ in all that a filter can ask for."""

import numpy as np
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.core.artifacts import arrays_to_bytes, save_bytes
from annotation.models import Case, Detection, Finding, FindingItem, Flag, Item, PredictionSet, Skip
from annotation.reading.items.search import search
from annotation.views.items.table import read_query
from tests import people
from tests.factories import answer, imported, open_case
from tests.people import as_

ROWS = [
    ("a1", "The card was declined", "payment", "ann", "web", "2026-01-01"),
    ("a2", "card lost, “naïve” question", "payment", "bob", "web", "2026-01-02"),
    ("a3", "Reset my PASSWORD please", "access", "ann", "web", "2026-01-03"),
    ("a4", "cannot log in", "access", "bob", "phone", "2026-01-04"),
    ("a5", "refund for the card", "access", "ann", "phone", "2026-01-05"),
    ("a6", "a label nobody gave", "", "", "phone", ""),
    ("a7", "locked out", "access", "ann", "phone", ""),
    ("a8", "two say two things", "access", "ann", "web", "2026-01-08"),
]


def world(tmp_path):
    """a1 flagged and in a finding, a2 decided by Erin (access), a3 in an open case that Erin passed on, a6 without a
    label, a7 bad input, a8 labelled differently by two; p1 and p2 of production; a set of predictions for each split,
    wrong about a5 and p2."""
    rows = [dict(zip(("id", "text", "label", "who", "from", "day"), row, strict=True)) for row in ROWS]
    rows.append({**rows[7], "label": "payment", "who": "bob"})
    own = {"annotator": "who", "source": "from", "received": "day"}
    dataset = imported(tmp_path, rows, **own)
    production = [
        {"id": "p1", "text": "my card", "label": "payment", "who": "ann", "from": "web", "day": ""},
        {"id": "p2", "text": "sign in", "label": "access", "who": "ann", "from": "web", "day": ""},
    ]
    imported(tmp_path, production, split="production", **own)
    erin, now = people.erin(dataset), timezone.now()
    decide(open_case(dataset, "a2"), erin, answer(dataset, "access"), now)
    decide(open_case(dataset, "a7"), erin, answer(dataset, "bad_input"), now)
    Skip.objects.create(case=open_case(dataset, "a3"), expert=erin)
    _detected(dataset)
    _predicted(dataset, "pool", {"a1": 1, "a3": 0, "a5": 1})
    _predicted(dataset, "production", {"p1": 1, "p2": 1})
    return dataset


def _detected(dataset):
    ids = [item_of(dataset, name).pk for name in ("a1", "a3", "a5", "a2")]
    arrays = arrays_to_bytes(item=np.array(ids), score=np.array([0.9, 0.2, 0.5, 0.8]))
    detection = Detection.objects.create(
        dataset=dataset, n_items=4, n_groups=0, n_conflicts=0, n_flags=1, n_findings=1, seconds=1,
        arrays=save_bytes(settings.ARTIFACTS_DIR, arrays, ".npz"),
    )  # fmt: skip
    Flag.objects.create(detection=detection, detector="label_error", item_id=ids[0], score=0.9, reason="odd label")
    finding = Finding.objects.create(
        dataset=dataset, detection=detection, kind="direction", key="k", title="payment for access", reason="often",
        rule={}, n=1, value=1, low=0, high=1,
    )  # fmt: skip
    FindingItem.objects.create(finding=finding, item_id=ids[0])


def _predicted(dataset, name, best):
    ids = np.array([item_of(dataset, external_id).pk for external_id in best])
    probability = np.array([[0.9, 0.1] if code == 0 else [0.2, 0.8] for code in best.values()])
    arrays = save_bytes(settings.ARTIFACTS_DIR, arrays_to_bytes(item=ids, probability=probability), ".npz")
    classes = ["access", "payment"]
    PredictionSet.objects.create(dataset=dataset, name=name, classes=classes, arrays=arrays, n=len(ids))


def item_of(dataset, external_id):
    return Item.objects.get(dataset=dataset, external_id=external_id)


def found(dataset, query):
    """External ids of all items under a query, in order."""
    ids = [pk for part in search(dataset, read_query(query)).all() for pk in part]
    names = Item.objects.in_bulk(ids)
    return [names[pk].external_id for pk in ids]


def page(dataset, query="", person=None):
    return as_(person or people.leo(dataset)).get(reverse("items", args=[dataset.slug]) + query)


def post(dataset, address, *args, **data):
    return as_(people.leo(dataset)).post(reverse(address, args=[dataset.slug, *args]), data, follow=True)


def open_now(dataset):
    return dataset.cases.filter(status=Case.OPEN).count()
