"""Exports of annotation tools by command and by page, without a word on their columns."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from annotation.models import Annotator, Dataset, Item, Label
from tests.annotation.core.files.tools import samples
from tests.factories import imported
from tests.pages import text_of
from tests.people import as_, leo
from tests.test_commands import file, refusal, result

pytestmark = pytest.mark.django_db
FILES = {
    "label_studio.json": (samples.LABEL_STUDIO, 4, 4, {"7", "8"}),
    "label_studio_min.json": (samples.LABEL_STUDIO_MIN, 2, 2, {"7", "8"}),
    "argilla.json": (samples.ARGILLA, 3, 3, {"u1", "u2"}),
    "argilla.jsonl": (samples.ARGILLA, 3, 3, {"u1", "u2"}),
    "doccano.jsonl": (samples.DOCCANO, 4, 1, {"import"}),
    "prodigy.jsonl": (samples.PRODIGY, 4, 2, {"reviews-ann", "reviews-bob"}),
    "prodigy_binary.jsonl": (samples.PRODIGY_BINARY, 3, 2, {"import"}),
}


def written(tmp_path, name, objects):
    lines = json.dumps(objects) if name.endswith(".json") else "\n".join(map(json.dumps, objects))
    return file(tmp_path, lines, name)


@pytest.mark.parametrize("name", FILES)
def test_an_export_comes_in_as_it_is(tmp_path, name):
    objects, items, labels, annotators = FILES[name]
    path = written(tmp_path, name, objects)
    said = result("import_items", "d", path)
    assert (said["items"], said["labels"], said["rejected"]) == (items, labels, 0)
    assert said["notes"][0].startswith("Read as ")
    assert set(Annotator.objects.values_list("name", flat=True)) == annotators
    assert set(Item.objects.values_list("content__text", flat=True)) <= set(samples.TEXTS)
    assert Dataset.objects.get().typed_fields[0].type == "text"


def test_its_labels_alone_come_to_items_that_are_here(tmp_path):
    rows = [{"id": task["id"], "text": task["data"]["text"], "label": "payment"} for task in samples.LABEL_STUDIO]
    imported(tmp_path, [*rows, {"id": "99", "text": "else", "label": "access"}], "d")
    said = result("import_labels", "d", written(tmp_path, "ls.json", samples.LABEL_STUDIO))
    assert said["labels"] == 4 and "skipped" in said["notes"][0]
    assert str(Label.objects.get(item__external_id="12", annotator__name="7").given_at.date()) == "2024-05-03"


def test_three_columns_of_a_crowd_are_labels_and_no_items(tmp_path):
    imported(tmp_path, [{"id": "1", "text": "one", "label": "yes"}, {"id": "2", "text": "two", "label": "no"}], "d")
    path = file(tmp_path, "task,worker,label\n1,w1,no\n1,w2,yes\n2,w1,no\n", "crowd.csv")
    assert "import_labels" in refusal("import_items", "d", path)
    assert result("import_labels", "d", path)["labels"] == 3
    older = file(tmp_path, "task,performer,label\n2,w9,no\n", "older.csv")
    assert result("import_labels", "d", older)["labels"] == 1
    assert "name --item, --annotator and --label" in refusal("import_labels", "d", file(tmp_path, "a,b,c\n1,2,3\n"))


def test_a_lead_uploads_one_and_finds_its_columns_named(client, tmp_path):
    dataset = imported(tmp_path, [{"id": "1", "text": "one"}], "d", label=None)
    lead = as_(leo(dataset))
    upload = SimpleUploadedFile("export.json", json.dumps(samples.LABEL_STUDIO).encode())
    page = lead.post(reverse("import", args=["d"]), {"file": upload, "split": "pool"}, follow=True)
    chosen = {one["name"]: one["role"].initial or page.context["form"].initial.get(one["role"].name)
              for one in page.context["columns"]}  # fmt: skip
    assert {name: chosen[name] for name in ("text", "id", "label", "annotator", "at")} == {
        "text": "text", "id": "id", "label": "label", "annotator": "annotator", "at": "ignore",
    }  # fmt: skip
    assert "the card was declined" in text_of(page)
