"""Letters that look like others, and marks that say nothing, taken back to the plain letter."""

import re
import unicodedata

# Combining classes of marks that are part of the letter in the scripts of India and Japan: nukta, kana voicing, virama.
_PART_OF_LETTER = (0, 7, 8, 9)
_INDIC = (0x0900, 0x1800)
_KANA_MARKS = (0x3099, 0x309A)
_ENDS_SENTENCE = {"。": ".\n", "．": ".\n", "！": "!\n", "？": "?\n", "：": ":\n", "।": ".\n", "؟": "?\n", "۔": ".\n"}

_LOOK = {
    # Cyrillic
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ј": "j", "ѕ": "s", "һ": "h",
    "ԁ": "d", "ԛ": "q", "ԝ": "w", "ѵ": "v", "ӏ": "l", "к": "k", "м": "m", "т": "t", "н": "h", "в": "b", "г": "r",
    "п": "n", "ь": "b", "и": "u", "З": "3", "з": "3", "б": "6", "А": "A", "В": "B", "Е": "E", "К": "K", "М": "M",
    "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T", "У": "Y", "Х": "X", "І": "I", "Ј": "J", "Ѕ": "S", "Ү": "Y",
    "ү": "y", "Ԁ": "D", "Ԛ": "Q", "Ԝ": "W", "Ӏ": "I", "Ғ": "F", "ғ": "f", "ё": "e", "Ё": "E", "ї": "i", "Ї": "I",
    "ɡ": "g", "Ь": "b", "ԍ": "g", "Ԍ": "G", "ѡ": "w", "ց": "g", "ʟ": "l", "я": "r", "Я": "R", "И": "N", "є": "e",
    "ц": "u", "л": "n", "ш": "w", "щ": "w", "д": "d", "й": "u",
    # Greek
    "α": "a", "β": "b", "γ": "y", "δ": "d", "ε": "e", "η": "n", "ι": "i", "κ": "k", "ν": "v", "ο": "o", "ρ": "p",
    "σ": "o", "ς": "c", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "μ": "u", "π": "n", "θ": "o", "ζ": "z", "λ": "l",
    "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O", "Ρ": "P",
    "Τ": "T", "Υ": "Y", "Χ": "X", "ϲ": "c", "Ϲ": "C", "ϳ": "j", "Σ": "E", "Λ": "A", "Δ": "A",
    # Armenian, Cherokee
    "օ": "o", "ս": "u", "հ": "h", "ո": "n", "զ": "q", "յ": "j", "ա": "w", "Ս": "U", "Օ": "O", "Լ": "L", "ք": "p",
    "Ꭺ": "A", "Ᏼ": "B", "Ꮯ": "C", "Ꭰ": "D", "Ꭼ": "E", "Ꮐ": "G", "Ꮋ": "H", "Ꭵ": "i", "Ꭻ": "J", "Ꮶ": "K",
    "Ꮮ": "L", "Ꮇ": "M", "Ꮲ": "P", "Ꭱ": "R", "Ꮪ": "S", "Ꭲ": "T", "Ꮩ": "V", "Ꮃ": "W", "Ꮓ": "Z",
}  # fmt: skip
LOOK_ALIKES = {ord(odd): plain for odd, plain in _LOOK.items()}

