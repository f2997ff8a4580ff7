"""Small worlds for tests, built through the same actions a user would use."""

import csv
import random
from uuid import uuid4

from django.utils import timezone

from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import Answer
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.core.files.parsing_items import ItemMapping
from annotation.models import Dataset, Item


def imported(tmp_path, rows, slug="support", **mapping) -> Dataset:
    """A dataset out of rows (dicts); columns id, text, label unless `mapping` says otherwise."""
    path = tmp_path / f"{uuid4().hex}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    chosen = {"text": ("text",), "label": "label", "id": "id", **mapping}
    work_here(request_import(import_params(slug, slug, path, ItemMapping(**chosen)), background=False))
    return Dataset.objects.get(slug=slug)


def apart(word, n) -> str:
    """A text with `word` in it that is no near-copy of another."""
    noise = "".join(random.Random(n).choices("bdfgklmnprstvaeiou", k=60))
    return f"{noise[:30]} {word} {noise[30:]}"


def small_dataset(tmp_path, slug="support") -> Dataset:
    """Six items, two classes, one of them labelled by ann1."""
    rows = [
        {"id": f"s{n}", "text": f"{text} {n}", "label": label, "who": "ann1"}
        for n, (text, label) in enumerate(
            [("I can't log in", "access"), ("the card was declined", "payment"), ("reset my password", "access"),
             ("charged twice for one order", "payment"), ("locked out again", "access"), ("refund please", "payment")],
            start=1,
        )
    ]  # fmt: skip
    return imported(tmp_path, rows, slug, annotator="who")


def open_case(dataset, *external_ids, score=0.5):
    """One open case over these items."""
    items = Item.objects.filter(dataset=dataset, external_id__in=external_ids)
    create_cases(dataset, [Unit(frozenset(item.pk for item in items), score, "g" * 8 if len(items) > 1 else "")],
                 timezone.now())  # fmt: skip
    return dataset.cases.order_by("-id").first()


def answer(dataset, name, **extra):
    """A decision for the class `name`, or an outcome that is no class."""
    if name in ("ambiguous", "bad_input", "different"):
        return Answer(name, uuid4(), **extra)
    return Answer("label", uuid4(), dataset.label_classes.get(name=name), **extra)
