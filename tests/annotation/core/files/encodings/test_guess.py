import pytest

from annotation.core.files.encodings.guess import guessed
from annotation.core.files.tables import UnableToRead, open_source, read_table
from tests.annotation.core.files.encodings.texts import HELD_OUT, TUNED


def outcomes(texts):
    """(language, codec) -> right, refused or wrong."""
    found = {}
    for language, (codecs, text) in texts.items():
        for codec in codecs:
            lines = [line.encode(codec, "replace") for line in text.split("\n")]
            sample = b"\n".join(line for line in lines if not line.isascii())
            guess, _ = guessed(sample)
            right = guess and sample.decode(guess.codec) == sample.decode(codec)
            found[language, codec] = "right" if right else "wrong" if guess else "refused"
    return found


@pytest.mark.parametrize("texts", [TUNED, HELD_OUT])
def test_no_encoding_is_guessed_wrong_and_few_are_refused(texts):
    found = outcomes(texts)
    assert {pair: said for pair, said in found.items() if said == "wrong"} == {}
    assert list(found.values()).count("right") >= 0.95 * len(found)


@pytest.mark.parametrize("text", ["привет", "日本", "naïve"])
def test_too_few_letters_are_a_doubt(text, tmp_path):
    codec = {"п": "koi8-r", "日": "shift_jis", "n": "cp1252"}[text[0]]
    (tmp_path / "a.csv").write_bytes(f"text\n{text}\n".encode(codec))
    with pytest.raises(UnableToRead, match=r"Row 2 is not UTF-8 .*which encoding it is can't be told"):
        open_source(tmp_path / "a.csv")
    assert read_table(tmp_path / "a.csv", encoding=codec).cells["text"] == [text]


def test_the_guess_is_said_with_an_example(tmp_path):
    rows = "Посылка пришла слишком поздно и была повреждена\n" * 3
    (tmp_path / "a.csv").write_bytes(f"text\n{rows}".encode("cp1251"))
    (note,) = open_source(tmp_path / "a.csv").notes
    assert note.startswith("The file is not UTF-8 and was read as cp1251, for example “Посылка пришла слишком")


def test_utf_8_but_for_a_row_names_the_row(tmp_path):
    good = "".join(f"{n},naïve café {n}\n" for n in range(200)).encode()
    (tmp_path / "a.csv").write_bytes(b"id,text\n" + good + b"x,caf\xe9\n")
    with pytest.raises(UnableToRead, match=r"^Row 202 is not UTF-8 \(byte 0xe9\); the rest of the file is: mend it"):
        open_source(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_bytes(b"id,text\n" + good + b"x,caf\xe9\n" * 7)
    said = r"^Rows 202 \(byte 0xe9\), 203 .*, 206 \(byte 0xe9\) and 2 more are not UTF-8; the rest"
    with pytest.raises(UnableToRead, match=said):
        open_source(tmp_path / "a.csv")


def test_a_windows_1252_reading_of_utf_8_is_not_plausible():
    assert guessed("Ã©tÃ© â€™ dÃ©jÃ vu Ã la carte".encode("cp1252"))[0] is None
