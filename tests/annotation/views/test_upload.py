import gzip
import io
from dataclasses import replace

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotation.actions.jobs.work import work
from annotation.actions.people.create_dataset import create_dataset
from annotation.core.files.bounded.looking import look
from annotation.models import Dataset, Item, Job, Label, Membership
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.annotation.actions.test_check_new_labels import made
from tests.factories import small_dataset
from tests.pages import text_of
from tests.people import as_, erin, leo, olga, otto, user
from tests.shared import needs_shared, shared

GOOD = """id,body,label
1,I can't log in since monday,access
2,charged twice for one order,payment
3,what is this even about,DOUBT
4,my password does not work,access
5,a refund please and thank you,payment
6,locked out once again today,access
"""


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.UPLOADS_DIR.mkdir()
    return settings.UPLOADS_DIR


def large(monkeypatch):
    """Every file counts as too large to be gone through while somebody waits: its job checks it."""
    seen = lambda *args, **how: replace(look(*args, **how), whole=False)  # noqa: E731
    monkeypatch.setattr("annotation.views.upload.look", seen)


@pytest.fixture
def dataset(db):
    return create_dataset("Support requests", user("leo"))


def send(client, dataset, content=GOOD, name="requests.csv", **data):
    """Choose a file; the columns page it leads to."""
    raw = content.encode() if isinstance(content, str) else content
    data = {"split": "pool", "encoding": "", "file": SimpleUploadedFile(name, raw), **data}
    return client.post(reverse("import", args=[dataset.slug]), data, follow=True)


def columns(client, page, roles="id text label", **data):
    """Say what the columns are, in their order."""
    chosen = {f"role_{number}": role for number, role in enumerate(roles.split())}
    return client.post(page.request["PATH_INFO"], {"split": "pool", "abstain": "", "classes": "", **chosen, **data})


def test_it_works(dataset):
    lead = as_(leo(dataset))
    page = send(lead, dataset)
    assert "CSV, read as utf-8, 3 columns" in text_of(page)
    assert [column["role"].value() for column in page.context["columns"]] == ["id", "text", "label"]
    done = columns(lead, page, abstain="DOUBT")
    job = Job.objects.get()
    assert done.url == reverse("job", args=[dataset.slug, job.pk])
    assert (job.created_by.username, job.params["file_name"]) == ("leo", "requests.csv")
    work(job.pk)
    assert "6 items and 6 labels came in" in text_of(lead.get(done.url))
    assert "1 of the labels are abstentions" in text_of(lead.get(done.url))
    assert dataset.class_names == ("access", "payment")


# starting a dataset


def test_new_dataset_is_led_by_who_made_it(db):
    response = as_(otto()).post(reverse("new_dataset"), {"name": "Support requests"})
    assert response.url == reverse("import", args=["support-requests"])
    assert Dataset.objects.get().role_of(otto()) == "lead"


def test_a_lead_may_start_another_dataset(dataset):
    assert as_(leo(dataset)).post(reverse("new_dataset"), {"name": "Complaints"}).status_code == 302
    assert set(Dataset.objects.values_list("slug", flat=True)) == {"support-requests", "complaints"}


def test_a_name_that_is_taken_is_refused_with_a_sentence(dataset):
    page = as_(leo(dataset)).post(reverse("new_dataset"), {"name": "support  Requests"})
    assert page.status_code == 200 and Dataset.objects.count() == 1
    assert "There is a dataset 'support-requests' of that name already" in text_of(page)


def test_name_without_a_letter_of_a_slug(db):
    assert create_dataset("問い合わせ", otto()).slug == "dataset"
    assert create_dataset("!", otto()).slug == "dataset-2"


def test_nobody_else_starts_a_dataset(dataset):
    for person in (erin(dataset), olga()):
        assert as_(person).get(reverse("new_dataset")).status_code == 404
        assert as_(person).post(reverse("new_dataset"), {"name": "Mine"}).status_code == 404
    assert Client().get(reverse("new_dataset")).url.startswith(reverse("login"))
    assert Dataset.objects.count() == 1


def test_dataset_without_a_name(db):
    assert "Give the dataset a name" in text_of(as_(otto()).post(reverse("new_dataset"), {"name": " "}))
    assert not Dataset.objects.exists()


# whose upload it is


def test_the_columns_page_is_for_whoever_sent_the_file(dataset, tmp_path):
    page = send(as_(leo(dataset)), dataset)
    url = page.request["PATH_INFO"]
    second = user("lea")
    Membership.objects.create(dataset=dataset, user=second, role="lead")
    for person in (second, erin(dataset), olga(), otto()):
        assert as_(person).get(url).status_code == 404
        assert as_(person).post(url, {"role_0": "id"}).status_code == 404
    assert Client().get(url).url.startswith(reverse("login"))


