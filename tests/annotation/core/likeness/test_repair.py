import pytest

from annotation.core.likeness.repair import Repairs, mend, repaired


@pytest.mark.parametrize(
    ("broken", "meant"),
    [
        ("it\u00e2\u20ac\u2122s late", "it\u2019s late"),
        ("caf\u00c3\u00a9 noir", "café noir"),
        ("it cost \u00c2\u00a310", "it cost £10"),
        ("gr\u00c3\u00b6\u00c3\u0178e", "größe"),
    ],
)
def test_plainly_broken_texts_are_mended(broken, meant):
    assert repaired(broken) == meant


@pytest.mark.parametrize(
    "text",
    [
        "plain", "café crème, naïve, Ærøskøbing", "größer als Übermut", "Ça va? À bientôt", "Łódź, žluťoučký kůň",
        "привет, как дела", "日本語のテキスト", "한국어 문장", "مرحبا بالعالم", "🙂👍🏽 fine",
        "“quoted” – dash …", "5 µm ± 2 °C",
        "São Paulo à noite", "İstanbul", "naïveté — déjà vu", "ÂGE", "Ã", "Tiếng Việt có dấu", "ελληνικά",
    ],
)  # fmt: skip
def test_correct_texts_stay_as_they_are(text):
    assert repaired(text) == text


def test_what_was_mended_is_said():
    repairs = Repairs()
    texts = ["fine", "it\u00e2\u20ac\u2122s", "caf\u00c3\u00a9"]
    assert mend(texts, [2, 3, 5], repairs) == ["fine", "it\u2019s", "café"]
    assert repairs.sentence(True) == (
        "2 texts had broken characters (\u00e2\u20ac\u2122 for \u2019) and were repaired, first in row 3."
    )
    assert repairs.sentence(False).startswith("2 texts look broken (\u00e2\u20ac\u2122 for \u2019), first in row 3")
