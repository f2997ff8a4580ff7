"""Experts and their lead from the invitation to the case that is asked again, each in a browser of their own."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.people.publish_guideline import publish_guideline
from annotation.actions.queue.decide import decide
from annotation.models import Case, Decision, RoutingRules, User
from tests.browser.expert_page import READ, queue, recorded
from tests.factories import answer, apart, imported, open_case
from tests.people import leo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CLASSES = ("access", "payment")
IN_TEST, SINGLE = 4, 4
GAP = "both at once"


@pytest.fixture
def support(tmp_path):
    """Four items a lead decided, four that wait alone, and ahead of them two near-copies labelled differently."""
    rows = [
        {"id": f"t{n}", "text": apart(f"word{n}", n), "label": CLASSES[n % 2]} for n in range(IN_TEST + SINGLE)
    ]  # fmt: skip
    rows += [{"id": f"copy{n}", "text": f"the card {GAP} the login word{n}", "label": CLASSES[n]} for n in (0, 1)]
    dataset = imported(tmp_path, rows)
    dataset.reasons.create(text=GAP, position=0)
    # no check comes between: who is asked first is asked about the copies
    RoutingRules.objects.create(dataset=dataset, version=1, gold_share=0, repeat_share=0)
    lead = leo(dataset)
    publish_guideline(dataset, "A login is access, a card is payment.", lead, 0)
    for n in range(IN_TEST):
        decide(open_case(dataset, f"t{n}"), lead, answer(dataset, CLASSES[n % 2]), timezone.now())
    for n in range(IN_TEST, IN_TEST + SINGLE):
        open_case(dataset, f"t{n}", score=0.8 - n / 100)
    open_case(dataset, "copy0", "copy1", score=0.95)
    return dataset


def test_from_the_invitation_to_the_case_asked_again(support, open_page):
    lead = open_page(leo(support), reverse("qualification", args=[support.slug]))
    lead.get_by_role("button", name="Make a test of the ticked").click()
    lead.get_by_text(f"The test has {IN_TEST} questions").wait_for()

    ana, ben, cleo = (joined(open_page, link, name) for name, link in invited(lead, support, ("ana", "ben", "cleo")))
    for page in (ana, ben):
        take_test(page, right=True)
    take_test(cleo, right=False)
    cleo.get_by_role("heading", name=f"You had 0 of {IN_TEST} right in the test; the lead decides").wait_for()
    let_try_again(lead, support, "cleo")
    cleo.goto(queue(support))
    take_test(cleo, right=True)
    assert cleo.locator("#shown:visible", has_text="A test before").count() == 0

    differ(ana, ben)
    settle_as_a_gap(lead, support)
    again = ask_again(lead)
    assert again.reopens.decisions.get().expert.username == "ana"
    its_text = again.case_items.get().item.content["text"]
    assert find_case(ben, its_text, support) or find_case(cleo, its_text, support)
    assert not find_case(ana, its_text, support)

    lead.goto(reverse("case", args=[support.slug, again.pk]))
    assert f"case {again.reopens_id} again: guideline 2" in lead.locator("main").inner_text()
    read_who_decided_what(lead, support)


def invited(lead, dataset, names):
    """(name, link) of each, as the lead reads it once."""
    lead.goto(reverse("experts", args=[dataset.slug]))
    for name in names:
        lead.get_by_label("Invite").fill(name)
        lead.get_by_role("button", name="Make a link").click()
        lead.locator("#invite .note").wait_for()
        yield name, lead.locator("#invite .note code").inner_text()
        lead.reload()
        assert lead.locator("#invite .note").count() == 0


def joined(open_page, link, name):
    page = open_page(None, link)
    assert "leo invites you as expert" in page.locator("main").inner_text()
    page.get_by_label("Username").fill(name)
    for part in ("1", "2"):
        page.locator(f"[name=password{part}]").fill("a long enough secret")
    page.get_by_role("button", name="Make my account and begin").click()
    page.get_by_text(f"question 1 of {IN_TEST}").wait_for()
    return page


def take_test(page, right):
    """Answer the questions by what stands in them, or by the opposite."""
    for _ in range(IN_TEST):
        assert "A test before real cases" in page.locator("#shown").inner_text()
        place = int(re.search(r"word(\d)", page.locator("#shown").inner_text())[1])
        say(page, str(place % 2 + 1 if right else 2 - place % 2))


def say(page, key):
    """Read the case, press the key and wait until the server has the answer."""
    page.locator("#case:not([data-case=''])").wait_for()
    page.wait_for_timeout(READ)
    was = page.locator("#case").get_attribute("data-case")
    page.keyboard.press(key)
    page.wait_for_function("was => document.querySelector('#case').dataset.case !== was", arg=was)
    recorded(page)
    page.locator("#shown:visible, #nothing:visible h1:not(:has-text('…'))").first.wait_for()


def let_try_again(lead, dataset, name):
    lead.goto(reverse("expert_record", args=[dataset.slug, User.objects.get(username=name).pk]))
    assert "As they read it: You had 0 of" in lead.locator("main").inner_text()
    lead.get_by_role("button", name="Let them try the test again").click()
    lead.get_by_text(f"{name} may try the test again.").wait_for()


def differ(ana, ben):
    """They say different things of the contested case; Ana names the same reason on another one."""
    for page, key in ((ana, "1"), (ben, "2")):
        page.reload()
        while GAP not in page.locator("#shown").inner_text():
            say(page, key)
        page.get_by_label(GAP).check()
        page.get_by_label("Note").fill(f"by the {key}st word")
        page.locator("h1").first.click()
        say(page, key)
    ana.get_by_label(GAP).check()
    ana.locator("h1").first.click()
    say(ana, "1")


def settle_as_a_gap(lead, dataset):
    lead.goto(reverse("adjudicate", args=[dataset.slug]))
    text = lead.locator("main").inner_text()
    assert "Two experts answered this differently" in text
    assert "ana" not in text and "ben" not in text, "names are hidden until it is settled"
    lead.locator(".pick", has_text="payment").click()
    lead.get_by_label("the guideline does not say").check()
    lead.locator("#note").fill("a card outweighs a login")
    lead.get_by_role("button", name="Settle it").click()
    lead.get_by_text("Settled. Now say what the guideline does not say yet.").wait_for()
    lead.get_by_label("How to label").fill("A card is payment, whatever else is there.")
    lead.get_by_role("button", name="Publish a new version").click()
    lead.get_by_role("heading", name="Guideline 2 may change 1 answer given before it").wait_for()


def ask_again(lead):
    """The new case over the answer that the guideline touches."""
    lead.get_by_role("button", name="Ask about the ticked again").click()
    lead.get_by_text("1 case opened again").wait_for()
    return Case.objects.get(reopen_reason="guideline 2")


def find_case(page, text, dataset):
    """Whether the case with this text is among those on somebody's page."""
    page.goto(queue(dataset))
    texts = page.evaluate(
        "[...document.querySelectorAll('#ahead template')].map(one => one.content.textContent)"
        ".concat(document.querySelector('main').textContent)"
    )
    return any(text in one for one in texts)


def read_who_decided_what(lead, dataset):
    contested = Decision.objects.get(cause=Decision.GAP).case
    lead.goto(reverse("case", args=[dataset.slug, contested.pk]))
    rows = lead.locator("table", has_text="Expert").first.locator("tbody tr").all_inner_texts()
    assert [re.search(r"ana|ben|leo", row)[0] for row in rows] == ["ana", "ben", "leo"]
    assert "access" in rows[0] and GAP in rows[0] and "by the 1st word" in rows[0]
    assert "payment" in rows[1] and "guideline 1" in rows[1]
    assert "a card outweighs a login" in rows[2] and "the guideline does not say" in rows[2]
