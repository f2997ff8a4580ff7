"""A wrong import leaves, and everything is as it was before."""

import csv
from uuid import uuid4

import pytest
from django.utils import timezone

from annotation import frames
from annotation.actions.datasets.take_back import UnableToTakeBack, take_back
from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.files.import_labels import import_labels
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.actions.snapshot import snapshot
from annotation.core.files.parsing_items import ItemMapping
from annotation.models import Case, CurrentLabel, FileImport, Item, Label, Snapshot
from annotation.reading.datasets.imports import what_leaves
from tests import people
from tests.factories import answer, imported, open_case, small_dataset

pytestmark = pytest.mark.django_db
WRONG = [{"id": f"w{n}", "text": f"something else {n}", "label": "access", "who": "ann2"} for n in range(5)]


@pytest.fixture
def support(tmp_path):
    return small_dataset(tmp_path)


def labels_from(dataset, tmp_path, rows):
    path = tmp_path / f"{uuid4().hex}.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("id", "who", "label"), *rows])
    import_labels(dataset, path, item="id", annotator="who", label="label")
    return FileImport.objects.latest("id")


def back(brought):
    return take_back(brought, None, timezone.now())


def held(dataset):
    rows = frames.current(dataset).merge(frames.items(dataset)[["item", "external_id"]], on="item")
    return {row.external_id: (row.label or None, row.state) for row in rows.fillna("").itertuples()}


def test_items_labels_and_cases_leave(support, tmp_path):
    before = held(support), len(frames.items(support)), len(frames.labels(support))
    imported(tmp_path, WRONG, annotator="who")
    case = open_case(support, "w1")
    brought = FileImport.objects.latest("id")
    leaving = what_leaves(brought)
    assert (leaving.items, leaving.cases, leaving.why_not) == (5, 1, "")
    assert len(frames.items(support)) == 11
    assert back(brought).items == 5
    case.refresh_from_db()
    assert case.status == Case.WITHDRAWN
    assert (held(support), len(frames.items(support)), len(frames.labels(support))) == before
    assert Item.objects.filter(split=Item.TAKEN_BACK, taken_back=brought.pk).count() == 5


def test_the_same_file_comes_again_afterwards_and_can_leave_again(support, tmp_path):
    imported(tmp_path, WRONG, annotator="who")
    back(FileImport.objects.latest("id"))
    imported(tmp_path, WRONG, annotator="who")
    again = FileImport.objects.latest("id")
    assert (again.items, again.labels) == (5, 5)
    back(again)
    assert len(frames.items(support)) == 6


def test_labels_on_items_of_other_imports_count_no_more(support, tmp_path):
    first = labels_from(support, tmp_path, [("s1", "ann1", "payment"), ("s2", "ann1", "access")])
    assert held(support)["s1"] == ("payment", "labelled")
    second = labels_from(support, tmp_path, [("s1", "ann1", "access"), ("s3", "ann2", "payment")])
    assert held(support)["s1"] == ("access", "labelled")
    assert held(support)["s3"] == (None, "contested")
    back(second)
    assert held(support)["s1"] == ("payment", "labelled")
    assert held(support)["s3"] == ("access", "labelled")
    back(first)
    assert (held(support)["s1"], held(support)["s2"]) == (("access", "labelled"), ("payment", "labelled"))
    assert not Label.objects.counting().filter(brought_by__in=[first, second]).exists()


def test_the_earlier_of_two_leaves_the_later_one_in_force(support, tmp_path):
    first = labels_from(support, tmp_path, [("s1", "ann1", "payment")])
    second = labels_from(support, tmp_path, [("s1", "ann1", "access")])
    assert back(first).labels == 0
    assert held(support)["s1"] == ("access", "labelled")
    back(second)
    assert held(support)["s1"] == ("access", "labelled")  # as the first file of all said


def test_a_case_that_a_wrong_label_opened_again_is_withdrawn(support, tmp_path):
    decide(open_case(support, "s1"), people.erin(support), answer(support, "access"), timezone.now())
    brought = labels_from(support, tmp_path, [("s1", "ann1", "payment")])
    people.emil(support)
    again = support.cases.get(status=Case.OPEN)
    back(brought)
    again.refresh_from_db()
    assert again.status == Case.WITHDRAWN
    assert CurrentLabel.objects.in_force().get(item__external_id="s1").basis == "decision"


def test_decided_items_keep_the_import(support, tmp_path):
    imported(tmp_path, WRONG, annotator="who")
    brought = FileImport.objects.latest("id")
    decide(open_case(support, "w1"), people.erin(support), answer(support, "payment"), timezone.now())
    with pytest.raises(UnableToTakeBack, match="Experts decided on 1 item of"):
        back(brought)
    assert len(frames.items(support)) == 11


def test_twice_is_refused(support, tmp_path):
    brought = FileImport.objects.get()
    back(brought)
    with pytest.raises(UnableToTakeBack, match="already"):
        back(brought)


def test_after_the_first_import_was_wrong_fields_and_classes_are_free_again(support, tmp_path):
    back(FileImport.objects.get())
    support.refresh_from_db()
    assert (support.fields, support.class_names) == ([], ())
    rows = [{"nr": "1", "body": "hello there", "label": "greeting"}, {"nr": "2", "body": "pay now", "label": "payment"}]
    imported(tmp_path, rows, text=("body",), id="nr")
    support.refresh_from_db()
    assert support.class_names == ("greeting", "payment")
    assert held(support) == {"1": ("greeting", "labelled"), "2": ("payment", "labelled")}


def test_what_is_frozen_stays(support, tmp_path):
    imported(tmp_path, WRONG, annotator="who")
    frozen = snapshot(support, Snapshot.TRAINING)
    digest, n = frozen.sha256, frozen.rows.count()
    assert back(FileImport.objects.latest("id")).items == 5
    frozen.refresh_from_db()
    assert (frozen.sha256, frozen.rows.count()) == (digest, n)
    assert snapshot(support, Snapshot.TRAINING).rows.count() == 6


def test_v1_v2_v1_v2_ends_at_v2(tmp_path):
    path = tmp_path / "labels.csv"
    mapping = ItemMapping(text=("text",), label="label", id="id")
    said = []
    for label in ("x", "y", "x", "y"):
        path.write_text(f"id,text,label\n1,one,{label}\n2,two,{'x' if label == 'y' else 'y'}\n")
        job = request_import(import_params("v", "v", path, mapping), background=False)
        said.append(work_here(job).outcome["labels"])
    dataset = FileImport.objects.latest("id").dataset
    assert held(dataset)["1"] == ("y", "labelled")
    assert said == [2, 2, 2, 2]
    assert [one.labels for one in dataset.file_imports.order_by("id")] == said
    again = work_here(request_import(import_params("v", "v", path, mapping), background=False)).outcome
    assert (again["labels"], again["items"], dataset.file_imports.count()) == (0, 0, 5)
