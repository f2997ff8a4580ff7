"""Files in every form, in parts, with bad rows and broken texts."""

import csv
import gzip
import json
import os
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.exporting.export import export
from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.files.import_labels import import_labels
from annotation.actions.files.rejected_rows import UnableToTake
from annotation.actions.files.uploads import keep_upload, prune_uploads
from annotation.actions.jobs.work import UnableToWork, work, work_here
from annotation.core.files.parsing_items import ItemMapping
from annotation.core.files.tables import UnableToRead, open_source, read_table
from annotation.models import CurrentLabel, Dataset, Item, Job, Label
from tests.annotation.views.test_upload import columns, dataset, large, send, uploads  # noqa: F401  fixtures
from tests.factories import small_dataset
from tests.pages import text_of
from tests.people import as_, erin, leo, olga
from tests.test_commands import refusal, result

pytestmark = pytest.mark.django_db
ROWS = [("a", "one", "x"), ("b", "two", "y"), ("c", "three", "x")]
BAD = "id,text,label\na,one,x\nb,two\nc,,x\nd,four,y\na,five,y\ne,six,z\n"


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def write(path, form):
    name = path / f"items.{form}"
    table = dict(zip(("id", "text", "label"), map(list, zip(*ROWS, strict=True)), strict=True))
    if form.startswith("parquet"):
        parquet(name, **table)
        raw = name.read_bytes()
    elif form.startswith("jsonl"):
        raw = "".join(json.dumps(dict(zip(table, row, strict=True))) + "\n" for row in ROWS).encode()
    else:
        raw = "".join(("\t" if "tsv" in form else ",").join(row) + "\n" for row in [tuple(table), *ROWS]).encode()
    name.write_bytes(gzip.compress(raw) if form.endswith(".gz") else raw)
    return name


FORMS = ("csv", "tsv", "jsonl", "parquet", "csv.gz", "tsv.gz", "jsonl.gz", "parquet.gz")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(tmp_path, form):
    table = read_table(write(tmp_path, form))
    assert list(zip(*table.cells.values(), strict=True)) == ROWS
    assert table.format == form.removesuffix(".gz")


@pytest.mark.parametrize("form", [form for form in FORMS if form.endswith(".gz")])
def test_a_cut_archive_is_one_sentence(tmp_path, form):
    path = write(tmp_path, form)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UnableToRead, match=r"^The gzip file 'items\.\S+' is damaged or cut short"):
        read_table(path)


