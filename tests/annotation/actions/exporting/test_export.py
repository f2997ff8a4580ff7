"""What leaves and what comes back, through the database."""

import csv
import io
import json
import zipfile
from uuid import uuid4

import pytest
from django.utils import timezone

from annotation.actions.exporting import kinds
from annotation.actions.exporting.export import download, export
from annotation.actions.exporting.kinds import KINDS
from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.actions.queue.undo import undo
from annotation.core.exporting.forms import UnableToExport, form_of
from annotation.core.fields import Field
from annotation.core.files.parsing_items import ItemMapping
from annotation.core.wording import counted
from annotation.models import Case, CurrentLabel, Decision, FileImport, Item, Label
from annotation.reading.exports import moment
from tests.factories import answer, imported, open_case, small_dataset
from tests.people import emil, erin

pytestmark = pytest.mark.django_db
AWKWARD = ["=1+1", "'=x", "two\nlines", "a\rb", "007", "12345678901234567890", "NA", "a\u00a0b", "🙈 שלום", 'q"u,o\t']


@pytest.fixture
def support(tmp_path, settings):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.UPLOADS_DIR.mkdir()
    return small_dataset(tmp_path)


def rows_of(dataset, kind, tmp_path, **asked):
    path = tmp_path / f"{kind}.csv"
    done = export(dataset, kind, path, **asked)
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == done.rows and all(None not in row and None not in row.values() for row in rows)
    return rows


def decided(dataset, external_id, name, **extra):
    case = open_case(dataset, external_id)
    decide(case, erin(dataset), answer(dataset, name, **extra), timezone.now())
    return Decision.objects.order_by("id").last()


def test_corrected_labels_say_where_they_come_from(support, tmp_path):
    decided(support, "s1", "payment", blind=True)
    decided(support, "s2", "ambiguous", blind=False)
    rows = {row["item_id"]: row for row in rows_of(support, "corrected", tmp_path)}
    said = [(rows[name]["label"], rows[name]["state"], rows[name]["basis"], rows[name]["was"]) for name in ("s1", "s3")]
    assert said == [("payment", "labelled", "decision", "access"), ("access", "labelled", "import", "access")]
    assert (rows["s1"]["decided_by"], rows["s1"]["blind"], rows["s3"]["blind"]) == ("erin", "yes", "")
    assert (rows["s2"]["label"], rows["s2"]["state"], rows["s2"]["blind"]) == ("", "ambiguous", "no")
    assert rows["s1"]["labelled_by"] == "ann1|@erin" and rows["s3"]["labelled_by"] == "ann1"


def test_a_label_whose_decision_was_taken_back_names_nobody(support, tmp_path):
    decision = decided(support, "s1", "payment")
    undo(decision, erin(support), uuid4(), timezone.now())
    row = rows_of(support, "corrected", tmp_path)[0]
    assert (row["label"], row["was"], row["decided_by"]) == ("access", "access", "")


def test_a_label_that_stands_again_names_who_decided_it_first(support, tmp_path):
    decided(support, "s1", "payment", blind=True)
    case = open_case(support, "s1")
    second = decide(case, emil(support), answer(support, "access", blind=False), timezone.now())
    undo(second, emil(support), uuid4(), timezone.now())
    row = rows_of(support, "corrected", tmp_path)[0]
    assert (row["label"], row["decided_by"], row["blind"]) == ("payment", "erin", "yes")


def test_decisions_and_labels_have_a_row_each(support, tmp_path):
    first = decided(support, "s1", "payment", note="=oh", blind=True)
    undo(first, erin(support), uuid4(), timezone.now())
    decided(support, "s2", "payment")
    rows = rows_of(support, "decisions", tmp_path)
    assert [(row["item_id"], row["outcome"], row["label"], bool(row["undone_at"])) for row in rows] == [
        ("s1", "label", "payment", True), ("s2", "label", "payment", False),
    ]  # fmt: skip
    assert (rows[0]["note"], rows[0]["second_look_apostrophes"], rows[0]["blind"]) == ("'=oh", "1", "yes")
    labels = [row for row in rows_of(support, "labels", tmp_path) if row["item_id"] == "s1"]
    assert [(row["annotator"], row["label"], row["abstained"], row["counts"]) for row in labels] == [
        ("ann1", "access", "no", "yes"), ("'@erin", "payment", "no", "no"), ("'@erin", "", "yes", "no"),
    ]  # fmt: skip


