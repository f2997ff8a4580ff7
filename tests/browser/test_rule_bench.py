import pytest
from django.urls import reverse

from tests.factories import small_dataset
from tests.people import erin

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_rule_is_judged_as_it_is_typed_and_opened_by_one_click(open_page, tmp_path):
    dataset = small_dataset(tmp_path)
    page = open_page(erin(dataset), reverse("rules", args=[dataset.slug]))
    page.fill("#id_name", "card")
    page.wait_for_selector("text=1 of 6 items fits")
    page.select_option("#id_kind", "shorter")
    page.wait_for_selector("#id_number")
    page.fill("#id_number", "5")
    page.wait_for_selector("text=each is shorter than 5 words")
    assert "kind=shorter" in page.url and "number=5" in page.url
    page.click("text=Open them as a queue")
    page.wait_for_url("**/queue/?finding=*")
    assert dataset.findings.get().author.username == "erin"


def test_it_works_without_javascript(open_page, tmp_path):
    dataset = small_dataset(tmp_path)
    page = open_page(erin(dataset), reverse("rules", args=[dataset.slug]), java_script_enabled=False)
    page.fill("#id_name", "card")
    page.click("text=Try")
    assert page.locator("h1").inner_text() == "1 of 6 items fits: it contains “card”"
