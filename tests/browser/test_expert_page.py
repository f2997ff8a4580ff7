import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.access import id_behind, shown_id
from annotation.actions.queue.lease import lease
from annotation.models import Case, Decision, Reason, Skip
from tests.browser.expert_page import READ, press, queue, said, shown
from tests.factories import apart, imported, open_case, small_dataset
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


def test_a_digit_answers_and_moves_on_with_one_request(page):
    requests = []
    page.wait_for_timeout(READ)
    page.on("request", lambda request: requests.append(request))
    first = shown(page)
    press(page, "2")
    assert shown(page) != first
    assert said() == ["payment"]
    # The browser fetches the page's icon when it finds the time, also after the page was read.
    asked = [request for request in requests if request.method == "POST"]
    assert [request.url.split("/")[-2] for request in asked] == ["decide"], "one request, and no reload"
    assert not [request for request in requests if request.is_navigation_request()]
    page.wait_for_selector("text=It carried access.")
    assert "you said payment. It carried access." in page.locator("#strip").inner_text()
    assert "1 today · fewer than 20 open" in page.locator("#counts").inner_text()
    assert page.evaluate("document.activeElement.tagName") == "H1", "reading starts at the new case"


def test_what_is_ready_is_in_no_tree_that_a_reader_walks(page):
    assert page.locator("#ahead template").count() == 2
    assert page.locator("#ahead").inner_text().strip() == ""
    assert page.locator("#ahead :not(template)").count() == 0
    assert "declined" not in page.locator("body").aria_snapshot()


def test_the_next_case_does_not_wait_for_the_server(page):
    held = []
    page.route("**/decide/", lambda route: held.append(route))
    page.wait_for_timeout(READ)
    first = shown(page)
    page.keyboard.press("2")
    page.wait_for_function("was => document.querySelector('#case').dataset.case !== was", arg=first)
    assert page.locator("#strip").inner_text().startswith("Last case: you said payment."), "and nothing revealed yet"
    assert "carried" not in page.locator("#strip").inner_text()
    assert said() == []
    held[0].continue_()
    page.wait_for_selector("text=It carried access.")
    assert said() == ["payment"]


@pytest.mark.parametrize(("key", "outcome"), [("a", "ambiguous"), ("b", "bad_input")])
def test_keys_of_the_other_answers(page, key, outcome):
    press(page, key)
    assert said() == [outcome]


@pytest.mark.parametrize(
    ("key", "reason"), [("s", ""), ("f", "not_my_field"), ("g", "unclear"), ("b", "bad_input")]
)  # fmt: skip
def test_a_skip_says_why(page, key, reason):
    first = shown(page)
    page.wait_for_timeout(READ)
    page.keyboard.press("s")
    assert page.locator(".skips .menu").is_visible()
    press(page, key)
    skip = Skip.objects.get()
    assert (shown_id(skip.case_id), skip.reason) == (first, reason)
    assert not Decision.objects.exists()


def test_undo_brings_the_case_back_with_everything_ticked_and_typed(page, dataset):
    Reason.objects.create(dataset=dataset, text="names a card", position=0)
    page.reload()
    first = shown(page)
    page.wait_for_timeout(READ)
    page.keyboard.press("c"), page.keyboard.press("w"), page.keyboard.press("1"), page.keyboard.press("n")
    page.keyboard.type("odd")
    page.keyboard.press("Escape")
    press(page, "1")
    assert not page.get_by_label("Not sure").is_checked()
    press(page, "u")
    assert shown(page) == first
    assert said() == ["access", "undo"]
    assert "is taken back" in page.locator("#said").inner_text()
    assert page.locator("textarea").input_value() == "odd"
    assert page.get_by_label("Not sure").is_checked()
    assert page.get_by_label("names a card").is_checked()


def test_not_sure_reasons_and_note_go_with_the_answer(page, dataset):
    Reason.objects.create(dataset=dataset, text="names a card", position=0)
    page.reload()
    page.keyboard.press("c")
    page.keyboard.press("w"), page.keyboard.press("1")
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
    assert 0 < decision.seconds < 30


def test_all_that_was_filled_in_survives_a_reload_and_goes_once_recorded(page, dataset):
    Reason.objects.create(dataset=dataset, text="names a card", position=0)
    page.reload()
    page.locator("textarea").fill("half a thought")
    page.get_by_label("names a card").check()
    page.get_by_label("Not sure").check()
    page.reload()
    assert page.locator("textarea").input_value() == "half a thought"
    assert page.get_by_label("names a card").is_checked()
    assert page.get_by_label("Not sure").is_checked()
    press(page, "1")
    assert page.evaluate("localStorage.length") == 0


def test_keys_are_explained(page):
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.wait_for_timeout(READ)
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    assert not Decision.objects.exists(), "no key decides behind the dialog"