def test_checks_of_experts_are_in_no_decisions(support, tmp_path):
    decision = decided(support, "s1", "payment")
    Case.objects.filter(pk=decision.case_id).update(kind=Case.GOLD)
    assert rows_of(support, "decisions", tmp_path) == []


def test_items_taken_back_are_left_out_and_counted(support, tmp_path):
    brought = FileImport.objects.create(dataset=support, kind="items", file_name="a.csv", sha256="0" * 64)
    Item.objects.filter(external_id="s6").update(split=Item.TAKEN_BACK, taken_back=brought.pk)
    for kind in ("corrected", "items", "labels"):
        assert "s6" not in [row["item_id"] for row in rows_of(support, kind, tmp_path)]
    assert export(support, "items", tmp_path / "i.csv").notes == ("1 item taken back with its import left out.",)


def test_what_comes_in_meanwhile_is_not_in_the_file(support, tmp_path, monkeypatch):
    monkeypatch.setattr(moment, "PART", 2)
    parts = download(support, "corrected", form_of("t.csv")).parts
    header = next(parts)
    imported(tmp_path, [{"id": "new", "text": "new", "label": "access"}])
    decided(support, "s6", "access")
    text = (header + b"".join(parts)).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["item_id"] for row in rows] == [f"s{n}" for n in range(1, 7)]
    assert rows[5]["label"] == "payment" and rows[5]["labelled_by"] == "ann1"


def test_a_file_takes_few_queries_however_many_rows(support, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        b"".join(download(support, "corrected", form_of("t.csv")).parts)


def test_everything_is_one_zip_that_names_its_files(support, tmp_path):
    decided(support, "s1", "payment", note="=1")
    path = tmp_path / "all.zip"
    done = export(support, "everything", path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        readme = archive.read("README.txt").decode()
        rows = {name: archive.read(name).decode().count("\r\n") - 1 for name in names if name.endswith(".csv")}
    assert names == ["corrected-labels.csv", "decisions.csv", "items.csv", "labels.csv", "README.txt"]
    assert rows == {"corrected-labels.csv": 6, "decisions.csv": 1, "items.csv": 6, "labels.csv": 7}
    assert sum(rows.values()) == done.rows and "decisions.csv: 1 row." in readme and "1 cell would be run" in readme
    assert "Open cases: no file. The dataset 'support' has no detection yet" in readme
    with pytest.raises(UnableToExport, match="everything goes to a file that ends in .zip"):
        export(support, "everything", tmp_path / "all.csv")


@pytest.mark.parametrize("form", ["xlsx", "parquet", "jsonl.gz"])
def test_the_zip_holds_any_form(support, tmp_path, form):
    export(support, "everything", tmp_path / "all.zip", of=form)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert f"items.{form}" in archive.namelist() and archive.testzip() is None


@pytest.mark.parametrize("kind", [*KINDS])
def test_the_page_counts_the_rows_of_the_file(support, tmp_path, kind):
    if kind != "cases":
        assert KINDS[kind].count(support) == export(support, kind, tmp_path / "t.csv").rows


def test_very_many_rows_are_not_counted_one_by_one(support, monkeypatch):
    monkeypatch.setattr(kinds, "MOST_COUNTED", 2)
    said = {name: kind.holds(support) for name, kind in KINDS.items()}
    assert said["items"] == said["corrected"] == counted(KINDS["items"].count(support), "row")
    assert said["labels"] == "more than 2 rows" and said["decisions"] in ("0 rows", "1 row", "more than 2 rows")


# out, and in again


def again(dataset, path, slug="support", **mapping):
    chosen = {"text": ("text",), "label": "label", "id": "item_id", **mapping}
    asked = import_params(slug, slug, path, ItemMapping(**chosen))
    return work_here(request_import(asked, background=False)).result


def facts():
    return Item.objects.count(), Label.objects.count(), CurrentLabel.objects.count(), Case.objects.count()


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "csv.gz"])
def test_our_own_export_imported_again_is_a_no_op(support, tmp_path, suffix):
    decided(support, "s1", "payment")
    path = tmp_path / f"labels.{suffix}"
    export(support, "corrected", path)
    before = facts()
    result = again(support, path)
    assert facts() == before and (result["items"], result["labels"], result["items_already_here"]) == (0, 0, 6)
    assert any("6 labels in it are what the items carry already" in note for note in result["notes"])
    assert not support.annotators.filter(name="import").exists()