def test_values_of_parquet_as_text(tmp_path):
    path = parquet(
        tmp_path / "a.parquet", n=pa.array([12345678901234567, None], pa.int64()), f=[1.5, float("nan")],
        ok=[True, None], at=pa.array([datetime(2024, 5, 31, 12, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        kind=pa.array(["x", "y"]).dictionary_encode(), vector=[[1.0], [2.0]],
    )  # fmt: skip
    table = read_table(path)
    assert table.cells == {
        "n": ["12345678901234567", ""], "f": ["1.5", ""], "ok": ["True", ""],
        "at": ["2024-05-31T12:00:00+00:00", ""], "kind": ["x", "y"], "vector": ["1.0", "2.0"],
    }  # fmt: skip
    assert table.row_numbers == [1, 2]


@pytest.mark.parametrize("content", [b"", b"text,label\n", b"PAR1 and no more"])
def test_what_is_no_parquet_is_refused(tmp_path, content):
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(UnableToRead, match="'a.parquet' is not a complete Parquet file"):
        read_table(tmp_path / "a.parquet")


def test_parts_are_what_the_whole_is(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "".join(f"t{n},{n % 3}\n" for n in range(25)) + "x\n")
    parts = list(open_source(path).chunks(10))
    assert [len(part) for part in parts] == [10, 10, 5]
    assert [part.row_numbers[0] for part in parts] == [2, 12, 22]
    assert parts[2].broken[0].row == 27


def asked(path, **more):
    return import_params("d", "d", path, ItemMapping(text=("text",), label="label", id="id"), **more)


def test_an_import_in_many_parts_is_one_import(tmp_path, monkeypatch):
    monkeypatch.setattr("annotation.core.files.tables.Source.chunks.__defaults__", (3, None))
    path = tmp_path / "a.csv"
    rows = [(f"i{n % 7}", f"text {n % 7}", "xyz"[n % 3], f"ann{n // 7}") for n in range(21)]
    rows += [("i0", "text 0", "y", "ann0"), ("i6", "text 6", "z", "ann0")]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("id", "text", "label", "who"), *rows])
    mapping = ItemMapping(text=("text",), label="label", id="id", annotator="who")
    params = import_params("d", "d", path, mapping)
    done = work_here(request_import(params, background=False)).result
    assert (done["items"], done["items_already_here"], done["labels"]) == (7, 0, 23)
    assert CurrentLabel.objects.count() == 7
    assert Label.objects.filter(item__external_id="i0", annotator__name="ann0").count() == 2
    again = work_here(request_import({**params, "name": "again"}, background=False)).result
    assert (again["items"], again["items_already_here"], again["labels"]) == (0, 7, 0)


def test_good_rows_on_request_and_the_others_back_with_their_reasons(tmp_path):
    path, rejected = tmp_path / "a.csv", tmp_path / "rejected.tsv"
    path.write_text(BAD)
    command = ("import_items", "d", str(path), "--text", "text", "--label", "label", "--id", "id")
    command += ("--rejected", str(rejected))
    said = refusal(*command, "--class", "x", "y")
    assert "Row 3: the row has 2 cells, the header has 3" in said and "3 more rows have a fault" in said
    assert not Dataset.objects.exists()
    rows = list(csv.reader(rejected.open(), delimiter="\t"))
    assert rows[0] == ["id", "text", "label", "row", "reason"]
    assert [row[3] for row in rows[1:]] == ["3", "4", "6", "7"]
    assert rows[1][:3] == ["b", "two", ""]
    assert rows[2][4] == "column 'text': the cell is empty; fill it or delete the row."
    assert rows[3][4].startswith("column 'id': the id 'a' is in row 2 with another content")
    assert rows[4][4].startswith("column 'label': 'z' is none of 'x', 'y'")
    done = result(*command, "--class", "x", "y", "--accept-good")
    assert (done["items"], done["labels"], done["rejected"]) == (2, 2, 4)
    assert "4 rows were left out" in done["notes"][0]
    assert set(Item.objects.values_list("external_id", flat=True)) == {"a", "d"}


def test_a_class_only_rejected_rows_name_is_no_class(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text,label\na,one,x\na,two,never\nb,,neither\n")
    work_here(request_import(asked(path, accept_good=True), background=False))
    assert Dataset.objects.get().class_names == ("x",)


def test_no_good_row_is_no_import(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text,label\na,,x\n")
    with pytest.raises(UnableToWork, match="Row 2, column 'text': the cell is empty"):
        work_here(request_import(asked(path, accept_good=True), background=False))
    assert not Dataset.objects.exists()


def test_labels_take_the_good_rows_too(tmp_path):
    support = small_dataset(tmp_path)
    path = tmp_path / "labels.csv"
    path.write_text("item,who,label\ns1,ann2,payment\nnobody,ann2,payment\ns2,,access\n")
    asked = {"item": "item", "annotator": "who", "label": "label"}
    with pytest.raises(UnableToTake, match="Row 3, column 'item'.*no item 'nobody'.*1 more row has a fault"):
        import_labels(support, path, **asked)
    assert Label.objects.count() == 6
    done = import_labels(support, path, **asked, accept_good=True)
    assert (done["labels"], done["rejected"]) == (1, 2)


def test_broken_texts_are_counted_and_mended_on_request(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text,label\na,it\u00e2\u20ac\u2122s late,x\nb,caf\u00e9,y\n")
    command = ("import_items", "d", str(path), "--text", "text", "--label", "label", "--id", "id")
    tried = result(*command, "--dry-run")
    assert tried["notes"][0].startswith("1 text looks broken (\u00e2\u20ac\u2122 for \u2019), first in row 2")
    done = result(*command, "--repair")
    said = "1 text had broken characters (\u00e2\u20ac\u2122 for \u2019) and was repaired, first in row 2."
    assert done["notes"] == [said]
    assert [item.content["text"] for item in Item.objects.order_by("id")] == ["it\u2019s late", "caf\u00e9"]


# the upload page


def test_rejected_rows_and_the_good_ones_by_page(dataset):  # noqa: F811
    lead = as_(leo(dataset))
    page = send(lead, dataset, BAD)
    refused = columns(lead, page, "id text label")
    assert "2 more rows have a fault" in text_of(refused)
    url = page.request["PATH_INFO"] + "rejected.csv"
    assert b"".join(lead.get(url).streaming_content).decode().splitlines()[1].startswith("b,two,,3,")
    for person in (erin(dataset), olga()):
        assert as_(person).get(url).status_code == 404
    done = columns(lead, page, "id text label", accept="1", repair="on")
    job = work(Job.objects.get().pk)
    assert (job.status, job.result["items"], job.params["repair"]) == (Job.DONE, 3, True)
    assert "Download the 3 rejected rows" in text_of(lead.get(done.url))


def test_a_large_file_fails_with_its_rejected_rows_and_a_second_chance(dataset, monkeypatch):  # noqa: F811
    large(monkeypatch)
    lead = as_(leo(dataset))
    done = columns(lead, send(lead, dataset, BAD), "id text label")
    job = work(Job.objects.get().pk)
    assert job.status == Job.FAILED and not Item.objects.exists()
    assert "Import the good rows without them" in text_of(lead.get(done.url))
    rejected = reverse("rejected_rows", args=[dataset.slug, job.pk])
    assert b"the row has 2 cells" in b"".join(lead.get(rejected).streaming_content)
    good = reverse("import_good", args=[dataset.slug, job.pk])
    for person in (erin(dataset), olga()):
        assert as_(person).get(rejected).status_code == as_(person).post(good).status_code == 404
    lead.post(good)
    assert work(Job.objects.order_by("-id").first().pk).status == Job.DONE
    assert Item.objects.count() == 3


def test_uploads_are_dropped_a_day_after_their_job(dataset, uploads):  # noqa: F811
    now, lead = timezone.now(), leo(dataset)
    kept, needed, fresh = (keep_upload("a.csv", [b"id,text\n"], dataset, lead, {}) for _ in range(3))
    for one in (kept, needed):
        os.utime(one.path, ((now - timedelta(days=2)).timestamp(),) * 2)
    job = Job.objects.create(kind="import", key="k", params={"path": str(needed.path)})
    assert prune_uploads(now) == 1
    assert {path.stem for path in uploads.iterdir()} == {needed.token, fresh.token}
    Job.objects.filter(pk=job.pk).update(status=Job.DONE)
    assert prune_uploads(now) == 1


# out again


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "csv.gz", "tsv.gz", "jsonl.gz"])
def test_labels_leave_in_every_form(tmp_path, suffix):
    support = small_dataset(tmp_path)
    path = tmp_path / f"labels.{suffix}"
    assert export(support, "corrected", path).rows == 6
    cells = read_table(path).cells
    assert (cells["item_id"][0], cells["text"][0], cells["label"][0], cells["state"][0]) == (
        "s1", "I can't log in 1", "access", "labelled",
    )  # fmt: skip
    assert cells["received"][0] == cells["source"][0] == ""
