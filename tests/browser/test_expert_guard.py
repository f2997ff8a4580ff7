"""A press nobody can have read for is no answer, and an honest one always is."""

import random

import pytest

from annotation.models import Decision
from tests.browser.expert_page import queue, recorded, with_cases
from tests.people import erin

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HONEST = 500  # ms between two answers of somebody who reads
FAST = 310  # ms within which nobody has read


def test_of_100_presses_too_fast_to_have_read_none_is_taken_and_of_100_honest_ones_all(tmp_path, open_page):
    dataset = with_cases(tmp_path, 140)
    page = open_page(erin(dataset), queue(dataset))
    page.wait_for_timeout(HONEST)
    page.evaluate("window.at = []; addEventListener('keydown', event => at.push(event.timeStamp), true)")
    drawn = random.Random(7)
    for _ in range(100):
        page.keyboard.press("1")
        page.wait_for_timeout(drawn.uniform(80, 300))
        page.keyboard.press("2")
        page.wait_for_timeout(HONEST)
    recorded(page)
    at = page.evaluate("window.at")
    # a busy machine presses some later than it was told to, and then it is no fast press
    late = sum(second - first > FAST for first, second in zip(at[::2], at[1::2], strict=True))
    said = list(Decision.objects.values_list("label_class__name", flat=True))
    assert late <= 30, "too busy a machine to say anything"
    assert said.count("payment") <= late
    assert said.count("access") == 100


def test_honest_answers_half_a_second_apart_are_all_taken(tmp_path, open_page):
    dataset = with_cases(tmp_path, 44)
    page = open_page(erin(dataset), queue(dataset))
    for place in range(40):
        page.wait_for_timeout(HONEST)
        page.keyboard.press("12"[place % 2])
    recorded(page)
    assert Decision.objects.count() == 40


def test_a_press_too_fast_is_said_and_not_kept_for_later(tmp_path, open_page):
    dataset = with_cases(tmp_path, 4)
    page = open_page(erin(dataset), queue(dataset))
    page.wait_for_timeout(HONEST)
    page.keyboard.press("1"), page.keyboard.press("2"), page.keyboard.press("2")
    assert "Too fast to have been read" in page.locator("#fast").inner_text()
    page.wait_for_timeout(2 * HONEST)
    recorded(page)
    assert Decision.objects.count() == 1


def test_a_key_held_down_answers_once(tmp_path, open_page):
    dataset = with_cases(tmp_path, 6)
    page = open_page(erin(dataset), queue(dataset))
    page.wait_for_timeout(HONEST)
    for _ in range(40):
        page.keyboard.down("1")  # every further one is a repetition
        page.wait_for_timeout(33)
    page.keyboard.up("1")
    recorded(page)
    assert Decision.objects.count() == 1


def test_the_second_click_of_a_double_click_is_not_for_the_next_case(tmp_path, open_page):
    dataset = with_cases(tmp_path, 4)
    page = open_page(erin(dataset), queue(dataset))
    page.wait_for_timeout(HONEST)
    page.locator(".choice").first.dblclick()
    page.wait_for_timeout(HONEST)
    recorded(page)
    assert Decision.objects.count() == 1