def test_the_token_is_good_for_its_dataset_only(dataset, tmp_path):
    other = small_dataset(tmp_path, "other")
    leo(other)
    page = send(as_(leo(dataset)), dataset)
    token = page.request["PATH_INFO"].split("/")[-2]
    assert as_(leo(dataset)).get(reverse("import_columns", args=["other", token])).status_code == 404


@pytest.mark.parametrize("token", ["..", "x" * 32, "0" * 32, "0" * 31, "%2e%2e%2fsecret_key", "A" * 32])
def test_a_token_is_no_path(dataset, uploads, token):
    (uploads.parent / "secret_key.json").write_text("{}")
    assert as_(leo(dataset)).get(f"/d/{dataset.slug}/import/{token}/").status_code == 404


def test_the_files_own_name_decides_nothing(dataset, uploads):
    page = send(as_(leo(dataset)), dataset, name="../../etc/passwd.csv")
    assert page.context["upload"].file_name == "passwd.csv"
    assert {path.suffix for path in uploads.iterdir()} == {".upload", ".json"}


# files that can't be taken


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("requests.docx", b"PK\x03\x04", "is none of .csv, .tsv, .jsonl"),
        ("requests.xlsx", b"PK\x03\x04", "is damaged or is none"),
        ("requests.csv", b"PK\x03\x04", "a workbook or a zip archive"),
        ("requests.csv", "id,body\n1,a\0b\n", "Row 2: this row has a NUL byte"),
        ("requests.csv", "id,body\n1,a\n2,b,c\n", "Row 3: the row has 3 cells, the header has 2"),
        ("requests.csv", "", "is empty"),
        ("requests.csv", "id,body\n", "a header but no rows"),
        ("requests.csv", 'id,body\n1,"a\n', "a quote is opened in this row and never closed"),
        ("requests.jsonl", "{\n", "Row 1: the line is not valid JSON"),
        ("requests.csv.gz", b"\x1f\x8bxx", "damaged or cut short"),
    ],
)
def test_unreadable_file_gets_a_sentence_and_nothing_is_written(dataset, name, content, sentence):
    page = send(as_(leo(dataset)), dataset, content, name)
    assert sentence in text_of(page)
    assert "Choose another file" in text_of(page)
    assert not Job.objects.exists()
    assert not Item.objects.exists()


def test_no_file_at_all(dataset):
    page = as_(leo(dataset)).post(reverse("import", args=[dataset.slug]), {"split": "pool"})
    assert "Choose a file first" in text_of(page)


def test_another_encoding_can_be_tried_on_the_same_file(dataset):
    lead = as_(leo(dataset))
    page = send(lead, dataset, "id;body;label\n1;Überweisung fehlt noch immer;Ä\n2;größer als;B\n".encode("cp1250"))
    url = page.request["PATH_INFO"]
    assert "read as cp1252" in text_of(page)
    again = lead.post(url, {"read": "1", "encoding": "utf-16"}, follow=True)
    assert "can't be read yet" in text_of(again)
    assert "declared as utf-16" in text_of(again)
    assert "read as cp1250" in text_of(lead.post(url, {"read": "1", "encoding": "cp1250"}, follow=True))


def test_compressed_file(dataset):
    lead = as_(leo(dataset))
    columns(lead, send(lead, dataset, gzip.compress(GOOD.encode()), "requests.csv.gz"))
    assert work(Job.objects.get().pk).status == Job.DONE


# columns that can't be taken


@pytest.mark.parametrize(
    ("roles", "data", "sentence"),
    [
        ("id ignore label", {}, "No text or other field is named"),
        ("id label label", {}, "The columns “body” and “label” are both named as label"),
        ("text text number", {}, "Row 2, column 'label': 'access' is not a number"),
        ("id text annotator", {}, "Column 'label': an annotator without labels"),
        ("id text label", {"classes": "access"}, "Row 3, column 'label': 'payment' is none of 'access'"),
        ("id wide label", {}, "No text or other field is named"),
        ("id text label", {"abstain": "access", "classes": "access"}, "named as a class and as an abstention"),
        ("id text spell", {}, "not one of the available choices"),
        ("id text label", {"split": "elsewhere"}, "not one of the available choices"),
    ],
)
def test_columns_are_refused_before_anything_is_queued(dataset, roles, data, sentence):
    lead = as_(leo(dataset))
    page = columns(lead, send(lead, dataset), roles, **data)
    assert sentence in text_of(page)
    assert not Job.objects.exists()