def test_a_label_changed_in_the_file_is_an_answer_like_any_other(support, tmp_path):
    path = tmp_path / "labels.csv"
    export(support, "corrected", path)
    path.write_text(path.read_text().replace(",payment,labelled", ",access,labelled", 1))
    assert again(support, path)["labels"] == 1
    assert Label.objects.filter(annotator__name="import").get().label_class.name == "access"


def test_production_rows_of_our_export_never_become_pool(support, tmp_path):
    imported(tmp_path, [{"id": "p1", "text": "of production", "label": "access"}], split="production")
    path = tmp_path / "labels.csv"
    export(support, "corrected", path)
    before = facts()
    result = again(support, path)
    assert facts() == before
    assert any("1 row of it not of the split pool was passed over" in note for note in result["notes"])


def test_in_an_empty_dataset_it_is_an_ordinary_file(support, tmp_path):
    decided(support, "s1", "payment")
    path = tmp_path / "labels.csv"
    export(support, "corrected", path)
    result = again(support, path, slug="other")
    assert (result["items"], result["labels"]) == (6, 6)
    current = CurrentLabel.objects.in_force().get(item__dataset__slug="other", item__external_id="s1")
    assert (current.label_class.name, current.basis) == ("payment", "import")


@pytest.mark.parametrize("suffix", ["csv", "tsv.gz", "jsonl", "parquet"])
def test_awkward_items_and_columns_come_back_equal(tmp_path, suffix):
    rows = [
        {"id": f"{n:03}", "source": value, "=sum": "-5", "State": value.strip() or "x", "label": "a"}
        for n, value in enumerate(AWKWARD)
    ]  # fmt: skip
    fields = (Field("=sum", "number"), Field("State", "category"))
    made = imported(tmp_path, rows, slug="odd", text=("source",), fields=fields)
    path = tmp_path / f"odd.{suffix}"
    export(made, "corrected", path)
    again(made, path, slug="odd2", text=("source",), fields=fields)
    said = ("external_id", "content", "digest")
    stored = [list(Item.objects.filter(dataset__slug=one).order_by("id").values_list(*said)) for one in ("odd", "odd2")]
    assert stored[0] == stored[1] and len(stored[0]) == len(AWKWARD)
    before = facts()
    assert again(made, path, slug="odd", text=("source",), fields=fields)["labels"] == 0 and facts() == before


def test_numbers_leave_as_the_file_wrote_them(tmp_path):
    made = imported(tmp_path, [{"id": "a", "text": "x", "sum": "1.5", "label": "l"}], fields=(Field("sum", "number"),))
    Item.objects.update(written={"sum": "1.50"})
    assert rows_of(made, "items", tmp_path)[0]["sum"] == "1.50"
    path = tmp_path / "t.jsonl"
    export(made, "items", path)
    assert '"sum": 1.50,' in path.read_text() and json.loads(path.read_text())["sum"] == 1.5
    Item.objects.update(written={"sum": "1,50"})  # a person's number: a program gets its own
    assert rows_of(made, "items", tmp_path)[0]["sum"] == "1.5"
