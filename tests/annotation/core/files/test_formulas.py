import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.core.files.formulas import MARK, as_it_was, cells_as_they_were, harmless, names_as_they_were

AWKWARD = st.text(alphabet="'=+-@\t\r\n 1a,", max_size=6)


@given(AWKWARD)
@settings(max_examples=200, deadline=None)
def test_every_text_comes_back_as_it_was(text):
    assert as_it_was(harmless(text)) == text


def test_only_a_file_with_our_mark_loses_apostrophes():
    cells = {"text": ["'=1", "it's", "''-x"], "n": ["1", "0", "1"]}
    assert cells_as_they_were(cells) == cells and names_as_they_were(("'=a", "n")) == ("'=a", "n")
    marked = cells | {MARK: ["1", "0", "1"]}
    assert cells_as_they_were(marked)["text"] == ["=1", "it's", "'-x"]
    assert names_as_they_were(("'=a", MARK)) == ("=a", MARK)


@pytest.mark.fault("formulas in a file for a spreadsheet")
def test_plain_numbers_run_nothing():
    for text in ("-5", "+49", "-1,234.50", "-1e-5"):
        assert harmless(text) == text
    for text in ("-5+1", "+49 170", "-", "--1", "-1|cmd"):
        assert harmless(text) == f"'{text}"
