"""Everybody reaches the answers: on a phone, enlarged, by keyboard alone, and when they need longer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.access import id_behind
from annotation.actions.queue.lease import lease
from annotation.models import Case
from tests.browser.expert_page import READ, press, queue, said, shown, with_cases
from tests.factories import apart, imported, open_case
from tests.people import emil, erin

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def long_texts(tmp_path):
    rows = [{"id": str(n), "text": f"{apart('risk', n)} " * 60, "label": "ab"[n % 2]} for n in range(4)]
    dataset = imported(tmp_path, rows, "texts")
    for n in range(4):
        open_case(dataset, str(n), score=1 - n / 10)
    return dataset


@pytest.mark.parametrize("screen", [PHONE, {"width": 640, "height": 400}])
def test_the_answers_are_in_reach_beside_a_long_text(long_texts, open_page, screen):
    """The second screen is a laptop's at 200 %."""
    page = open_page(erin(long_texts), queue(long_texts), viewport=screen)
    for _ in range(2):
        box = page.locator(".choice").first.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= screen["height"]
        assert box["height"] >= 44
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(100)
    page.wait_for_timeout(READ)
    page.locator(".choice").first.click()
    page.wait_for_function("() => scrollY === 0", timeout=5000)
    assert page.evaluate("document.documentElement.scrollWidth") == screen["width"]


def test_many_classes_leave_room_for_the_text_on_a_phone(tmp_path, open_page):
    rows = [{"id": str(n), "text": apart("card", n), "label": f"top_up_{n:02}"} for n in range(77)]
    dataset = imported(tmp_path, rows, "many")
    open_case(dataset, "1")
    page = open_page(erin(dataset), queue(dataset), viewport=PHONE)
    assert page.locator(".answers").bounding_box()["height"] <= 0.46 * PHONE["height"]
    assert page.locator(".find-class input").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_by_keyboard_alone_without_single_keys(tmp_path, open_page):
    dataset = with_cases(tmp_path, 3)
    page = open_page(erin(dataset), queue(dataset))
    page.wait_for_timeout(READ)
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == page.locator(".choice").nth(1).get_attribute("value"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "the focus is seen"
    press(page, "Enter")
    assert said() == ["payment"]


def test_every_control_and_region_has_a_name(long_texts, open_page):
    page = open_page(erin(long_texts), queue(long_texts))
    unnamed = page.evaluate("""() => [...document.querySelectorAll('input, textarea, button, select')]
        .filter(one => one.type !== 'hidden' && one.checkVisibility())
        .filter(one => !(one.getAttribute('aria-label') || one.labels?.length || one.textContent.trim()))
        .map(one => one.outerHTML)""")
    assert unnamed == []
    scrolls = page.evaluate("""() => [...document.querySelectorAll('main *')]
        .filter(one => /auto|scroll/.test(getComputedStyle(one).overflowY) && one.scrollHeight > one.clientHeight + 1)
        .filter(one => one.tabIndex < 0 && !one.querySelector('a, button, input, textarea, [tabindex]'))
        .map(one => one.className)""")
    assert scrolls == []


# ---- time


def test_a_case_in_use_is_renewed_and_one_that_is_left_is_warned_about(tmp_path, open_page, settings):
    settings.LEASE_MINUTES = 8 / 60
    dataset = with_cases(tmp_path, 3)
    page = open_page(erin(dataset), queue(dataset))
    case = Case.objects.get(pk=id_behind(shown(page)))
    before = case.leased_until
    with page.expect_response("**/renew/"):
        for _ in range(12):
            page.mouse.wheel(0, 10)
            page.wait_for_timeout(300)
    case.refresh_from_db()
    assert case.leased_until > before
    page.wait_for_selector("#lease:not([hidden])")
    assert "yours for one more minute" in page.locator("#lease").inner_text()
    page.get_by_role("button", name="Keep it").click()
    page.wait_for_selector("#lease", state="hidden")
    case.refresh_from_db()
    assert case.leased_until > timezone.now() + timedelta(seconds=4)


def test_a_case_that_somebody_took_meanwhile_is_closed(tmp_path, open_page, settings):
    settings.LEASE_MINUTES = 4 / 60
    dataset = with_cases(tmp_path, 2)
    page = open_page(erin(dataset), queue(dataset))
    page.wait_for_selector("text=Your time for this case is over", timeout=10_000)
    settings.LEASE_MINUTES = 20
    assert lease(dataset, emil(dataset), timezone.now())
    page.get_by_role("button", name="Keep it").click()
    page.wait_for_selector("text=This case went to somebody else")
    assert page.locator(".choice").first.is_disabled()
