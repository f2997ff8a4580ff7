import re

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.lease import lease
from annotation.models import Case, Decision, Reason, Skip
from tests.factories import imported, open_case, small_dataset
from tests.people import emil, erin

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def dataset(tmp_path):
    """Three cases, s1 first; 1 is access, 2 is payment."""
    made = small_dataset(tmp_path)
    for place, name in enumerate(("s1", "s2", "s3")):
        open_case(made, name, score=0.9 - place / 10)
    return made


@pytest.fixture
def page(dataset, open_page):
    return open_page(erin(dataset), queue(dataset))


def queue(dataset):
    return reverse("queue", args=[dataset.slug])


def shown(page):
    return page.locator("#case").get_attribute("data-case")


def press(page, key):
    """Press a key and wait for what it brings."""
    before = page.locator("input[name=token]").input_value()
    page.keyboard.press(key)
    page.wait_for_function("was => document.querySelector('input[name=token]')?.value !== was", arg=before)


def said():
    return [(one.label_class and one.label_class.name) or one.outcome for one in Decision.objects.order_by("id")]


def test_a_digit_answers_and_moves_on_with_one_request(page):
    requests = []
    page.on("request", lambda request: requests.append(request))
    first = shown(page)
    press(page, "2")
    assert shown(page) != first
    assert said() == ["payment"]
    # The browser fetches the page's icon when it finds the time, also after the page was read.
    asked = [request for request in requests if not request.url.endswith("icon.svg")]
    assert [request.resource_type for request in asked] in (["xhr"], ["fetch"]), "one request, and no reload"
    assert "you said payment. It carried access." in page.locator("#strip").inner_text()
    assert "1 today · 2 open" in page.locator("#counts").inner_text()
    assert page.evaluate("document.activeElement.tagName") == "H1", "reading starts at the new case"


@pytest.mark.parametrize(("key", "outcome"), [("a", "ambiguous"), ("b", "bad_input")])
def test_keys_of_the_other_answers(page, key, outcome):
    press(page, key)
    assert said() == [outcome]


def test_skip_and_undo(page):
    first = shown(page)
    press(page, "s")
    assert Skip.objects.get().case_id == int(first)
    second = shown(page)
    press(page, "1")
    press(page, "u")
    assert shown(page) == second
    assert said() == ["access", "undo"]
    assert "is taken back" in page.locator("#case [role=status]").inner_text()


def test_not_sure_reasons_and_note_go_with_the_answer(page, dataset):
    Reason.objects.create(dataset=dataset, text="names a card", position=0)
    page.reload()
    page.keyboard.press("c")
    page.get_by_label("names a card").check()
    page.keyboard.press("n")
    page.keyboard.type("12 cards, s and u")
    assert not Decision.objects.exists(), "what is typed into the note is no key"
    page.keyboard.press("Escape")
    press(page, "1")
    decision = Decision.objects.get()
    assert (decision.confidence, decision.note) == ("unsure", "12 cards, s and u")
    assert decision.reasons.get().text == "names a card"
    assert page.locator("textarea").input_value() == ""
    assert not page.get_by_label("Not sure").is_checked()


def test_the_note_survives_a_reload_and_goes_once_recorded(page):
    page.locator("textarea").fill("half a thought")
    page.reload()
    assert page.locator("textarea").input_value() == "half a thought"
    press(page, "1")
    assert page.evaluate("localStorage.length") == 0


def test_keys_are_explained(page):
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    assert not Decision.objects.exists(), "no key decides behind the dialog"


def test_a_class_beyond_nine_is_found_by_its_name(tmp_path, open_page):
    rows = [{"id": str(n), "text": f"text {n}", "label": f"class {n:02}"} for n in range(30)]
    dataset = imported(tmp_path, rows, "many")
    open_case(dataset, "3", score=0.9), open_case(dataset, "4")
    page = open_page(erin(dataset), queue(dataset))
    page.keyboard.press("/")
    page.keyboard.type("S 2")
    assert page.locator(".list button:visible").count() == 10
    page.keyboard.type("7")
    press(page, "Enter")
    assert said() == ["class 27"]


def test_a_group(tmp_path, open_page):
    texts = ("I can't log in", "I can't sign in", "I can log in")
    rows = [{"id": str(n), "text": text, "label": "ab"[n % 2]} for n, text in enumerate(texts)]
    dataset = imported(tmp_path, rows, "group")
    open_case(dataset, "0", "1", "2")
    page = open_page(erin(dataset), queue(dataset))
    assert "For the 2 ticked items" in page.locator("aside").inner_text()
    page.get_by_label("Item 2 takes this answer").uncheck()
    assert "For the 1 ticked items" in page.locator("aside").inner_text()
    page.keyboard.press("Enter")
    assert not Decision.objects.exists(), "Enter in a tick box answers nothing"
    press(page, "d")
    decision = Decision.objects.get()
    assert (decision.outcome, decision.items.count()) == ("different", 3)


# ---- once, and nothing lost


def test_a_double_press_is_one_decision(page):
    page.evaluate("""() => { for (const _ of "ab") document.body.dispatchEvent(
        new KeyboardEvent("keydown", {key: "2", bubbles: true})) }""")
    page.wait_for_selector("[data-recorded]")
    assert said() == ["payment"]


