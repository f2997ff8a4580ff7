"""Answers reach the server once and in order, whatever the network does; the page goes on meanwhile."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from annotation.access import id_behind
from annotation.actions.queue.decide import Answer, decide
from annotation.actions.queue.lease import lease
from annotation.models import Case, Decision, Skip
from tests.browser.expert_page import READ, press, queue, recorded, said, shown, with_cases
from tests.people import emil, erin

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def dataset(tmp_path):
    return with_cases(tmp_path, 6)


@pytest.fixture
def page(dataset, open_page):
    return open_page(erin(dataset), queue(dataset))


def test_twenty_decisions_across_a_cut_network_are_all_there_once_and_in_order(tmp_path, open_page):
    dataset = with_cases(tmp_path, 30)
    page = open_page(erin(dataset), queue(dataset))
    given = []
    for place in range(6):
        given.append((id_behind(shown(page)), "12"[place % 2]))
        press(page, "12"[place % 2])
    page.wait_for_function("() => document.querySelectorAll('#ahead template').length >= 14", timeout=60_000)
    page.context.set_offline(True)
    for place in range(14):
        page.wait_for_timeout(READ)
        given.append((id_behind(shown(page)), "12"[place % 2]))
        page.keyboard.press("12"[place % 2])
    page.wait_for_function(
        "() => document.querySelector('#waiting').textContent.includes('14 answers wait for the network')"
    )
    assert page.locator("#waiting").is_visible()
    assert Decision.objects.count() == 6
    page.context.set_offline(False)
    recorded(page)
    page.wait_for_selector("#waiting", state="hidden")
    stored = [(one.case_id, one.label_class.name) for one in Decision.objects.order_by("id").select_related()]
    assert stored == [(case, {"1": "access", "2": "payment"}[key]) for case, key in given]
    assert all(0.3 < seconds < 30 for seconds in Decision.objects.values_list("seconds", flat=True))


def test_without_cases_ahead_the_page_says_that_the_network_is_away(page):
    page.context.set_offline(True)
    for _ in range(3):
        page.wait_for_timeout(READ)
        page.keyboard.press("1")
    page.wait_for_selector("text=The network is away")
    page.context.set_offline(False)
    page.wait_for_selector("text=Which label is right?")
    recorded(page)
    assert len(said()) == 3


def test_what_waits_survives_a_reload(page):
    page.route("**/decide/", lambda route: route.abort())
    for key in "12":
        page.wait_for_timeout(READ)
        page.keyboard.press(key)
    page.wait_for_selector("text=2 answers wait for the network")
    third = shown(page)
    page.reload()
    page.wait_for_function("shown => document.querySelector('#case').dataset.case === shown", arg=third)
    assert said() == []
    page.unroute("**/decide/")
    recorded(page)
    assert said() == ["access", "payment"]


def test_an_answer_whose_reply_was_lost_is_recorded_once(page):
    lost = []

    def lose(route):
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    page.route("**/decide/", lose)
    page.wait_for_timeout(READ)
    page.keyboard.press("2")
    recorded(page)
    assert lost == [200], "the server had it already"
    assert said() == ["payment"]
    page.unroute("**/decide/")


def test_a_page_that_is_not_ours_is_no_answer(page):
    """As the login page of a café's network."""
    page.route("**/decide/", lambda route: route.fulfill(status=200, body="<h1>Accept our terms</h1>"))
    page.wait_for_timeout(READ)
    page.keyboard.press("2")
    page.wait_for_selector("text=1 answer waits for the network")
    page.unroute("**/decide/")
    recorded(page)
    assert said() == ["payment"]


def test_a_failure_of_the_server_is_said_and_nothing_is_lost(page):
    page.route("**/decide/", lambda route: route.fulfill(status=500, body="<h1>oops</h1>"))
    page.wait_for_timeout(READ)
    page.keyboard.press("2")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "The server failed (500)" in page.get_by_role("alert").inner_text()
    page.unroute("**/decide/")
    page.get_by_role("button", name="Try again").click()
    recorded(page)
    assert said() == ["payment"]
    page.wait_for_selector("#trouble", state="hidden")


def test_who_was_logged_out_is_told_and_the_answer_is_kept(page, open_page, dataset):
    page.context.clear_cookies(name="sessionid")
    page.wait_for_timeout(READ)
    page.keyboard.press("2")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "logged out" in page.get_by_role("alert").inner_text()
    assert page.evaluate("localStorage.length") >= 1


def test_a_case_decided_meanwhile_comes_back_with_all_that_was_typed(page, dataset):
    first = shown(page)
    page.locator("textarea").fill("a thought")
    page.locator("textarea").blur()
    case = Case.objects.get(pk=id_behind(first))
    other = Answer("label", uuid4(), dataset.label_classes.get(name="access"), blind=False)
    decide(case, emil(dataset), other, timezone.now() + timedelta(hours=1))
    page.wait_for_timeout(READ)
    page.keyboard.press("2")
    page.wait_for_selector("text=was settled in the meantime")
    assert shown(page) == first
    assert "Your answer “payment” was not recorded." in page.locator("#said").inner_text()
    assert page.locator("textarea").input_value() == "a thought"
    assert page.locator(".choice").first.is_disabled()
    page.get_by_role("button", name="Go on to the next case").click()
    assert shown(page) != first
    press(page, "1")
    assert said() == ["access", "access"]


def test_a_case_that_went_to_somebody_else_comes_back_closed(page, dataset):
    first = shown(page)
    Case.objects.filter(pk=id_behind(first)).update(leased_until=timezone.now())
    lease(dataset, emil(dataset), timezone.now())
    page.wait_for_timeout(READ)
    page.keyboard.press("2")
    page.wait_for_selector("text=went to somebody else")
    assert shown(page) == first
    assert not Decision.objects.exists()


def test_an_answer_not_sent_yet_is_taken_back_on_the_spot(page):
    page.context.set_offline(True)
    for key in "12":
        page.wait_for_timeout(READ)
        page.keyboard.press(key)
    third = shown(page)
    page.keyboard.press("u")
    page.wait_for_selector("text=taken back before it was sent")
    assert shown(page) != third
    page.context.set_offline(False)
    recorded(page)
    assert said() == ["access"]
    press(page, "2")
    assert said() == ["access", "payment"]
    assert not Skip.objects.exists()


def test_a_draft_of_somebody_else_is_not_mine(dataset, open_page):
    page = open_page(erin(dataset), queue(dataset))
    page.locator("textarea").fill("erin's thought")
    keys = page.evaluate("Object.keys(localStorage)")
    assert len(keys) == 1 and f"draft {erin(dataset).pk} {dataset.slug} " in keys[0]
