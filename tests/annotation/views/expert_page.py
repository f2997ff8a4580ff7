"""What an expert does on their page, through Django's test client."""

import re

from django.urls import reverse

from annotation.models import Detection, Finding, FindingItem, Flag, Item
from tests.pages import html_of

HTMX = {"HX-Request": "true"}


def get(client, dataset, name="queue", **extra):
    return client.get(reverse(name, args=[dataset.slug]), **extra)


def read(response):
    """The page as one line of text, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html_of(response)))


def press(client, page, said, query="", **more):
    """Answer the case shown on `page` as its form would."""
    shown = page.context["cases"][0]
    fields = {"token": shown.token, "answer": said, "item": sorted(shown.ticked), **more}
    headers = fields.pop("headers", None)
    case = shown.case
    return client.post(reverse("decide", args=[case.dataset.slug, case.pk]) + query, fields, headers=headers)


def class_id(dataset, name):
    return str(dataset.label_classes.get(name=name).pk)


def detection(dataset):
    return Detection.objects.create(
        dataset=dataset, n_items=6, n_groups=0, n_conflicts=0, n_flags=1, n_findings=1, arrays="-", seconds=0
    )


def flag(dataset, external_id, reason, score=0.9):
    item = Item.objects.get(dataset=dataset, external_id=external_id)
    return Flag.objects.create(detection=detection(dataset), detector="d", item=item, score=score, reason=reason)


def finding_over(dataset, *external_ids, title="access is labelled payment"):
    finding = Finding.objects.create(
        dataset=dataset, detection=detection(dataset), kind="class_pair", key="k", title=title, reason="r",
        rule={}, n=1, value=1,
        low=1, high=1,
    )  # fmt: skip
    for item in Item.objects.filter(dataset=dataset, external_id__in=external_ids):
        FindingItem.objects.create(finding=finding, item=item)
    return finding
