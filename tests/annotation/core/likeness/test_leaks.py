"""Copies of production however they are dressed, and what has to stay apart."""

import base64
import html
import json
import quopri
from urllib.parse import quote, quote_plus

import numpy as np
import pandas as pd
import pytest

from annotation.core.fields import Field
from annotation.core.likeness import letters
from annotation.core.likeness.decoding import decoded
from annotation.core.likeness.grouping import copies_of_items
from annotation.core.likeness.leaks import leaked

QUESTION = "Why was my café bill of 12.50 charged twice?"
SHORT = "top up failed"


def copied(production, pool):
    texts = [*production, *pool]
    return leaked([texts], np.arange(len(texts)) < len(production))[len(production) :].tolist()


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: f"<div class='a'><p>{text}</p></div><!-- sent -->",
        lambda text: html.escape(f"<p>{html.escape(text)}</p>"),
        lambda text: "".join(f"&#{ord(c)};" for c in text),
        lambda text: f"[b]{text[:9]}[/b]{text[9:]}",
        lambda text: f"**{text[:9]}** [{text[9:]}](https://example.com/a?b=1)",
        quote,
        quote_plus,
        lambda text: f"q={quote_plus(text)}&lang=en",
        json.dumps,
        lambda text: json.dumps({"id": 7, "text": text}),
        lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
        lambda text: repr(text.encode()),
        lambda text: quopri.encodestring(text.encode()).decode(),
        lambda text: "".join(f"={b:02X}" for b in text.encode()),
        lambda text: base64.encodebytes(text.encode()).decode(),
        lambda text: text.encode().hex(),
        lambda text: text.encode("utf-16-le").decode("latin-1"),
        lambda text: text.translate(str.maketrans("aceopxyi", "асеорхуі")),
        lambda text: text.translate(str.maketrans("aouiW", "αουιШ")),
        lambda text: text.lower().translate(str.maketrans("aeiost", "431057")),
        lambda text: "".join(c + "\u0336" for c in text),
        lambda text: text.replace("a", "a\u200b").replace("e", "e\u00ad"),
        lambda text: text.replace(" ", ""),
        lambda text: " ".join(text),
        lambda text: text.replace(" ", "_").upper(),
        lambda text: f"Hi team, {text}",
        lambda text: f"Dear Sir or Madam,\n\n{text}\n\nKind regards,\nAnna Smith\nACME Ltd | +44 20 7946 0000",
        lambda text: f"{text} Thanks, John",
        lambda text: f"From: a@b.com\nTo: c@d.com\nSubject: Re: bill\n\n> {text}",
        lambda text: f"On Tue, 5 Mar 2024, Anna <a@b.com> wrote:\n> {text}",
        lambda text: f"[2024-01-05 10:22:31] {text}",
        lambda text: f"INC0012345 - {text}",
        lambda text: f"{text} https://t.co/AbC123",
        lambda text: f"{text} #help @acme :smile:",
        lambda text: f"{text}\n\nThis e-mail is confidential. Delete it if it is not for you.",
        lambda text: f"{text} {text}",
        lambda text: quote(f"Hello, {text}"),
        lambda text: text.encode("ascii", "ignore").decode("ascii") + "\n-- \nJ. Doe",
    ],
)
@pytest.mark.parametrize("text", [QUESTION, SHORT])
def test_a_copy_in_disguise_is_found_and_so_is_what_it_was_made_of(disguise, text):
    other = "Which bank do you belong to?"
    assert copied([text, other], [disguise(text)]) == [True]
    assert copied([disguise(text), other], [text]) == [True]
    assert copied([other], [disguise(text)]) == [False]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("can log in now", "can't log in now"),
        ("is it open", "is it not open"),
        ("how do I top up my card", "how do I top up my card with cash"),
        ("pay 100 now", "pay 200 now"),
        ("Hi, I can log in. Thanks", "Hello team, I can't log in. Regards, Ann"),
        ("transfer 12 now", "transfer 1 2 now"),
        ("Hi, pay 100", "Dear team, pay 200. Thanks, Ann"),
        ("1. yes", "2. no"),
        ("[A-1] declined", "[A-1] accepted"),
        ("yes", "Yes, but why is it so?"),
        ("Hello", "Thanks"),
        ("Hi", "Hello team, where is my card?"),
        ("ok", "ok, thanks. so is it fine to archive this then?"),
        ("", "Best regards, Anna"),
        ("3.1 mio people", "5.2 mio people"),
    ],
)
def test_what_says_something_else_is_no_copy(one, other):
    assert copied([one], [other]) == [False]
    assert copied([other], [one]) == [False]


def test_a_text_held_in_a_longer_one_is_found_either_way():
    claim = "The turnover of the second quarter rose by 4 percent over the year before"
    report = (
        f"We met the board on Monday and heard much. {claim}, which nobody had expected at all, and they left early."
    )
    assert copied([claim], [report]) == [True]
    assert copied([report], [claim]) == [True]
    assert copied([claim.replace("4 percent", "5 percent")], [report]) == [False]
    assert copied(["Where can I find my card?"], ["I moved house. Where can I find my card? It is Friday."]) == [True]


