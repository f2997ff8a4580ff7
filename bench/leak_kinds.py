"""Ways in which a text comes back as a copy of itself: encoded, marked up, dressed in other letters, wrapped, edited.

Nothing here is shared with the guard that is measured. The greetings, signatures and other wrappings come in two lists:
the phrases of everyday mail, and odd ones of which no word list knows.
"""

import base64
import codecs
import html
import json
import quopri
import textwrap
import unicodedata
from collections.abc import Callable, Sequence
from email.header import Header
from urllib.parse import quote, quote_plus

import numpy as np

Edit = Callable[[str, np.random.Generator], str]

CYRILLIC = str.maketrans("aceopxyiABCEHKMOPTX", "асеорхуіАВСЕНКМОРТХ")
GREEK = str.maketrans("aoviuABEHIKMNOPTXYZ", "αονιυΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
SMALL_CAPITALS = str.maketrans("abcdefghijklmnopqrstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀsᴛᴜᴠᴡʏᴢ")
LEET = str.maketrans("aeiost", "431057")
LIGATURES = {"ffi": "ﬃ", "ffl": "ﬄ", "ff": "ﬀ", "fi": "ﬁ", "fl": "ﬂ", "st": "ﬆ"}
GREETINGS = (
    "Hi team, ", "Hello,\n", "Dear Sir or Madam,\n\n", "Good morning, ", "Hey there! ", "Hi Anna, ", "hello everyone ",
    "Hi, I hope you are well. ", "Dear support team,\n", "Hi all - ", "Good afternoon. ", "Dear Mr Jones,\n",
    "Hola, ", "Bonjour,\n", "Guten Tag, ", "Olá, ", "Hi, quick question: ", "To whom it may concern,\n",
)  # fmt: skip
SIGNATURES = (
    "\n\nBest regards,\nAnna Smith\nACME Ltd", " Thanks, John", "\nKind regards, Maria", " Thank you!", "\n-- \nJ. Doe",
    "\n\nSent from my iPhone", " Cheers, Bob", "\nSincerely,\nDr. K. Brown", " Many thanks in advance.",
    " Best, Tom", "\n\nRegards\nPeter Novak | Senior Analyst | +44 20 7946 0000 | peter.novak@acme.com",
    "\n\nMit freundlichen Grüßen\nJan Weber", "\nSaludos, Carmen", "\nCordialement,\nLuc", "\nAbraços, Paulo",
    " BR, Li",
)  # fmt: skip
ODD_OPENINGS = (
    "Greetings and salutations from sunny Leeds! ", "Howdy partner. ", "Attention all stewards of the ledger:\n",
    "As discussed on the phone a moment ago: ", "Forwarding this for a colleague.\n", "Peace be upon you all!\n",
    "This one came in overnight. ", "Customer writes:\n",
)  # fmt: skip
ODD_CLOSINGS = (
    "\nTa-ta for now, the Wombat", "\n\nYour humble servant\nZebedee", " Looking forward to your answer.",
    "\nPlease advise.", " Appreciate the assistance!", "\nOver and out.", " Have a lovely weekend.", "\nxoxo Fenella",
)  # fmt: skip
# Written after the guard was, and never looked at when it was changed.
UNSEEN_OPENINGS = (
    "Hallo zusammen, ", "Hi guys - ", "Good day,\n\n", "Respected Sir,\n", "Dear colleagues, ", "Hey Siri, ", "Yo! ",
    "Sir, ", "Hello Mrs. O'Brien,\n", "Hi @all, ", "Hi!!! ", "Morning all, ", "Hello from Spain, ",
    "Dear Customer Care, ",
    "Hi, my name is Peter. ", "Hello, I am writing to you about the following. ", "Sorry to bother you. ",
    "Chat transcript 14:22\nCustomer: ", "Subject: request\n\n", "Message: ", "Caro amigo,\n", "Madame, Monsieur,\n",
)  # fmt: skip
UNSEEN_CLOSINGS = (
    "\nWarmly,\nSue", "\n\nTake care,\nMartin", " Have a great day!", "\nAny help is appreciated.", "\n— Sam",
    "\n/Erik", "\nTel: +1 555 0100", "\nACME Corp | www.acme.com", " Thank you in advance for your help!", " Thanks!!",
    "\n\nYours,\nMary Johnson\nHead of Sales, ACME", " Please help.", "\n\n~ Jo", " Rgds, Raj", " thx", " -John",
    "\nSent via the mobile app", "\n\nBest\nP.", " Kind regards", "\nCordiali saluti, Marco",
    " Ty!", " Respectfully, M.",
)  # fmt: skip
DISCLAIMER = (
    "\n\nThis e-mail and any attachments are confidential and intended solely for the addressee. If you have received "
    "it in error, please notify the sender and delete it."
)


def pick(choices: Sequence[str], random: np.random.Generator) -> str:
    return choices[int(random.integers(len(choices)))]


def plain(change: Callable[[str], str]) -> Edit:
    return lambda text, random: change(text)


def some(change: Callable[[str], str], share: float) -> Edit:
    """The change made to each character with the given chance."""
    return lambda text, random: "".join(change(c) if random.random() < share else c for c in text)


def around_words(before: str, after: str, share: float = 0.3) -> Edit:
    def edit(text: str, random: np.random.Generator) -> str:
        words = text.split(" ")
        marked = [before + word + after if word and random.random() < share else word for word in words]
        return " ".join(marked) if marked != words else before + text + after

    return edit


def tags(text: str, random: np.random.Generator) -> str:
    opening, closing = [("<p>", "</p>"), ("<div class='msg'>", "</div>"), ("<html><body>", "</body></html>"),
                        ('<p style="color: red">', "<br/></p>")][int(random.integers(4))]  # fmt: skip
    return opening + around_words("<b>", "</b>")(text, random) + closing


def tags_escaped(text: str, random: np.random.Generator) -> str:
    return html.escape(tags(html.escape(text), random))


def markdown(text: str, random: np.random.Generator) -> str:
    return pick(("# ", "> ", "- ", "**Note** ", ""), random)[:2] + around_words("**", "**")(text, random)


def link(text: str, random: np.random.Generator) -> str:
    words = text.split(" ")
    at = int(random.integers(len(words)))
    words[at] = f"[{words[at]}](https://example.com/{int(random.integers(10_000))}/page?ref=mail)"
    return " ".join(words)


def mojibake(encoding: str, times: int) -> Edit:
    def edit(text: str, random: np.random.Generator) -> str:
        for _ in range(times):
            text = text.encode("utf-8").decode(encoding, "replace")
        return text

    return edit


def named_entities(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode() if html.escape(text) == text else html.escape(text)


def mathematical(start: int) -> Edit:
    def styled(character: str) -> str:
        if "a" <= character <= "z":
            return chr(start + 26 + ord(character) - ord("a"))
        return chr(start + ord(character) - ord("A")) if "A" <= character <= "Z" else character

    return some(styled, 1)


def without_marks(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn" or c > "\u0800")


def every_escape(text: str) -> str:
    units = text.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def accented(character: str) -> str:
    latin = character.isascii() and character.isalpha()
    return unicodedata.normalize("NFC", character + "\u0301") if latin else character


def ligatures(text: str) -> str:
    for letters, ligature in LIGATURES.items():
        text = text.replace(letters, ligature)
    return text


def without_punctuation(text: str) -> str:
    return "".join(c for c in text if not unicodedata.category(c).startswith("P"))


def more_punctuation(text: str, random: np.random.Generator) -> str:
    words = [word + (pick(",;!.-", random) if random.random() < 0.3 else "") for word in text.split(" ")]
    return " ".join(words) + pick(("!!!", "...", " ?!", " :-)", "."), random)


def white_space(text: str, random: np.random.Generator) -> str:
    return "".join(pick((" ", "  ", "\n", "\t", "\u00a0"), random) if c == " " else c for c in f" {text} ")


def hyphenated(text: str, random: np.random.Generator) -> str:
    words = [w[: len(w) // 2] + "-\n" + w[len(w) // 2 :] if len(w) > 5 and random.random() < 0.4 else w
             for w in text.split(" ")]  # fmt: skip
    return " ".join(words)


def quoted_mail(text: str, random: np.random.Generator) -> str:
    return "\n".join("> " + line for line in textwrap.wrap(text, 60) or [text])


def headers(text: str, random: np.random.Generator) -> str:
    return (
        f"From: anna.smith@acme.com\nTo: support@bank.com\nDate: Tue, 5 Mar 2024 10:22\nSubject: Re: request\n\n{text}"
    )


def replied(text: str, random: np.random.Generator) -> str:
    return "On Tue, 5 Mar 2024 at 10:22, Anna Smith <anna@acme.com> wrote:\n" + quoted_mail(text, random)


def numbered(text: str, random: np.random.Generator) -> str:
    return pick(("1. ", "2) ", "(a) ", "• ", "* ", "- ", "iii. ", "Q: ", "3.1 "), random) + text


def stamped(text: str, random: np.random.Generator) -> str:
    number = int(random.integers(10_000, 99_999))
    return pick(("[2024-01-05 10:22:31] ", f"Ticket #{number}: ", f"INC00{number} - ", f"{number} | ",
                 "2024-03-05T10:22:31Z INFO ", f"[CASE-{number}] ", "05/03/2024 14:10 "), random) + text  # fmt: skip


def swapped_sentences(text: str, random: np.random.Generator) -> str:
    parts = [part for part in text.replace("! ", ". ").replace("? ", ". ").split(". ") if part]
    return text if len(parts) < 2 else ". ".join(parts[1:] + parts[:1])


def shuffled(text: str, random: np.random.Generator) -> str:
    words = text.split()
    return " ".join(words[i] for i in random.permutation(len(words)))


def typing_error(text: str, random: np.random.Generator) -> str:
    at = int(random.integers(len(text)))
    return text[:at] + pick("abcdefghijklmnopqrstuvwxyz", random) + text[at + int(random.integers(2)) :]


def word_dropped(text: str, random: np.random.Generator) -> str:
    words = text.split()
    del words[int(random.integers(len(words)))]
    return " ".join(words)


def emoji(text: str, random: np.random.Generator) -> str:
    return pick(("🙏 ", "", "😡😡 "), random) + text + pick((" 😀", " 👍👍", "❤️", " :smile:", " 🇬🇧"), random)


def both_ends(one: Sequence[str], other: Sequence[str]) -> Edit:
    return lambda text, random: pick(one, random) + text + pick(other, random)


NO = ("",)
# Each keeps the words.
KEPT: dict[str, Edit] = {
    "html_tags": tags,
    "html_line_breaks": lambda text, random: f"<div>{text.replace(' ', '<br>', 2)}</div><!-- sent -->",
    "html_tags_escaped": tags_escaped,
    "html_named": plain(named_entities),
    "html_decimal": plain(lambda text: "".join(f"&#{ord(c)};" for c in text)),
    "html_hex": some(lambda c: f"&#x{ord(c):X};", 0.5),
    "bbcode": around_words("[b]", "[/b]"),
    "markdown": markdown,
    "markdown_link": link,
    "latex": around_words("\\textbf{", "}"),
    "xml_cdata": plain(lambda text: f'<?xml version="1.0"?><msg><text><![CDATA[{text}]]></text></msg>'),
    "url_percent": plain(quote),
    "url_plus": plain(quote_plus),
    "url_twice": plain(lambda text: quote(quote(text))),
    "url_query": plain(lambda text: f"q={quote_plus(text)}&lang=en"),
    "json_string": plain(json.dumps),
    "json_object": plain(lambda text: json.dumps({"id": 17, "text": text})),
    "json_every_character": plain(every_escape),
    "python_bytes": plain(lambda text: repr(text.encode())),
    "csv_quoted": plain(lambda text: '"' + text.replace('"', '""') + '"'),
    "code_points": plain(lambda text: " ".join(f"U+{ord(c):04X}" for c in text)),
    "quoted_printable": plain(lambda text: quopri.encodestring(text.encode()).decode()),
    "quoted_printable_all": plain(lambda text: "".join(f"={b:02X}" for b in text.encode())),
    "mime_header": plain(lambda text: Header(text + " ·", "utf-8").encode()),
    "base64": plain(lambda text: base64.b64encode(text.encode()).decode()),
    "base64_lines": plain(lambda text: base64.encodebytes(text.encode()).decode()),
    "hexadecimal": plain(lambda text: text.encode().hex()),
    "utf7": plain(lambda text: text.encode("utf-7").decode()),
    "utf16_as_latin1": plain(lambda text: text.encode("utf-16-le").decode("latin-1")),
    "rot13": plain(lambda text: codecs.encode(text, "rot13")),
    "mojibake_latin1": mojibake("latin-1", 1),
    "mojibake_cp1252": mojibake("cp1252", 1),
    "mojibake_twice": mojibake("latin-1", 2),
    "mojibake_cp1251": mojibake("cp1251", 1),
    "mojibake_mac": mojibake("mac_roman", 1),
    "cyrillic_all": plain(lambda text: text.translate(CYRILLIC)),
    "cyrillic_some": some(lambda c: c.translate(CYRILLIC), 0.4),
    "greek_all": plain(lambda text: text.translate(GREEK)),
    "greek_some": some(lambda c: c.translate(GREEK), 0.4),
    "full_width": plain(lambda text: text.translate(FULL_WIDTH)),
    "small_capitals": plain(lambda text: text.lower().translate(SMALL_CAPITALS)),
    "mathematical_bold": mathematical(0x1D400),
    "mathematical_script": mathematical(0x1D4D0),
    "circled": plain(lambda text: "".join(chr(0x24D0 + ord(c) - 97) if "a" <= c <= "z" else c for c in text.lower())),
    "squared": plain(lambda text: "".join(chr(0x1F170 + ord(c) - 97) if "a" <= c <= "z" else c for c in text.lower())),
    "leetspeak": plain(lambda text: text.translate(LEET)),
    "zero_width": some(lambda c: c + "\u200b", 0.3),
    "soft_hyphens": some(lambda c: c + "\u00ad", 0.3),
    "strikethrough": some(lambda c: c + "\u0336", 1),
    "direction_marks": plain(lambda text: f"\u202a{text.replace(' ', chr(0x202C) + ' ' + chr(0x202B))}\u202c"),
    "accents_added": some(accented, 0.4),
    "diacritics_removed": plain(without_marks),
    "decomposed": plain(lambda text: unicodedata.normalize("NFD", text)),
    "ligatures": plain(ligatures),
    "upper_case": plain(str.upper),
    "lower_case": plain(str.lower),
    "title_case": plain(str.title),
    "swapped_case": plain(str.swapcase),
    "curly_quotes": plain(lambda text: "“" + text.replace("'", "’").replace('"', "”") + "”"),
    "punctuation_removed": plain(without_punctuation),
    "punctuation_added": more_punctuation,
    "white_space": white_space,
    "spaces_removed": plain(lambda text: text.replace(" ", "")),
    "letters_spaced": plain(" ".join),
    "underscores": plain(lambda text: text.replace(" ", "_")),
    "hyphenated": hyphenated,
    "wrapped_lines": plain(lambda text: textwrap.fill(text, 20)),
    "numbered": numbered,
    "bulleted_lines": plain(lambda text: "\n".join("* " + line for line in textwrap.wrap(text, 40))),
    "greeting": both_ends(GREETINGS, NO),
    "signature": both_ends(NO, SIGNATURES),
    "greeting_and_signature": both_ends(GREETINGS, SIGNATURES),
    "odd_opening": both_ends(ODD_OPENINGS, NO),
    "odd_closing": both_ends(NO, ODD_CLOSINGS),
    "unseen_opening": both_ends(UNSEEN_OPENINGS, NO),
    "unseen_closing": both_ends(NO, UNSEEN_CLOSINGS),
    "disclaimer": both_ends(NO, (DISCLAIMER,)),
    "mail_quoted": quoted_mail,
    "mail_headers": headers,
    "mail_reply": replied,
    "subject_prefix": both_ends(("Re: ", "Fwd: ", "FW: RE: ", "AW: ", "[EXTERNAL] ", "Fwd: Fwd: "), NO),
    "tracking_link": both_ends(NO, (" https://t.co/AbC123xyz", "\nhttp://bit.ly/2xYz?utm_source=mail&utm_medium=x")),
    "hashtags": both_ends(NO, (" #help", " #fail #support", " @acme #now")),
    "mentions": both_ends(("@acme ", "RT @user: ", "@bank_help @acme "), NO),
    "stamped": stamped,
    "words_shuffled": shuffled,
    "sentences_swapped": swapped_sentences,
    "doubled": plain(lambda text: f"{text} {text}"),
    "doubled_lines": plain(lambda text: f"{text}\n{text}"),
    "emoji": emoji,
    "html_and_wrapping": lambda text, random: (
        f"<p>{html.escape(pick(GREETINGS, random))}</p><p>{html.escape(text)}</p><p>{pick(SIGNATURES, random)}</p>"
    ),
    "url_and_greeting": lambda text, random: quote(pick(GREETINGS, random) + text),
}  # fmt: skip
# These change the words; how many are found is told, and nothing is promised.
CHANGED: dict[str, Edit] = {
    "typo": typing_error,
    "typo_and_greeting": lambda text, random: pick(GREETINGS, random) + typing_error(text, random),
    "word_dropped": word_dropped,
    "truncated": plain(lambda text: text[: max(1, int(0.8 * len(text)))]),
    "vowels_dropped": plain(lambda text: "".join(c for c in text if c not in "aeiou")),
    "reversed": plain(lambda text: text[::-1]),
}
