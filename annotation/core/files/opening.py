"""A file's bytes -> what it is, how it is encoded, and its text as a stream: memory does not grow with the file."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from annotation.core.files.bounded.limits import HARMLESS, RATIO, too_large
from annotation.core.files.encodings.guess import Guess, guessed
from annotation.core.files.unreadable import UnableToRead as UnableToRead

TEXTS = ("csv", "tsv", "jsonl", "json")
WORKBOOKS = ("xlsx", "xls", "ods")
FORMATS = (*TEXTS, "parquet", *WORKBOOKS)
MAX_BYTES = 64 << 30  # unpacked: a small gzip file can hold more than a machine's disk
MAX_LINE = 32 << 20  # characters: a line is in memory as a whole
PART = 1 << 20
SIGNATURES = (
    (b"PK\x03\x04", "a workbook or a zip archive", "name a workbook .xlsx or .ods"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "name it .xls"),
    (b"%PDF", "a PDF", "export the table as CSV"),
    (b"PAR1", "a Parquet file", "name it .parquet"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"\x1f\x8b", "gzip compressed", "add .gz to its name"),
)
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NOT_OF_FILES = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")
ONE_BYTE = ("cp125", "iso8859", "latin")
SAMPLED = 1 << 14  # bytes of lines beyond ASCII that a guess looks at
MOSTLY = 5  # times as many lines in UTF-8 as not: it is UTF-8, and those lines are damaged
NAMED = 5  # rows
NEWLINE = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class _Scan:
    """One codec tried on the whole file: where it fails (row, byte), the row of a NUL, the row past ASCII, any text,
    a quote after a backslash."""

    failed: tuple[int, int] | None
    nul: int | None
    letters: int | None
    blank: bool
    backslashed: bool


def format_of(name: str) -> tuple[str, bool]:
    """(one of FORMATS, whether it is compressed), by the suffix. Raises UnableToRead."""
    stem = name.lower()
    zipped = stem.endswith(".gz")
    form = stem.removesuffix(".gz").rpartition(".")[2]
    if form not in FORMATS:
        known = ", ".join(f".{known}" for known in FORMATS)
        raise UnableToRead(f"The file '{name}' is none of {known}, plain or .gz; export it as one of them")
    return form, zipped


@contextmanager
def opened(path: Path, name: str, zipped: bool) -> Iterator[BinaryIO]:
    """The unpacked bytes as a stream; a missing, damaged or cut file raises UnableToRead while it is read, too."""
    try:
        with path.open("rb") as stream:
            if not zipped:
                yield stream
                return
            if (start := stream.read(2)) != b"\x1f\x8b":
                wrong = "is empty" if not start else "is named .gz but is not gzip compressed"
                raise UnableToRead(f"The file '{name}' {wrong}; compress it, or take .gz off its name")
            stream.seek(0)
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield cast(BinaryIO, unpacked)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise UnableToRead(f"The gzip file '{name}' is damaged or cut short; compress or upload it again") from None
    except OSError as error:
        raise UnableToRead(f"The file '{name}' cannot be opened ({error.strerror}); check its path") from None


def refuse_foreign(start: bytes, name: str, form: str) -> None:
    for signature, what, advice in SIGNATURES:
        if start.startswith(signature):
            raise UnableToRead(f"The file '{name}' is {what}, not the .{form} its name says; {advice}")


@dataclass(frozen=True)
class Encoding:
    """The codec that reads a whole file from byte `skip` on. `example`: words as it reads them, where it was guessed;
    `backslashed`: whether a quote follows a backslash anywhere."""

    codec: str
    skip: int = 0
    example: str = ""
    backslashed: bool = False

    @property
    def note(self) -> str:
        """What a person should look at before anything is written, "" where nothing was guessed."""
        if not self.example:
            return ""
        return (
            f"The file is not UTF-8 and was read as {self.codec}, for example “{self.example}”; "
            "if letters look wrong, name its encoding."
        )


def find_encoding(path: Path, name: str, zipped: bool, form: str, declared: str | None) -> Encoding:
    """The codec that reads the whole file, going through it part by part.

    Without `declared`: a byte order mark or UTF-16's pattern, else UTF-8, else the one codec that makes words of it.
    Raises UnableToRead with the rows that do not fit, hold a NUL, or show that the declared codec is wrong.
    """
    with opened(path, name, zipped) as stream:
        start = stream.read(4096)
    refuse_foreign(start, name, form)
    marked = _marked(start)
    codec = _declared(path, name, zipped, declared, start) if declared else marked or "utf-8"
    by_line = form != "json"
    scan, example = _scan(path, name, zipped, codec, by_line), ""
    if scan.failed is not None and codec == "utf-8" and not declared:
        guess = _guess(path, name, zipped)
        codec, example = guess.codec, guess.example
        scan = _scan(path, name, zipped, codec, by_line)
    if scan.failed is not None:
        row, bad = scan.failed
        raise UnableToRead(f"byte 0x{bad:02x} is not {codec}; name the encoding or save as UTF-8", row)
    if scan.blank:
        raise UnableToRead(f"The file '{name}' is empty; it needs a header and at least one row")
    if scan.nul is not None:
        damaged = "this row has a NUL byte; the file is damaged or is not text: export it again or name its encoding"
        raise UnableToRead(damaged, scan.nul)
    return Encoding(codec, _marks_again(start), example, scan.backslashed)


def _marks_again(start: bytes) -> int:
    """Bytes to pass over: a mark that stands twice."""
    for mark, _ in MARKS:
        skip = 0
        while start.startswith(mark + mark, skip):
            skip += len(mark)
        if start.startswith(mark):
            return skip
    return 0


def _guess(path: Path, name: str, zipped: bool) -> Guess:
    """The codec of a file that is not UTF-8; raises UnableToRead naming the rows where it is but for a few."""
    fitting, failing, sample, size = 0, [], dict[bytes, None](), 0
    with opened(path, name, zipped) as stream:
        for row, line in enumerate(_lines_of(stream), 1):
            if line.isascii():
                continue
            try:
                line.decode()
                fitting += 1
            except UnicodeDecodeError as error:
                failing.append((row, line[error.start]))
            if size < SAMPLED and line not in sample:
                sample[line] = None
                size += len(line)
    if fitting >= MOSTLY * len(failing):
        advice = "the rest of the file is: mend it there, or name the encoding of the whole file"
        raise UnableToRead(f"{_not_utf8(failing)}; {advice}")
    guess, likely = guessed(b"\n".join(sample))
    if guess is None or _scan(path, name, zipped, guess.codec).failed is not None:
        likeliest = f" ({' or '.join(likely)} perhaps)" if likely else ""
        advice = f"and which encoding it is can't be told{likeliest}: name it, or save the file as UTF-8"
        raise UnableToRead(f"{_not_utf8(failing)}, {advice}")
    return guess


def _not_utf8(failing: list[tuple[int, int]]) -> str:
    """The first rows, with the first byte that does not fit, and how many more there are."""
    shown = ", ".join(f"{row} (byte 0x{bad:02x})" for row, bad in failing[:NAMED])
    if len(failing) == 1:
        return f"Row {shown.replace(' (', ' is not UTF-8 (')}"
    more = f" and {len(failing) - NAMED:,} more" if len(failing) > NAMED else ""
    return f"Rows {shown}{more} are not UTF-8"


def _lines_of(stream: BinaryIO) -> Iterator[bytes]:
    text = io.TextIOWrapper(stream, encoding="latin-1", newline=None)
    while line := text.readline(PART):
        yield line.encode("latin-1")


def _scan(path: Path, name: str, zipped: bool, encoding: str, by_line: bool = False) -> _Scan:
    decoder = codecs.getincrementaldecoder(encoding)()
    row, size, nul, letters, blank, backslashed = 1, 0, None, None, True, False
    after_return = False  # a part may end between \r and \n
    most, line = max(HARMLESS, RATIO * path.stat().st_size), 0
    with opened(path, name, zipped) as stream:
        while True:
            part = stream.read(PART)
            size += len(part)
            if zipped and size > most:
                raise too_large(name, most)
            if size > MAX_BYTES:
                raise UnableToRead(f"The file '{name}' has more than {MAX_BYTES / (1 << 30):.3g} GiB; split it")
            try:
                text = decoder.decode(part, final=not part)
            except UnicodeDecodeError as error:
                # Its object is this part after what the last one left over, without utf-8-sig's mark.
                before = error.object[: error.start].decode(encoding, "replace")
                return _Scan(
                    (row + _lines(before, after_return), error.object[error.start]), nul, letters, blank, backslashed
                )
            line = len(text) - text.rfind("\n") - 1 if "\n" in text or "\r" in text else line + len(text)
            if by_line and line > MAX_LINE:
                said = (
                    f"the line has more than {MAX_LINE >> 20} million characters; the file is damaged, or is no table"
                )
                raise UnableToRead(said, row)
            if nul is None and "\0" in text:
                nul = row + _lines(text[: text.index("\0")], after_return)
            if letters is None and not text.isascii():
                ahead = re.split("[^\0-\x7f]", text, maxsplit=1)[0]
                letters = row + _lines(ahead, after_return)
            backslashed = backslashed or '\\"' in text
            blank = blank and (not text or text.isspace())
            row += _lines(text, after_return)
            after_return = text.endswith("\r") if text else after_return
            if not part:
                return _Scan(None, nul, letters, blank, backslashed)


def _lines(text: str, after_return: bool) -> int:
    if "\r" not in text:
        return text.count("\n") - (after_return and text.startswith("\n"))
    return len(NEWLINE.findall(text)) - (after_return and text.startswith("\n"))


def _marked(start: bytes) -> str | None:
    """The codec that a byte order mark, or the NULs of unmarked UTF-16, give away."""
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    even, odd = start[:2000:2].count(0), start[1:2000:2].count(0)
    few = max(2, len(start[:2000]) // 8)  # Latin text has nearly every second byte NUL, a damaged file one or two
    if odd > few and not even:
        return "utf-16-le"
    return "utf-16-be" if even > few and not odd else None


def _declared(path: Path, name: str, zipped: bool, declared: str, start: bytes) -> str:
    """The declared codec, unless the bytes are plainly of another one."""
    marked = _marked(start)
    try:
        encoding = io.TextIOWrapper(io.BytesIO(), encoding=codecs.lookup(declared).name).encoding
        if encoding in NOT_OF_FILES:
            raise LookupError(encoding)
    except (LookupError, ValueError):
        known = "utf-8, cp1252 or utf-16"
        raise UnableToRead(f"The encoding '{declared}' is not known; name one such as {known}, or none") from None
    if marked and marked.split("-")[:2] == encoding.split("-")[:2]:
        return marked
    wide, one_byte = encoding.startswith(("utf-16", "utf-32")), encoding.startswith(ONE_BYTE)
    if marked or wide or one_byte:
        as_utf8 = _scan(path, name, zipped, "utf-8")
        no_nul = b"\0" not in start
        utf8_letters = one_byte and as_utf8.failed is None and as_utf8.letters is not None
        if marked or (wide and no_nul) or utf8_letters:
            row = as_utf8.letters if utf8_letters and not marked else 1
            seen = marked or ("utf-8" if as_utf8.failed is None else "cp1252")
            raise UnableToRead(f"the file was declared as {declared} but is {seen}; name that encoding, or none", row)
    return f"{encoding}-le" if encoding in ("utf-16", "utf-32") else encoding  # without a mark: Windows' order