def test_the_same_words_in_another_order_are_a_copy():
    assert copied(["please close the account today"], ["today please close the account"]) == [True]
    assert copied(["who pays"], ["pays who"]) == [False]


def test_texts_in_other_scripts():
    production = [
        "моя карта ещё не пришла, жду две недели",
        "이 카드는 언제 도착하나요",
        "我的卡还没有到，已经等了两个星期了",
    ]
    pool = [text.encode().decode("cp1251", "replace") for text in production[:1]]
    pool += [quote(production[1]), f"<p>{production[2]}</p>", "какой курс", "어떤 방에서도 흡연은 금지됩니다"]
    assert copied(production, pool) == [True, True, True, False, False]


def test_empty_texts_and_nothing_to_compare():
    assert copied([""], ["", "a", "<p></p>"]) == [True, False, False]
    assert copied([], ["a", "b"]) == [False, False]
    assert leaked([[]], np.zeros(0, dtype=bool)).size == 0
    assert copied(["a"], []) == []
    assert copied(["\ud800 alone in the dark"], ["\ud800 alone in the dark!"]) == [True]


def test_one_field_of_several_is_dressed():
    fields = (Field("title", "text"), Field("body", "text"))
    rows = [
        ("Refund", "I was charged twice for my lunch"),
        ("Refund", "Hi team,\nI was charged twice for my lunch\nRegards, Ann"),
        (quote("Re&fund"), "nothing like it"),
        ("&#82;efund", "<p>I was charged twice for my lunch</p>"),
    ]
    table = pd.DataFrame(rows, columns=["title", "body"])
    found = copies_of_items(table, fields, np.array([True, False, False, False]))
    assert found.tolist() == [False, True, False, True]


def test_beside_other_fields_a_short_text_in_disguise_is_a_copy_only_where_those_are_equal():
    fields = (Field("complaint", "text"), Field("pulse", "number"))
    long = "A dull pain in the lower abdomen since yesterday evening, and no fever at all"
    rows = [("cough", 80), (long, 70), ("<p>cough</p>", 80), ("<p>cough</p>", 81), (quote(long), 90)]
    table = pd.DataFrame(rows, columns=["complaint", "pulse"])
    found = copies_of_items(table, fields, np.array([True, True, False, False, False]))
    assert found.tolist() == [False, False, True, False, True]


def test_no_text_field_at_all():
    table = pd.DataFrame({"pulse": [80.5, 80.5, 99.0] * 2, "age": [31.2, 31.2, 40.0] * 2})
    inside = np.array([True] * 3 + [False] * 3)
    assert copies_of_items(table, (Field("pulse", "number"), Field("age", "number")), inside).shape == (6,)


def test_a_usual_sentence_in_many_rows_is_a_phrase():
    production = ["have a nice day everyone", "The invoice of the plumber was paid twice"]
    pool = [f"Item {number} of the list was lost. Have a nice day everyone!" for number in range(40)]
    assert not any(copied(production, pool))
    assert copied(production, pool[:5]) == [True] * 5


def test_long_streams_are_made_anew_at_each_walk(monkeypatch):
    monkeypatch.setattr(letters, "_KEPT", 10)
    monkeypatch.setattr(letters, "_BLOCK", 50)
    claim = "The turnover of the second quarter rose by 4 percent over the year before"
    assert copied([claim, "short one"], [f"We heard: {claim}, and left", quote("short one"), "other"]) == [
        True, True, False,
    ]  # fmt: skip


def test_stretches_of_letters_have_the_hash_of_the_same_letters_elsewhere():
    stream = letters.letters_of(["Pay 1,000 now", "pay 1 000, now!", "pay 1000 now"])
    whole = stream.hashed(stream.starts[:-1], stream.starts[1:]).tolist()
    assert whole[0] == whole[1] != whole[2]
    together = letters.letters_of(["Pay 1,000 now", "pay 1000 now"], apart=False)
    assert len(set(together.hashed(together.starts[:-1], together.starts[1:]).tolist())) == 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (quote(quote("café & co")), "café & co"),
        ("what+IBk-s it", "what’s it"),
        ("=?utf-8?b?Y2Fmw6k=?=", "café"),
        ("b'caf\\xc3\\xa9'", "café"),
        ("U+0063 U+0061 U+0066 U+00E9", "café"),
        ("\\textbf{caf\\'{e}}", "cafe"),
        ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "привет"),
    ],
)
def test_what_is_encoded_is_read(written, said):
    assert decoded(written)[-1] == said


@pytest.mark.parametrize(
    "text", ["", "plain words", "3 < 4 and 5", "C+ and B+", "100 %", "password", "déjà vu", "привет"]
)
def test_what_is_not_encoded_is_left(text):
    assert decoded(text) == []


@pytest.mark.parametrize("again", ["1, 2. ", "a=b&", "<a", "&#", "[x](", "thanks, ", "from: x\n", "\\u{"])
def test_a_text_that_repeats_itself_is_read_to_its_end(again):
    assert copied(["x y z"], [again * 400]) == [False]
