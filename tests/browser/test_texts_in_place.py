"""Texts of any direction and length, and names of a hundred letters, in a browser: none moves or widens the page."""

import os
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.actions.queue.skip import skip
from annotation.core.fields import Field
from annotation.models import Case, Skip
from tests.factories import answer, imported, open_case
from tests.people import emil, erin, leo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG_CLASS = "c" * 100
RTL = "الدفع رُفض مرتين، ولا أعرف لماذا"
OVERRIDE = "invoice \u202egnp.exe\u202c was \u2066sent"
MEGABYTE = "It can't be sent again. " * 43_690


@pytest.fixture
def odd(tmp_path):
    rows = [
        {"id": "1", "text": MEGABYTE, "amount": "3", "code": "A", "label": LONG_CLASS, "who": "ann\u200b1"},
        {"id": "2", "text": RTL, "amount": "4.5", "code": "B", "label": "pay\u202ement", "who": "ann2"},
        {"id": "3", "text": OVERRIDE, "amount": "1234567890123456789", "code": "B", "label": LONG_CLASS, "who": "ann2"},
        {"id": "4", "text": "x" * 300, "amount": "4", "code": "A", "label": LONG_CLASS, "who": "ann2"},
        {"id": "5", "text": "refund please", "amount": "4", "code": "A", "label": "pay\u202ement", "who": "ann2"},
    ]
    fields = (Field("text", "text"), Field("amount", "number"), Field("code", "category"))
    made = imported(tmp_path, rows, "odd", text=(), fields=fields, annotator="who")
    made.fields = [*made.fields[:2], made.fields[2] | {"meanings": {"A": "from abroad", "B": "bei uns: " + "z" * 60}}]
    made.save()
    erin(made), emil(made), leo(made)
    made.routing_rules.create(version=1, gold_share=0, repeat_share=0)
    return made


def looked_at(page, name):
    """For whoever wants to see them: SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_text_moves_or_widens_a_page(odd, open_page, width, scheme):
    now = timezone.now()
    group, single, passed = open_case(odd, "2", "3", score=0.9), open_case(odd, "1"), open_case(odd, "4", score=0.2)
    decided = open_case(odd, "5", score=0.1)
    decide(decided, erin(odd), answer(odd, LONG_CLASS), now)
    skip(passed, erin(odd), now, Skip.UNCLEAR, "which rule?")
    Case.objects.filter(pk=group.pk).update(group_digest="")
    look = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page = open_page(leo(odd), reverse("cases", args=["odd"]), **look)
    paths = {
        "cases": ("cases", "?status=every"), "settled": ("cases", "?status=settled"), "case": ("case", "", single.pk),
        "group": ("case", "", group.pk), "passed": ("case", "", passed.pk), "decided": ("case", "", decided.pk),
        "columns": ("columns", ""), "annotators": ("annotators", ""), "adjudicate": ("adjudicate", ""),
        "question": ("question", ""), "queue": ("queue", ""),
    }  # fmt: skip
    for name, (address, query, *rest) in paths.items():
        page.goto(reverse(address, args=["odd", *rest]) + query)
        for fold in page.locator("main details:not(.skips):not(.others)").all():
            fold.evaluate("fold => fold.open = true")
        looked_at(page, f"{name}-{width}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert "\u202e" not in page.content()


def test_a_megabyte_is_shown_when_asked(odd, open_page):
    open_case(odd, "1")
    page = open_page(erin(odd), reverse("queue", args=["odd"]))
    assert len(page.locator("#shown .text").inner_text()) < 5_000
    page.get_by_role("link", name="show all").click()
    page.locator("#shown .text.whole").wait_for()
    assert page.locator("#shown .text.whole").inner_text().count("It can't") == 43_690


def test_u_takes_back_a_pass_and_then_the_answer_before(odd, open_page):
    first, second = open_case(odd, "2", score=0.9), open_case(odd, "3", score=0.8)
    open_case(odd, "5", score=0.7)
    decide(first, erin(odd), answer(odd, LONG_CLASS), timezone.now())
    page = open_page(erin(odd), reverse("queue", args=["odd"]))
    page.wait_for_timeout(500)
    page.keyboard.press("s")
    page.keyboard.press("b")
    page.locator("#strip", has_text="you passed it on, as bad input").wait_for()
    page.keyboard.press("u")
    page.locator("#said", has_text="it is yours again").wait_for()
    assert "invoice" in page.locator("#shown").inner_text()
    assert not Skip.objects.standing().filter(case=second).exists()
    page.keyboard.press("u")
    page.locator("#said", has_text="is taken back").wait_for()
    assert Case.objects.get(pk=first.pk).status == Case.OPEN