def test_a_key_held_down_is_one_decision(page):
    press(page, "2")
    page.evaluate("""() => document.body.dispatchEvent(
        new KeyboardEvent("keydown", {key: "2", bubbles: true, repeat: true}))""")
    page.wait_for_timeout(200)
    assert said() == ["payment"]


def test_the_second_click_of_a_double_click_is_not_for_the_next_case(page):
    first = page.locator("input[name=token]").input_value()
    box = page.locator(".choice").first.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 10)
    page.mouse.down(click_count=1), page.mouse.up(click_count=1)
    page.wait_for_function("was => document.querySelector('input[name=token]').value !== was", arg=first)
    page.mouse.down(click_count=2), page.mouse.up(click_count=2)
    page.wait_for_timeout(200)
    assert said() == ["access"]


def test_keys_wait_while_an_answer_is_on_its_way(page):
    held = []
    page.route("**/decide/", lambda route: held.append(route))
    page.keyboard.press("2")
    page.wait_for_function("document.querySelector('form.htmx-request')")
    for key in ("1", "s", "u", "a"):
        page.keyboard.press(key)
    token = page.locator("input[name=token]").input_value()
    held[0].continue_()
    page.wait_for_function("was => document.querySelector('input[name=token]').value !== was", arg=token)
    assert said() == ["payment"]
    assert not Skip.objects.exists()


def test_without_connection_the_answer_is_kept_and_can_be_sent_again(page):
    page.locator("textarea").fill("a thought")
    page.context.set_offline(True)
    page.locator(".choice").first.click()
    page.get_by_role("alert").wait_for()
    assert "can't be reached" in page.get_by_role("alert").inner_text()
    assert page.locator("textarea").input_value() == "a thought"
    page.context.set_offline(False)
    page.locator("textarea").blur()
    press(page, "r")
    assert said() == ["access"]
    assert Decision.objects.get().note == "a thought"
    assert not page.get_by_role("alert").is_visible()


def test_an_answer_whose_reply_was_lost_is_recorded_once(page):
    def lose(route):
        route.fetch()
        route.abort()

    # A route that ends by itself may end before the browser has heard of the lost reply.
    page.route("**/decide/", lose)
    page.keyboard.press("2")
    page.get_by_role("alert").wait_for()
    assert said() == ["payment"], "the server has it already"
    page.unroute("**/decide/")
    press(page, "2")
    assert said() == ["payment"]
    assert "you said payment" in page.locator("#strip").inner_text()


def test_a_failure_of_the_server_is_said_and_nothing_is_lost(page):
    page.route("**/decide/", lambda route: route.fulfill(status=500, body="<h1>oops</h1>"))
    first = shown(page)
    page.keyboard.press("2")
    page.get_by_role("alert").wait_for()
    assert "The server failed (500)" in page.get_by_role("alert").inner_text()
    assert shown(page) == first
    page.unroute("**/decide/")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("[data-recorded]")
    assert said() == ["payment"]


def test_who_was_logged_out_is_shown_it(page):
    page.context.clear_cookies()
    page.keyboard.press("2")
    page.get_by_role("alert").wait_for()
    assert re.search("logged out|logged in again", page.get_by_role("alert").inner_text())
    assert page.locator("#case h1").inner_text() == "Which label is right?", "no login form inside the case"


def test_a_case_that_went_to_somebody_else_is_said_above_the_next(page, dataset):
    first = shown(page)
    Case.objects.filter(pk=first).update(leased_until=timezone.now())
    lease(dataset, emil(dataset), timezone.now())
    press(page, "2")
    assert "went to somebody else" in page.locator("#case [role=status]").inner_text()
    assert shown(page) != first
    assert not Decision.objects.exists()


# ---- everywhere


def test_it_works_without_javascript(dataset, open_page):
    page = open_page(erin(dataset), queue(dataset), java_script_enabled=False)
    page.locator("button", has_text="payment").click()
    assert said() == ["payment"]
    assert "you said payment" in page.locator("#strip").inner_text()
    page.get_by_role("button", name="Undo").click()
    assert said() == ["payment", "undo"]
    page.get_by_role("button", name="Skip").click()
    assert Skip.objects.count() == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(dataset, open_page, width):
    open_case(dataset, "s4", "s5", score=1)
    page = open_page(erin(dataset), queue(dataset), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_until_when_is_shown_in_the_experts_own_time(dataset, open_page):
    page = open_page(erin(dataset), queue(dataset), timezone_id="Asia/Tokyo")
    until = Case.objects.get(pk=shown(page)).leased_until
    assert page.locator("#case time").inner_text() == f"{(until.hour + 9) % 24:02}:{until.minute:02}"


def test_an_empty_queue_can_be_asked_again(tmp_path, open_page):
    dataset = small_dataset(tmp_path, "empty")
    case = open_case(dataset, "s1")
    lease(dataset, emil(dataset), timezone.now())
    page = open_page(erin(dataset), queue(dataset))
    assert "Nothing is left for you" in page.locator("h1").inner_text()
    Case.objects.filter(pk=case.pk).update(leased_until=timezone.now())
    page.get_by_role("link", name="Look again").click()
    page.wait_for_selector(f"[data-case='{case.pk}']")
