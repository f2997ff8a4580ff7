import csv
import io
import zipfile

import pytest
from django.urls import reverse

from annotation.actions.exporting.export import download
from annotation.actions.exporting.kinds import KINDS
from annotation.core.exporting.forms import form_of
from tests.factories import imported, small_dataset
from tests.people import as_, erin, leo, olga

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(tmp_path, settings):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.UPLOADS_DIR.mkdir()
    return small_dataset(tmp_path)


def asked(dataset, kind="corrected", **options):
    return as_(leo(dataset)).get(reverse("download_export", args=[dataset.slug, kind]), options)


def test_the_page_names_each_table_with_its_rows(support):
    page = as_(leo(support)).get(reverse("export", args=["support"])).content.decode()
    for kind in KINDS.values():
        assert kind.title in page
    assert page.count(">Download") + page.count("Download\n") >= 6 and "There is no such file before the first" in page


def test_only_a_lead_sees_it(support):
    for person in (erin(support), olga()):
        for address in (reverse("export", args=["support"]), reverse("download_export", args=["support", "items"])):
            assert as_(person).get(address).status_code == 404


def test_a_file_streams_and_nothing_is_left_behind(support, settings):
    for form in ("csv", "xlsx", "parquet"):
        response = asked(support, form=form)
        assert response.streaming and f"support-corrected-labels.{form}" in response["Content-Disposition"]
        assert len(b"".join(response)) > 100 and list(settings.UPLOADS_DIR.iterdir()) == []
        left = download(support, "corrected", form_of(f"t.{form}")).parts
        next(left)
        left.close()  # as when the client goes away
        assert list(settings.UPLOADS_DIR.iterdir()) == []


def test_ticks_are_heeded_where_they_mean_something(support):
    assert b"".join(asked(support, mark="on")).startswith(b"\xef\xbb\xbfitem_id,")
    assert b"".join(asked(support, form="jsonl", mark="on")).startswith(b'{"item_id"')
    assert asked(support, zipped="on")["Content-Type"] == "application/gzip"
    assert asked(support, form="xlsx", zipped="on")["Content-Disposition"].endswith('.xlsx"')


def test_everything_is_one_zip(support):
    with zipfile.ZipFile(io.BytesIO(b"".join(asked(support, "everything", form="tsv", zipped="on")))) as archive:
        assert archive.testzip() is None and "items.tsv" in archive.namelist()


def test_what_cannot_be_made_is_a_sentence_on_the_page(support, tmp_path):
    response = asked(support, "cases")
    assert response.status_code == 302 and response["Location"] == reverse("export", args=["support"])
    imported(tmp_path, [{"id": "long", "text": "x" * 40_000, "label": "access"}])
    client = as_(leo(support))
    address = reverse("download_export", args=["support", "items"])
    page = client.get(address, {"form": "xlsx"}, follow=True).content.decode()
    assert "Row 8, column “text”: the text has 40,000 characters" in page


def test_an_absurd_question_is_answered(support):
    assert asked(support, "nothing").status_code == 404
    for form in ("", "docx", "a\x07b", "9" * 5_000):
        assert b"".join(asked(support, form=form)).startswith(b"item_id,")


def test_the_page_says_which_columns_step_aside(tmp_path):
    made = imported(tmp_path, [{"id": "a", "source": "x", "label": "l"}], slug="odd", text=("source",))
    page = as_(leo(made)).get(reverse("export", args=["odd"])).content.decode()
    assert "of ours “source” is called “second_look_source”" in page
    header = next(csv.reader(io.StringIO(b"".join(asked(made)).decode())))
    assert header[2] == "second_look_source" and header[5] == "source"