def test_keys_can_be_switched_off_and_classes_put_on_other_digits(page, dataset):
    page.goto(reverse("own_keys", args=[dataset.slug]))
    page.get_by_label("Key 7").select_option(label="payment")
    page.get_by_role("button", name="Keep").click()
    press(page, "7")
    assert said() == ["payment"]
    page.goto(reverse("own_keys", args=[dataset.slug]))
    page.get_by_label("Single keys answer").uncheck()
    page.get_by_role("button", name="Keep").click()
    page.wait_for_timeout(READ)
    for key in "17asu?":
        page.keyboard.press(key)
    assert said() == ["payment"]
    assert not page.get_by_role("dialog").is_visible()
    page.get_by_role("button", name="access").focus()
    press(page, "Enter")
    assert said() == ["payment", "access"]


# ---- many classes, groups, long texts


def test_a_class_is_found_by_parts_of_its_name_in_any_order(tmp_path, open_page):
    names = [f"{what}_{how}" for what in ("top_up", "card", "transfer") for how in ("failed", "lost", "late", "new")]
    rows = [{"id": str(n), "text": apart(name, n), "label": name} for n, name in enumerate(names)]
    dataset = imported(tmp_path, rows, "many")
    for n in "345":
        open_case(dataset, n, score=0.9)
    page = open_page(erin(dataset), queue(dataset))
    page.wait_for_timeout(READ)
    page.keyboard.press("/")
    page.keyboard.type("fail top")
    assert page.locator("#found [role=option]").all_inner_texts() == ["top_up_failed"]
    press(page, "Enter")
    assert said() == ["top_up_failed"]
    page.keyboard.press("/")
    page.keyboard.type("lo")
    assert page.locator("#found [role=option]").all_inner_texts() == ["top_up_lost", "card_lost", "transfer_lost"]
    page.keyboard.press("ArrowDown"), page.keyboard.press("ArrowDown"), page.keyboard.press("ArrowUp")
    press(page, "Enter")
    assert said()[-1] == "card_lost"
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    assert "No class has this" in page.locator(".find-class").inner_text()
    page.wait_for_timeout(READ)
    page.keyboard.press("Enter")
    assert len(said()) == 2


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
    page.keyboard.press("t"), page.keyboard.press("3")
    assert page.get_by_label("Item 3 takes this answer").is_checked()
    page.reload()
    assert page.get_by_label("Item 3 takes this answer").is_checked(), "ticks survive a reload"
    assert not page.get_by_label("Item 2 takes this answer").is_checked()
    press(page, "d")
    decision = Decision.objects.get()
    assert (decision.outcome, decision.items.count()) == ("different", 3)


def test_words_are_found_in_a_long_text(tmp_path, open_page):
    text = "Risks are customary. " * 80 + "We cut our guidance. " + "Risks are customary. " * 80 + "Guidance again."
    dataset = imported(tmp_path, [{"id": "1", "text": text, "label": "a"}, {"id": "2", "text": "x", "label": "b"}])
    open_case(dataset, "1")
    page = open_page(erin(dataset), queue(dataset))
    page.keyboard.press("f")
    page.keyboard.type("guidance")
    assert "1 of 2" in page.locator(".find").inner_text()
    page.keyboard.press("Enter")
    assert "2 of 2" in page.locator(".find").inner_text()
    assert page.evaluate("scrollY") > 300
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "BODY"


# ---- everywhere


def test_it_works_without_javascript(dataset, open_page):
    page = open_page(erin(dataset), queue(dataset), java_script_enabled=False)
    page.locator(".choice", has_text="payment").click()
    assert said() == ["payment"]
    assert "you said payment" in page.locator("#strip").inner_text()
    page.get_by_role("button", name="Undo").click()
    assert said() == ["payment", "undo"]
    page.locator("summary", has_text="Skip").click()
    page.get_by_role("button", name="Not my field").click()
    assert Skip.objects.get().reason == "not_my_field"


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(dataset, open_page, width):
    open_case(dataset, "s4", "s5", score=1)
    page = open_page(erin(dataset), queue(dataset), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_until_when_is_shown_in_the_experts_own_time(dataset, open_page):
    page = open_page(erin(dataset), queue(dataset), timezone_id="Asia/Tokyo")
    until = Case.objects.get(pk=id_behind(shown(page))).leased_until
    assert page.locator("#case time").inner_text() == f"{(until.hour + 9) % 24:02}:{until.minute:02}"


def test_an_empty_queue_can_be_asked_again(tmp_path, open_page):
    dataset = small_dataset(tmp_path, "empty")
    case = open_case(dataset, "s1")
    lease(dataset, emil(dataset), timezone.now())
    page = open_page(erin(dataset), queue(dataset))
    assert "Nothing is left for you" in page.locator("h1").inner_text()
    Case.objects.filter(pk=case.pk).update(leased_until=timezone.now())
    page.get_by_role("link", name="Look again").click()
    page.wait_for_selector(f"#case[data-case='{shown_id(case.pk)}']")
