"""A production set made of rows without labels: imported and drawn by the lead, answered blind by two experts, settled
where they differ, and frozen. Each in a browser of their own."""

import csv

import pytest
from django.urls import reverse

from annotation.actions.jobs.work import work_here
from annotation.core.frozen_digests import rows_digest
from annotation.models import Annotator, Case, Decision, Item, Job, Snapshot
from annotation.reading.frozen_rows import frozen_rows
from tests.browser.expert_page import READ, queue, recorded
from tests.factories import apart, imported
from tests.people import emil, erin, leo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

N, DRAWN = 8, 4


@pytest.fixture
def support(tmp_path):
    rows = [
        {"id": f"i{n}", "text": apart(("login", "card")[n % 2], n), "label": ("access", "payment")[n % 2]}
        for n in range(12)
    ]
    dataset = imported(tmp_path, rows)
    for person in (erin, emil, leo):
        person(dataset)
    return dataset


def test_from_rows_without_labels_to_a_frozen_set(support, open_page, tmp_path):
    lead = open_page(leo(support), reverse("import", args=[support.slug]))
    bring_rows(lead, tmp_path)
    draw(lead)
    odd = Case.objects.filter(kind=Case.PRODUCTION).order_by("id")[2].case_items.get().item.content["text"]
    for person, key in ((erin, "1"), (emil, "2")):
        answer_all(open_page(person(support), queue(support)), odd, key)
    settle(lead, support, odd)
    freeze(lead, support)


def bring_rows(lead, tmp_path):
    path = tmp_path / "unlabelled.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows([f"p{n}", apart(("login", "card")[n % 2], 500 + n)] for n in range(N))
    lead.get_by_label("File").set_input_files(path)
    lead.get_by_label("production: for proof only").check()
    lead.get_by_role("button", name="Show its columns").click()
    lead.get_by_role("button", name="Check and import").click()
    lead.get_by_role("heading", name="The import waits for a worker").wait_for()
    work_here(Job.objects.get(kind="import", params__file_name="unlabelled.csv"))
    lead.reload()
    lead.get_by_role("heading", name=f"{N} items and 0 labels came in").wait_for()
    lead.get_by_role("link", name="Draw some to be answered").click()


def draw(lead):
    assert f"{N} production items have no label yet" in lead.locator("main").inner_text()
    lead.get_by_label("Items to draw").fill(str(DRAWN))
    lead.get_by_role("button", name="Draw", exact=True).click()
    lead.get_by_text(f"Drawn: {DRAWN} items of {N}").wait_for()
    assert f"{DRAWN} without an answer" in lead.locator("#draws").inner_text()


def answer_all(page, odd, key):
    """Rightly, but for one item of which each says what the other does not."""
    for _ in range(DRAWN):
        page.locator("#case:not([data-case=''])").wait_for()
        text = page.locator("#shown").inner_text()
        assert "production" not in page.locator("main").inner_text().lower()
        page.wait_for_timeout(READ)
        was = page.locator("#case").get_attribute("data-case")
        page.keyboard.press(key if odd in text else "1" if "login" in text else "2")
        page.wait_for_function("was => document.querySelector('#case').dataset.case !== was", arg=was)
        recorded(page)


def settle(lead, dataset, odd):
    lead.goto(reverse("production_sets", args=[dataset.slug]))
    rows = lead.locator("#draws").inner_text()
    assert f"{DRAWN - 1} of {DRAWN}" in rows and "1 for an adjudicator" in rows
    lead.get_by_role("link", name="1 for an adjudicator").click()
    text = lead.locator("main").inner_text()
    assert odd in text and "erin" not in text and "emil" not in text
    lead.locator(".pick", has_text="payment").click()
    lead.get_by_label("one of them slipped").check()
    lead.get_by_role("button", name="Settle it").click()
    lead.get_by_role("heading", name="Nothing waits for you to settle").wait_for()


def freeze(lead, dataset):
    lead.goto(reverse("production_sets", args=[dataset.slug]))
    lead.get_by_role("button", name=f"Freeze {DRAWN}", exact=True).click()
    lead.get_by_text(f"holds {DRAWN} rows of draw 1").wait_for()
    frozen = Snapshot.objects.get()
    assert frozen.sha256[:8] in lead.locator("#sets").inner_text() and "as frozen" in lead.locator("#sets").inner_text()
    rows = frozen_rows(frozen)
    assert rows_digest(rows) == frozen.sha256 and set(rows["item"]) <= set(
        Item.objects.filter(split=Item.PRODUCTION).values_list("id", flat=True)
    )
    names = dict(Annotator.objects.values_list("id", "name"))
    adjudicated = Decision.objects.get(cause=Decision.SLIP).items.get().pk
    for row in frozen.rows.all():
        who = {names[one] for one in row.annotators}
        assert row.weight == 1 and who == ({"@emil", "@leo"} if row.item_id == adjudicated else {"@erin", "@emil"})
