"""Whatever comes from a file stays in its place on a page: its direction, what nobody sees, its length, its numbers."""

import pytest
from django.template import Context, Template
from django.urls import reverse

from annotation.core.fields import Field
from annotation.models import DatasetChange
from tests.factories import imported, open_case, small_dataset
from tests.pages import words_of as read
from tests.people import erin, leo, olga

RLO, LRI, ZWSP, ZWJ = "\u202e", "\u2066", "\u200b", "\u200d"
LONG = f"{RLO}begin " + "many words " * 95_324 + "zzzzz"


def shown(value, how):
    return Template("{% load texts %}{{ value|" + how + " }}").render(Context({"value": value}))


@pytest.mark.parametrize("character", ["\u202a", "\u202b", "\u202d", RLO, "\u202c", LRI, "\u2067", "\u2068", "\u2069"])
@pytest.mark.parametrize("how", ["as_written", "as_named", "quoting"])
def test_nothing_that_turns_the_page_reaches_it(character, how):
    html = shown(f"pay{character}<b>me", how)
    assert character not in html
    assert f"(U+{ord(character):04X})" in html
    assert "&lt;b&gt;me" in html


def test_a_text_has_its_own_direction_and_a_sentence_keeps_its():
    assert shown("שלום", "as_written") == '<bdi dir="auto">שלום</bdi>'
    assert shown("It says שלום.", "quoting") == "It says שלום."


@pytest.mark.parametrize(("how", "marked"), [("as_named", True), ("as_written", False)])
def test_what_has_no_width_is_marked_in_names_and_left_to_texts(how, marked):
    html = shown(f"a{ZWJ}b", how)
    assert ("zero width joiner" in html) is marked
    assert f"{ZWJ}b" in html


def test_a_word_longer_than_a_line_may_break():
    assert shown("x" * 100, "as_named").startswith('<bdi dir="auto" class="long">')
    assert shown("two <words> " * 20, "as_named") == "two &lt;words&gt; " * 20


NUMBERS = {
    4.0: "4", 0.1: "0.1", 1e16: "1" + "0" * 16, 10**20 + 1: "1" + "0" * 19 + "1", True: "True", 1e300: "1e+300"
}  # fmt: skip


@pytest.mark.parametrize(("value", "words"), [*NUMBERS.items(), (None, ""), (float("nan"), "nan")])
def test_a_number_is_as_plain_as_can_be(value, words):
    assert shown(value, "as_written") == words


@pytest.fixture
def orders(tmp_path, db):
    """Two items of a text, an amount and a code; the text of the first is LONG."""
    rows = [
        {"id": "1", "text": LONG, "amount": "3", "code": "A", "label": "yes"},
        {"id": "2", "text": "another text", "amount": "4.5", "code": "B", "label": "no"},
    ]
    fields = (Field("text", "text"), Field("amount", "number"), Field("code", "category"))
    made = imported(tmp_path, rows, "orders", text=(), fields=fields)
    erin(made), leo(made)
    return made


def get(client, person, name, *args, **extra):
    client.force_login(person)
    return client.get(reverse(name, args=args), **extra)


def test_a_text_of_a_megabyte_shows_its_first_screen_and_all_when_asked(client, orders):
    case = open_case(orders, "1")
    item = orders.items.get(external_id="1")
    n = f"{len(item.content['text']):,}"
    for person, page in ((erin(orders), ("queue", "orders")), (leo(orders), ("case", "orders", case.pk))):
        response = get(client, person, *page)
        assert len(response.content) < 100_000
        assert f"show all ({n} characters)" in read(response)
        assert RLO not in response.content.decode()
    url = ("item_text", "orders", item.pk, 0)
    part = get(client, erin(orders), *url, headers={"HX-Request": "true"})
    assert part.content.decode().count("many words") == 95_324
    assert "<html" not in part.content.decode()
    assert "<html" in get(client, erin(orders), *url).content.decode()
    assert get(client, erin(orders), "item_text", "orders", item.pk, 1).status_code == 404
    assert get(client, olga(), *url).status_code == 404


def test_codes_have_their_meanings_beside_them(client, orders):
    client.force_login(leo(orders))
    url = reverse("columns", args=["orders"])
    assert "3 columns make an item" in read(client.get(url))
    page = client.post(url, {"column_2": "A = from abroad\n\nB = at home = near"}, follow=True)
    assert "stand beside their codes now" in read(page)
    orders.refresh_from_db()
    assert orders.fields[2] == {
        "name": "code",
        "type": "category",
        "meanings": {"A": "from abroad", "B": "at home = near"},
    }
    change = DatasetChange.objects.get()
    assert (change.kind, change.author) == ("columns", leo(orders))
    open_case(orders, "2")
    text = read(get(client, erin(orders), "queue", "orders"))
    assert "B at home = near" in text
    assert "amount 4.5" in text
    client.force_login(leo(orders))
    assert "Nothing was changed" in read(
        client.post(url, {"column_2": "A = from abroad\nB = at home = near"}, follow=True)
    )


@pytest.mark.parametrize(
    ("typed", "words"),
    [("A from abroad", "Line 1, “A from abroad”: write it as code = meaning."), ("A = x\nA = y", "stands there twice"),
     ("A = " + "x" * 201, "up to 200 characters")],
)  # fmt: skip
def test_meanings_that_are_none_are_refused_by_line(client, orders, typed, words):
    client.force_login(leo(orders))
    page = client.post(reverse("columns", args=["orders"]), {"column_2": typed})
    assert words in read(page)
    assert typed.splitlines()[0] in page.content.decode()
    assert not DatasetChange.objects.exists()


def test_only_a_lead_sees_the_columns(client, orders):
    assert get(client, erin(orders), "columns", "orders").status_code == 404


def test_a_number_is_shown_as_the_file_wrote_it(client, orders):
    orders.items.filter(external_id="2").update(written={"amount": "4,50"})
    open_case(orders, "2")
    assert "amount 4,50" in read(get(client, erin(orders), "queue", "orders"))


def test_a_class_cannot_reorder_the_page(client, tmp_path, db):
    made = small_dataset(tmp_path)
    erin(made)
    made.label_classes.filter(name="access").update(name=f"acc{RLO}ess{ZWSP}")
    open_case(made, "s1")
    html = get(client, erin(made), "queue", "support").content.decode()
    assert "(U+202E)" in html
    assert "zero width space" in html
