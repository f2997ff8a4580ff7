"""Texts in another encoding or inside mark-up, read as what they say."""

import base64
import binascii
import json
import quopri
import re
from collections.abc import Callable, Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from html import unescape
from urllib.parse import unquote

import ftfy
import ftfy.bad_codecs  # makes the sloppy encodings known

# One encoding inside another, and so on, at most so often.
_DEPTH = 6
_BLOCK_TAG = re.compile(r"</?(?:p|div|br|li|ul|ol|tr|td|th|table|h\d|body|html|blockquote|hr|pre)\b[^<>]*>", re.I)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<\?[^<>]*\?>|<!DOCTYPE[^<>]*>|<!\[CDATA\[|\]\]>", re.I)
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style|head)\b.*?</\1\s*>", re.I | re.S)
_BBCODE = re.compile(r"\[/?(?:b|i|u|s|url|img|quote|code|size|color|colour|font|center|list|\*)(?:=[^\]]*)?\]", re.I)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s\"[^\"]*\")?\)")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_PERCENT_U = re.compile(r"%u([0-9A-Fa-f]{4})")
_QUERY = re.compile(r"\??[\w.\[\]-]{1,40}=[^&\s]*(?:&[\w.\[\]-]{1,40}=[^&\s]*)*")
_LATEX = re.compile(r"\\[A-Za-z]{2,}\*?\{([^{}]*)\}")
_LATEX_ACCENT = re.compile(r"\{?\\[`'^\"~=.]\{?([A-Za-z])\}?\}?")
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|([0-3][0-7]{2}))"
)
_SIGN = re.compile(r"\\([nrtbf\"'/\\])")
_CODE_POINTS = re.compile(r"(?:(?:U\+|\\?0x|&#x)[0-9A-Fa-f]{1,6};?[\s,]*){2,}")
_QUOTED = re.compile(r"=(?:[0-9A-Fa-f]{2}|[ \t]*\r?\n)")
_WORD = re.compile(r"=\?[\w-]+\?[bq]\?[^?]*\?=", re.I)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{4,}={0,2}")
_HEX = re.compile(r"(?:0x)?(?:[0-9A-Fa-f]{2}[\s:,-]?){4,}")
_UTF7 = re.compile(r"\+[A-Za-z0-9+/]+-|\+[A-Za-z0-9+/]{3,}")
_BROKEN = re.compile(r"[\xc2-\xf4][\x80-\xff\u0152-\u0192\u02c6\u02dc\u2013-\u2122]|[ÂÃàâ] ")
_WRONG = ("sloppy-windows-1252", "latin-1", "sloppy-windows-1251", "mac_roman", "cp437", "sloppy-windows-1250")


def decoded(text: str) -> list[str]:
    """The other readings of a text that is written in some encoding, each one step further than the one before, the
    last being what it says; none where it is not."""
    readings = []
    for _ in range(_DEPTH):
        for step in _STEPS:
            further = step(text)
            if further != text and further.strip():
                text = further
                readings.append(text)
                break
        else:
            break
    return readings


def _whole_base64(text: str) -> str:
    bare = "".join(text.split())
    if not _BASE64.fullmatch(bare) or len(bare.rstrip("=")) % 4 == 1:
        return text
    bare = bare.rstrip("=").translate(_URL_SAFE)
    return _as_text(base64.b64decode(bare + "=" * (-len(bare) % 4))) or text


def _whole_hexadecimal(text: str) -> str:
    if not _HEX.fullmatch(text.strip()):
        return text
    try:
        return _as_text(bytes.fromhex(re.sub(r"^0x|[\s:,-]", "", text.strip()))) or text
    except ValueError:
        return text


def _as_text(raw: bytes) -> str:
    """What the bytes say, empty where that is no text."""
    for encoding in ("utf-8", "utf-16-le"):
        try:
            said = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if all(c >= " " or c in "\n\r\t" for c in said) and any(c.isalnum() for c in said):
            return said
        # bytes that are UTF-8 and no text are not UTF-16 either, unless they hold zeros
        if "\0" not in said:
            return ""
    return ""


