import pytest

from modeling.figures.words.numbers import money, signed_money


@pytest.mark.parametrize(
    ("amount", "text"),
    [(1234.5, "1,234"), (549.0, "549"), (12.34, "12.3"), (1.5, "1.50"), (0.1234, "0.123"), (0, "0"), (-3, "−3.00"),
     (float("nan"), "–"), (0.0001, "0")],
)  # fmt: skip
def test_money_is_written_to_three_digits(amount, text):
    assert money(amount) == text


def test_what_is_saved_has_its_sign():
    assert [signed_money(amount) for amount in (112.4, -112.4, 0)] == ["+112", "−112", "0"]