def test_choices_are_kept_when_they_are_refused(dataset):
    lead = as_(leo(dataset))
    page = send(lead, dataset)
    refused = columns(lead, page, "ignore text label", classes="access", abstain="DOUBT")
    assert "is none of" in text_of(refused)
    later = lead.get(page.request["PATH_INFO"])
    assert [column["role"].value() for column in later.context["columns"]] == ["ignore", "text", "label"]
    assert (later.context["form"]["abstain"].value(), later.context["form"]["classes"].value()) == ("DOUBT", "access")


def test_second_file_follows_the_datasets_fields_and_classes(dataset):
    lead = as_(leo(dataset))
    columns(lead, send(lead, dataset), abstain="DOUBT")
    work(Job.objects.get().pk)
    page = send(lead, dataset, "id,body,note,label\n9,nothing works any more today,a long remark by someone,spam\n")
    assert [column["role"].value() for column in page.context["columns"]][1:3] == ["text", "ignore"]
    refused = columns(lead, page, "id text ignore label")
    assert "Row 2, column 'label': 'spam' is none of 'access', 'payment'" in text_of(refused)
    assert "has the fields body (text)" in text_of(columns(lead, page, "id text text ignore"))
    missing = send(lead, dataset, "id,other,label\n9,something else altogether,access\n")
    assert "Column 'body': the file has no such column" in text_of(columns(lead, missing, "id ignore label"))
    assert Job.objects.count() == 1
    assert Label.objects.count() == 6


def test_changed_content_fails_with_a_way_back_to_the_columns(dataset, monkeypatch):
    lead = as_(leo(dataset))
    columns(lead, send(lead, dataset))
    work(Job.objects.get().pk)
    page = send(lead, dataset, "id,body,label\n1,something else,access\n")
    assert "already here with another content" in text_of(columns(lead, page))
    large(monkeypatch)
    done = columns(lead, page)
    job = work(Job.objects.order_by("-id").first().pk)
    assert job.status == Job.FAILED
    shown = text_of(lead.get(done.url))
    assert "already here with another content" in shown
    assert page.request["PATH_INFO"] in shown
    assert Item.objects.count() == 6


@pytest.mark.fault("a form of a thousand and two hundred columns")
def test_a_file_of_many_columns_is_imported(dataset):
    lead = as_(leo(dataset))
    names, cells = (",".join(f"{mark}{at}" for at in range(1_200)) for mark in "cx")
    page = send(lead, dataset, f"{names}\n{cells}\n")
    done = columns(lead, page, "text " + "ignore " * 1_199)
    assert (done.status_code, work(Job.objects.get().pk).status) == (302, Job.DONE)
    assert Item.objects.get().content == {"c0": "x0"}


def test_a_file_of_more_columns_than_a_page_can_ask_about_says_so(dataset):
    page = send(as_(leo(dataset)), dataset, ",".join(f"c{at}" for at in range(2_001)) + "\nx\n")
    assert "The file has 2,001 columns, and this page asks about 2,000 at most" in text_of(page)


@pytest.mark.fault("a small file that swells, opened on the page")
def test_a_bomb_is_left_to_its_job(dataset):
    lead = as_(leo(dataset))
    bomb = gzip.compress(b"id,body,label\n" + b"1,again and again,access\n" * 2_000_000)
    page = send(lead, dataset, bomb, "bomb.csv.gz")
    assert "3 columns" in text_of(page)
    assert "too large to be gone through here" in text_of(columns(lead, page, look="1"))
    columns(lead, page)
    job = work(Job.objects.get().pk)
    assert job.status == Job.FAILED and "out of proportion to its size; split it" in job.error


def test_pressing_twice_is_one_import(dataset):
    lead = as_(leo(dataset))
    page = send(lead, dataset)
    assert columns(lead, page).url == columns(lead, page).url
    assert Job.objects.count() == 1


def test_wide_file_and_production(dataset):
    lead = as_(leo(dataset))
    page = send(lead, dataset, "body,anna,ben\nsomething to read,x,y\nsomething else,y,y\n", split="production")
    assert page.context["form"]["split"].value() == "production"
    columns(lead, page, "text wide wide", split="production")
    assert work(Job.objects.get().pk).result["labels"] == 4
    assert set(dataset.annotators.values_list("name", flat=True)) == {"anna", "ben"}
    assert not Item.objects.exclude(split="production").exists()