def _code_points(text: str) -> str:
    if not _CODE_POINTS.fullmatch(text.strip()):
        return text
    codes = [int(code, 16) for code in re.findall(r"(?:U\+|0x|&#x)([0-9A-Fa-f]+)", text)]
    return "".join(chr(code) for code in codes if code < 0x110000)


def _utf16(text: str) -> str:
    if "\0" not in text:
        return text
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            said = text.encode("latin-1").decode(encoding)
        except UnicodeError:
            continue
        if "\0" not in said:
            return said
    return text.replace("\0", "")


def _json(text: str) -> str:
    if text.strip()[:1] not in ("{", "[", '"'):
        return text
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return max(_strings(held), key=len, default="")


def _strings(held: object) -> Iterator[str]:
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict | list):
        for one in held.values() if isinstance(held, dict) else held:
            yield from _strings(one)


def _python_bytes(text: str) -> str:
    bare = text.strip()
    return bare[2:-1] if bare[:2] in ("b'", 'b"', "u'", 'u"') and bare[-1:] == bare[1] and len(bare) > 3 else text


def _mail_words(text: str) -> str:
    if "=?" not in text or not _WORD.search(text):
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError, binascii.Error):
        return text


def _quoted_printable(text: str) -> str:
    if "=" not in text or not _QUOTED.search(text):
        return text
    try:
        return quopri.decodestring(text.encode()).decode()
    except UnicodeDecodeError:
        return text


def _query(text: str) -> str:
    if "=" not in text or not _QUERY.fullmatch(text.strip()):
        return text
    values = [part.partition("=")[2] for part in text.strip().split("&")]
    return max(values, key=len).replace("+", " ")


def _percent(text: str) -> str:
    if "%" in text:
        text = _PERCENT_U.sub(lambda found: chr(int(found[1], 16)), text)
        if _PERCENT.search(text):
            said = unquote(text.replace("+", " ") if " " not in text else text, errors="replace")
            return unquote(text, "latin-1") if "\ufffd" in said else said
    return text.replace("+", " ") if "+" in text and not re.search(r"\s", text) else text


def _utf7(text: str) -> str:
    if "+" not in text or not text.isascii() or _PERCENT.search(text) or not _UTF7.search(text):
        return text
    try:
        return text.encode().decode("utf-7")
    except UnicodeError:
        return text


def _backslashes(text: str) -> str:
    if "\\" not in text:
        return text
    text = _LATEX_ACCENT.sub(r"\1", _LATEX.sub(r"\1", text)) if "{" in text or "\\'" in text else text
    said = _ESCAPE.sub(lambda found: _character(found.group(found.lastindex or 0), found.lastindex or 0), text)
    said = said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _SIGN.sub(lambda found: {"n": "\n", "r": "\n", "t": "\t", "b": "", "f": "\n"}.get(found[1], found[1]), said)


def _character(code: str, kind: int) -> str:
    number = int(code, 8 if kind == 5 else 16)
    return chr(number) if number < 0x110000 else ""


def _tags(text: str) -> str:
    if "<" not in text:
        return text
    return _TAG.sub("", _BLOCK_TAG.sub("\n", _UNSEEN.sub(" ", text)))


def _entities(text: str) -> str:
    return unescape(text) if "&" in text else text


def _brackets(text: str) -> str:
    return _BBCODE.sub("", _LINK.sub(r"\1", text)) if "[" in text else text


def undone(text: str) -> str:
    """UTF-8 that was read as something else: bytes that are no UTF-8 by mere chance."""
    if text.isascii():
        return text
    for encoding in _WRONG:
        try:
            return text.encode(encoding).decode()
        except UnicodeError:
            continue
    return ftfy.fix_encoding(text) if _BROKEN.search(text) else text


_URL_SAFE = str.maketrans("-_", "+/")
_STEPS: tuple[Callable[[str], str], ...] = (
    _utf16, _json, _python_bytes, _code_points, _whole_hexadecimal, _whole_base64, _mail_words, _query, _utf7,
    _percent, _brackets, _tags, _entities, _quoted_printable, _backslashes, undone,
)  # fmt: skip