# Letters of which Unicode does not say that they are others in another dress.
_DRESSED = {
    "ᴀ": "a", "ʙ": "b", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e", "ꜰ": "f", "ɢ": "g", "ʜ": "h", "ɪ": "i", "ᴊ": "j", "ᴋ": "k",
    "ʟ": "l", "ᴌ": "l", "ᴍ": "m", "ɴ": "n", "ᴏ": "o", "ᴘ": "p", "ǫ": "q", "ꞯ": "q", "ʀ": "r", "ꜱ": "s", "ᴛ": "t",
    "ᴜ": "u", "ᴠ": "v", "ᴡ": "w", "ʏ": "y", "ᴢ": "z", "ɑ": "a", "ɡ": "g", "ı": "i", "ø": "o", "đ": "d", "ł": "l",
    "ħ": "h", "ŧ": "t", "ɨ": "i", "ƅ": "b", "ɋ": "q", "ƿ": "p", "ʋ": "v", "ɩ": "i", "ɵ": "o", "ƙ": "k", "ɓ": "b",
    "ɗ": "d", "ɠ": "g", "ɦ": "h", "ɲ": "n", "ŋ": "n", "ʂ": "s", "ƭ": "t", "ʐ": "z", "ⱥ": "a", "ȼ": "c", "ɇ": "e",
    "ɉ": "j", "ɍ": "r", "ʉ": "u", "ɏ": "y", "ƶ": "z", "æ": "ae", "œ": "oe", "ß": "ss", "ð": "d", "þ": "th",
    "ƒ": "f", "ꞵ": "b", "ɛ": "e", "ʃ": "s", "ʒ": "z", "ə": "e", "ɐ": "a", "ɔ": "o",
}  # fmt: skip
# In the alphabet of small capitals a letter of Lithuania stands for Q.
_SMALL_CAPITAL = re.compile("[ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ]")
# Blocks of capitals in circles, squares and flags.
_BLOCKS = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)


class _Fold(dict[int, str]):
    """What each character is written as; worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(character: str) -> str:
    code = ord(character)
    if code < 128:
        return character
    if character in _ENDS_SENTENCE:
        return _ENDS_SENTENCE[character]
    for first in _BLOCKS:
        if first <= code < first + 26:
            return chr(code - first + ord("a"))
    category = unicodedata.category(character)
    if category[0] == "M":
        return character if _is_part(character) else ""
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category[0] in "LN":
        return "".join(_letters(character))
    if category == "Cf" or category == "Sk" and unicodedata.combining(character):
        return ""
    return "\n" if character in "\x85\u2028\u2029" else " "


def _letters(character: str) -> list[str]:
    """A letter without its marks, in lower case where it is no Latin one."""
    if 0xAC00 <= ord(character) <= 0xD7A3:
        return [character]
    kept = []
    for part in unicodedata.normalize("NFKD", character):
        if unicodedata.category(part)[0] == "M" and not _is_part(part):
            continue
        kept.append(part if part.isascii() else _DRESSED.get(part.casefold(), part.casefold()))
    return kept


def _is_part(mark: str) -> bool:
    code = ord(mark)
    inside = _INDIC[0] <= code < _INDIC[1] or code in _KANA_MARKS
    return inside and unicodedata.combining(mark) in _PART_OF_LETTER


_FOLD = _Fold()


def plain_letters(text: str) -> str:
    """The text in letters without marks, dress or anything invisible; signs that are not ASCII become spaces. What ends
    a sentence stays, letters of scripts other than the Latin one stay what they are, and only those are in lower case.
    """
    if text.isascii():
        return text
    if "ǫ" in text and _SMALL_CAPITAL.search(text):
        text = text.replace("ǫ", "q")
    return unicodedata.normalize("NFKC", text.translate(_KEPT_ENDS)).translate(_FOLD)


_KEPT_ENDS = {ord(sign): ends for sign, ends in _ENDS_SENTENCE.items()}


_LEET = [str.maketrans(f"0{one}345789", f"o{what}eastbg") for one, what in ("1i", "1l")]
_SIGN_IN_WORD = re.compile(r"[@$!](?=[A-Za-z0-9]*[A-Za-z])")


def digits_as_letters(text: str) -> list[str]:
    """The text with its digits read as the letters they look like, 1 as I and as L: other numbers stay other texts."""
    text = _SIGN_IN_WORD.sub(lambda found: {"@": "a", "$": "s", "!": "i"}[found[0]], text)
    return [text.translate(table) for table in _LEET]