@needs_shared
def test_real_files_are_guessed_right(dataset):
    lead = as_(leo(dataset))
    page = send(lead, dataset, shared("fin_num_claim/pool_second_annotator.csv").read_bytes(), "pool.csv")
    assert [column["role"].value() for column in page.context["columns"]] == ["id", "text", "label", "ignore"]
    assert dict(page.context["columns"][2]["values"])["DOUBT"] == 19


def test_only_a_look_says_which_labels_look_wrong_and_writes_nothing(dataset, tmp_path, monkeypatch):
    use(monkeypatch, says=Says({}))
    lead = as_(leo(dataset))
    columns(lead, send(lead, dataset, as_csv(made(200, 0, "p"))))
    work(Job.objects.get().pk)
    page = send(lead, dataset, as_csv(made(40, 1, "b", wrong=(3, 17))), name="batch.csv")
    looked = columns(lead, page, look="1")
    assert "no detection has run" in text_of(looked) and looked.status_code == 200
    detect(dataset)
    looked = text_of(columns(lead, page, look="1"))
    for words in ("2 of these 40 labels look wrong", "Do these labels look right?", "The rows, worst first"):
        assert words in looked, words
    assert Job.objects.filter(kind="import").count() == 1 and not Item.objects.filter(external_id="b3").exists()
    job = columns(lead, page)
    work(Job.objects.order_by("-id").first().pk)
    done = text_of(lead.get(job.url))
    assert "2 of these 40 labels look wrong" in done and "40 items and 40" in done


def test_a_look_at_a_file_without_labels_says_there_is_none(dataset):
    lead = as_(leo(dataset))
    page = send(lead, dataset)
    assert "brings no label to the pool" in text_of(columns(lead, page, "id text ignore", look="1"))
    assert "in row 2" in text_of(columns(lead, send(lead, dataset, "id,t\n1,a\n1,b\n"), "id text", look="1"))


def as_csv(rows):
    return "id,text,label\n" + "".join(f"{row['id']},{row['text']},{row['label']}\n" for row in rows)


def workbook(**sheets):
    path = io.BytesIO()
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path.getvalue()


def test_a_workbook_is_read_by_the_sheet_that_is_chosen(dataset):
    lead = as_(leo(dataset))
    rows = [["id", "body", "label"], [1, "I can't log in", "access"], [2, "charged twice", "payment"]]
    page = send(lead, dataset, workbook(Notes=[["read", "me"], ["a", "b"]], Data=rows), "requests.xlsx")
    assert "The sheet 'Notes' was read; the workbook has 'Data' too" in text_of(page)
    page = lead.post(page.request["PATH_INFO"], {"read": "1", "sheet": "Data"}, follow=True)
    assert [column["name"] for column in page.context["columns"]] == ["id", "body", "label"]
    columns(lead, page)
    work(Job.objects.get().pk)
    assert list(Item.objects.order_by("id").values_list("external_id", "content__body")) == [
        ("1", "I can't log in"),
        ("2", "charged twice"),
    ]


def test_an_order_of_dates_that_can_not_be_told_is_asked_for(dataset):
    lead = as_(leo(dataset))
    page = send(lead, dataset, "body,when\nlocked out,01/05/2024\nrefund please,02/05/2024\n")
    asked = columns(lead, page, "text received")
    assert "'01/05/2024' can be 2024-01-05 or 2024-05-01; name the order of the dates" in text_of(asked)
    page = lead.post(page.request["PATH_INFO"], {"read": "1", "dates": "day-first"}, follow=True)
    shown = columns(lead, page, "text received")
    assert "The dates in 'when' were read day first, as asked." in text_of(shown)
    assert not Job.objects.exists()
    columns(lead, page, "text received")
    work(Job.objects.get().pk)
    assert [item.received_at.date().isoformat() for item in Item.objects.order_by("id")] == ["2024-05-01", "2024-05-02"]


def test_a_guessed_encoding_is_shown_with_its_letters_before_anything_is_written(dataset):
    text = "body,label\n" + "посылка пришла слишком поздно,нет\nочень быстрый сервис,да\n"
    page = send(as_(leo(dataset)), dataset, text.encode("cp1251"))
    assert "The file is not UTF-8 and was read as cp1251, for example “посылка пришла слишком" in text_of(page)
    assert not Item.objects.exists()


def test_classes_that_differ_in_capitals_are_shown_before_they_are_made(dataset):
    lead = as_(leo(dataset))
    page = send(lead, dataset, "body,label\nlocked out,access\nrefund please,Access\n")
    assert "differ only in capitals" in text_of(columns(lead, page, "text label"))
    assert not Job.objects.exists()
    columns(lead, page, "text label")
    assert Job.objects.exists()
