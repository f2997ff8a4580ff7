import pytest
from django.test import SimpleTestCase

from annotation.core.opaque_ids import hidden, revealed

KEY, OTHER = b"a key", b"another key"


class TestOpaqueIds(SimpleTestCase):
    def test_each_comes_back_and_none_is_met_twice(self):
        numbers = [*range(3000), 2**40 - 1, 2**39, 123_456_789_012]
        shown = [hidden(number, KEY) for number in numbers]
        assert len(set(shown)) == len(numbers)
        assert [revealed(one, KEY) for one in shown] == numbers

    def test_under_another_key_it_is_another(self):
        assert hidden(7, KEY) != hidden(7, OTHER)
        assert revealed(hidden(7, KEY), OTHER) != 7

    def test_later_numbers_are_not_higher(self):
        """Of 2,000 neighbours about half are in order, as of numbers drawn at random (binomial, four standard
        deviations)."""
        shown = [hidden(number, KEY) for number in range(2001)]
        rising = sum(one < after for one, after in zip(shown, shown[1:], strict=False))
        assert abs(rising - 1000) < 4 * (2000 * 0.25) ** 0.5

    def test_it_is_eight_characters_that_nobody_misreads(self):
        assert all(set(hidden(n, KEY)) <= set("0123456789abcdefghjkmnpqrstvwxyz") for n in range(500))
        assert {len(hidden(n, KEY)) for n in range(500)} == {8}

    def test_what_is_none_is_refused(self):
        for wrong in ("", "abc", "ilouilou", "ABCDEFGH", "0123456789"):
            with pytest.raises(ValueError):
                revealed(wrong, KEY)
        with pytest.raises(ValueError):
            hidden(2**40, KEY)
