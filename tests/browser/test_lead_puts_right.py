"""A lead who has read nothing: a workbook comes in, ten items are found and labelled at once and put back, a class gets
another name, and the corrected labels leave. With SHOTS=folder every page is drawn, wide and narrow, light and dark."""

import csv
import os
from pathlib import Path

import pytest
import xlsxwriter
from django.urls import reverse

from annotation.actions.jobs.work import work_here
from annotation.models import CurrentLabel, Dataset, Job
from tests.factories import apart
from tests.people import leo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

N = 10
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 844}}


def test_from_a_workbook_to_corrected_labels(open_page, tmp_path):
    dataset = Dataset.objects.create(slug="support", name="Support")
    page = open_page(leo(dataset), reverse("import", args=["support"]))
    bring_workbook(page, tmp_path)
    find_ten(page)
    label_them_at_once(page)
    put_them_back(page)
    rename_a_class(page)
    assert "payments" in take_out(page) and "payment" not in take_out(page)


def bring_workbook(page, tmp_path):
    path = tmp_path / "tickets.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Tickets")
    sheet.write_row(0, 0, ["id", "text", "label"])
    for n in range(24):
        word, label = (("refund", "payment"), ("login", "access"))[n >= N]
        sheet.write_row(n + 1, 0, [f"t{n}", apart(word, n), label])
    book.close()
    page.get_by_label("File").set_input_files(path)
    drawn(page, "import")
    page.get_by_role("button", name="Show its columns").click()
    drawn(page, "columns")
    page.get_by_role("button", name="Check and import").click()
    page.get_by_role("heading", name="The import waits for a worker").wait_for()
    work_here(Job.objects.get(kind="import"))
    page.reload()
    page.get_by_role("heading", name="24 items and 24 labels came in").wait_for()


def find_ten(page):
    page.goto(reverse("items", args=["support"]))
    page.get_by_label("Words").fill("refund")
    page.get_by_role("button", name="Show").first.click()
    page.get_by_text(f"{N} items in all").wait_for()
    drawn(page, "items")


def label_them_at_once(page):
    page.get_by_label("all of this page").check()
    page.get_by_role("button", name="Label the ticked ones").click()
    page.get_by_role("heading", name=f"{N} of these {N} items can be labelled at once").wait_for()
    page.locator("select").select_option(label="access")
    drawn(page, "label")
    page.get_by_role("button", name="Label them").click()
    page.get_by_text(f"{N} items labelled “access”").wait_for()
    drawn(page, "labelled")
    assert labelled("access") == 24


def put_them_back(page):
    page.get_by_role("button", name="Take").first.click()
    page.get_by_text(f"{N} items have their earlier label again").wait_for()
    assert labelled("access") == 24 - N


def rename_a_class(page):
    page.goto(reverse("question", args=["support"]))
    drawn(page, "classes")
    page.get_by_label("payment", exact=True).first.check()
    page.get_by_label("name, heading or parts").fill("payments")
    page.get_by_role("button", name="See what it moves").click()
    page.get_by_role("button", name="Do it").wait_for()
    drawn(page, "class change")
    page.get_by_role("button", name="Do it").click()
    page.get_by_role("heading", name="How they changed").wait_for()
    drawn(page, "classes changed")
    assert labelled("payments") == N


def take_out(page):
    """The labels in the file of corrected labels."""
    page.goto(reverse("export", args=["support"]))
    drawn(page, "export")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").first.click()
    with Path(download.value.path()).open(newline="") as file:
        return {row["label"] for row in csv.DictReader(file)}


def labelled(name):
    return CurrentLabel.objects.in_force().filter(label_class__name=name).count()


def drawn(page, name):
    """No page is wider than its screen; with SHOTS it is drawn too."""
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} at {viewport['width']} px is {wide} px too wide"
        for theme in ("light", "dark") if os.environ.get("SHOTS") else ():
            page.emulate_media(color_scheme=theme)
            path = Path(os.environ["SHOTS"]) / f"{name.replace(' ', '_')}_{size}_{theme}.png"
            page.screenshot(path=path, full_page=True)
    page.set_viewport_size(SIZES["wide"])
