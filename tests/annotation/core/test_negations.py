import pytest

from annotation.core.likeness.differences import negation_differs
from annotation.core.negations import language_known, negations

PAIRS = [
    ("Ich habe das Geld erhalten", "Ich habe das Geld nicht erhalten"),
    ("Je recommande ce produit à tous", "Je ne recommande pas ce produit à tous"),
    ("Ho ricevuto la carta", "Non ho ricevuto la carta"),
    ("Recibí la tarjeta ayer", "Ayer no recibí la tarjeta"),
    ("Recebi o cartão ontem", "Ainda não recebi o cartão ontem"),
    ("Ik heb de kaart ontvangen", "Ik heb de kaart niet ontvangen"),
    ("Jag har fått kortet", "Jag har inte fått kortet"),
    ("Karta przyszła wczoraj", "Karta nie przyszła wczoraj"),
    ("Mám kartu doma", "Nemám kartu doma"),
    ("Карта мне пришла", "Карта мне не пришла"),
    ("Η κάρτα ήρθε χθες", "Η κάρτα δεν ήρθε χθες"),
    ("मुझे कार्ड मिला", "मुझे कार्ड नहीं मिला"),
    ("وصلت البطاقة أمس", "لم تصل البطاقة أمس"),
    ("הכרטיס הגיע אתמול", "הכרטיס לא הגיע אתמול"),
    ("这个酒店的服务非常好", "这个酒店的服务非常不好"),
    ("カードが届きました", "カードが届きません"),
    ("카드가 도착했어요", "카드가 도착하지 않았어요"),
    ("ฉันได้รับบัตรแล้ว", "ฉันไม่ได้รับบัตร"),
    ("Tôi đã nhận thẻ hôm qua", "Tôi chưa nhận thẻ hôm qua"),
]


@pytest.mark.parametrize(("base", "other"), PAIRS, ids=[other for _, other in PAIRS])
def test_a_negation_is_seen_in_the_commoner_languages(base, other):
    assert negation_differs(base, other)
    assert not negation_differs(other, other)


@pytest.mark.parametrize(
    "text",
    ["Nilipokea kadi yangu jana jioni", "Na karɓi katin jiya da yamma", "kart çalışıyor", "ਮੈਨੂੰ ਕਾਰਡ ਮਿਲਿਆ"],
    ids=["Swahili", "Hausa", "Turkish", "Punjabi"],
)
def test_a_language_whose_negations_are_not_known_says_so(text):
    assert not language_known(text)


@pytest.mark.parametrize("text", ["I did not receive the refund", "E1001 4711", "", "Карта мне пришла", "酒店很好"])
def test_a_known_language_or_no_words_at_all_is_known(text):
    assert language_known(text)


def test_negations_are_counted_as_words_and_not_inside_them():
    assert negations("Notes and nothing else, nor knots") == 2
    assert negations("n'est pas") == 2
