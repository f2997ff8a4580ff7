"""What people and mail programs put round a text: greetings, signatures, headers, numbers of tickets, links."""

import re

# Words of which one has to stand in a text (near its beginning, for the first) before it is worth looking for more.
OPENERS = frozenset(
    """
    hi hello hey hiya heya howdy dear greetings good goodmorning to hola buenos buenas estimado estimada estimados
    querido querida queridos bonjour bonsoir salut cher chère chers guten hallo liebe lieber sehr moin servus olá ola
    oi bom boa prezado prezada prezados caro cara ciao buongiorno buonasera gentile salve hej goedemorgen geachte
    beste witam dzień cześć привет здравствуйте добрый уважаемый barka sannu salam assalamu السلام مرحبا 안녕하세요 안녕
    namaste नमस्ते merhaba re fw fwd rt just quick hope trust urgent external fyi forwarded begin
    """.split()  # noqa: SIM905
)
CLOSERS = frozenset(
    """
    regards regard thanks thank thx tnx ty tks cheers sincerely faithfully truly cordially wishes best br rgds kr yours
    respectfully warmly sent confidential disclaimer unsubscribe addressee saludos gracias cordialmente atentamente
    atenciosamente obrigado obrigada abraços abracos abraço cumprimentos att merci cordialement salutations amicalement
    grüße gruesse grüßen grusse grussen gruß danke freundlichen mfg vg lg saluti grazie distinti groeten dank hilsen mvh
    pozdrawiam dziękuję спасибо уважением شكرا 감사합니다 고맙습니다 nagode wrote schrieb écrit escribió escreveu
    http https www
    """.split()  # noqa: SIM905
)

_NAME = r"[^\W\d_][\w'’.-]*"
_GREET = (
    r"(?:hi|hello|hey|hiya|heya|howdy|dear|greetings|good\s?(?:morning|afternoon|evening|day)|to whom it may concern|"
    r"hola|buenos d[ií]as|buenas(?: tardes| noches)?|estimad[oa]s?|querid[oa]s?|bonjour|bonsoir|salut|ch[eè]re?s?|"
    r"guten (?:tag|morgen|abend)|hallo|liebe[rs]?|sehr geehrte[rs]?|moin|servus|ol[aá]|oi|bo[am] (?:dia|tarde|noite)|"
    r"prezad[oa]s?|car[oa]s?|ciao|buongiorno|buonasera|gentile|salve|hej|goedemorgen|geachte|beste|witam|"
    r"dzień dobry|cześć|привет|здравствуйте|добрый (?:день|вечер)|уважаем\w+|barka(?: dai)?|sannu|salam|"
    r"assalamu alaikum|السلام عليكم|مرحبا|안녕하세요|안녕|namaste|नमस्ते|merhaba)"
)
_ADDRESSED = r"(?:team|all|everyone|everybody|there|folks|guys|sir|madam|support|friends?|again|both|colleagues?)"
_GREETING = re.compile(
    rf"\W*{_GREET}\b(?:(?:[\s/]+(?:or\s+|and\s+|&\s+)?{_NAME}){{0,4}}\s*(?:[,!.:;\n]|\s[-–—]+\s)|"
    rf"(?:\s+(?:or\s+)?{_ADDRESSED}\b)+|)",
    re.I,
)
_PLEASANTRY = re.compile(
    r"\W*(?:(?:i|we)?\s*(?:hope|trust)\s+(?:you|this|all|everyone|everything)\b[^.!?\n]{0,80}[.!?,\n]|"
    r"(?:just\s+)?(?:a\s+)?quick\s+(?:question|one|note|query)\b\s*[:,.\n-]|how\s+are\s+you[^.!?\n]{0,20}[.!?\n,]|"
    r"please\s+see\s+below\W|(?:see|as)\s+below\s*[:.\n]|fyi\s*[:,.\n-]|urgent\s*[:!.\n-]|external\s*:|"
    r"-+\s*(?:forwarded|original)\s+message\s*-+|begin\s+forwarded\s+message\s*:)",
    re.I,
)
_REPLY = re.compile(r"\W*(?:re|fwd?|aw|wg|sv|vs|tr|rv|res|enc)\s*(?:\[\d+\])?\s*:", re.I)
_HEADER = re.compile(
    r"\W*(?:from|to|cc|bcc|date|sent|subject|received|reply-to|message-id|importance|von|an|betreff|gesendet|de|à|objet|"
    r"envoyé|asunto|para|assunto|enviado)\s*:[^\n]*\n",
    re.I,
)
_WROTE = re.compile(r"[^\n]{0,160}?\b(?:wrote|schrieb[^:\n]{0,60}|a écrit|escribió|escreveu)\s*:", re.I)
_FIELD = re.compile(
    r"\W*(?:text|message|body|content|question|comment|title|subject|query|answer|note|description|summary|"
    r"customer(?:\s+(?:writes|says|wrote))?|user|q|a)\s*[:=]\s*",
    re.I,
)
_MENTIONS = re.compile(r"\W*(?:rt\b\s*)?(?:@\w+\s*:?\s*)+|\W*rt\b\s*:?\s*", re.I)
# What follows may hold numbers or names: only ever taken off one of two texts that are compared.
_TAGGED = re.compile(r"\s*[\[({<][^\[\](){}<>\n]{1,40}[\])}>]\s*[:|-]?\s*")
_STAMP = re.compile(
    r"\W*(?:(?:ticket|case|inc|ref|id|issue|request|incident|sr|no|nr)\b\W*)?[A-Za-z]{0,5}[-_#]?"
    r"\d[\d\-/:.+TZ]*(?:[\s,]+\d[\d\-/:.+TZ]*){0,6}(?:\s*[ap]m\b)?(?:\s+(?:utc|gmt|info|warn|warning|error|debug)\b)?"
    r"\s*(?:[:|)\]>]|\s[-–—])\s*",
    re.I,
)
_DATED = re.compile(
    r"\W*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T\s,]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?\s*(?:Z|[ap]m)?\b"
    r"(?:\s+(?:utc|gmt|info|warn|warning|error|debug)\b)?\W*",
    re.I,
)
_NUMBERED = re.compile(r"\W*(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5})[.):\]]\s+|\W*\d{1,3}(?:\.\d{1,3})+\s+")

_LINK_OR_NAME = re.compile(
    r"(?:(?:https?://|www\.)\S+|[\w-]+\.(?:ly|co|com|net|org|io)/\S*|[#@]\w+|:\w+:|<[^<>\s]+>)\W*", re.I
)
_OPENING = {"]": "[", ")": "(", "}": "{", ">": "<"}
_LONGEST_BRACKET = 42
# Searched in lower case: without re.I a pattern that begins with letters is found much sooner.
_SIGN_OFF = re.compile(
    r"(?:with\s+(?:best|kind|kindest|warm|warmest|many)\s+(?:regards|wishes|thanks)|best\s+(?:regards|wishes)|"
    r"kind(?:est)?\s+regards|warm(?:est)?\s+(?:regards|wishes)|regards|rgds|sincerely|yours\s+(?:sincerely|faithfully|"
    r"truly)|respectfully|cordially|sent\s+from\s+(?:my|mobile|outlook|mail|yahoo)|get\s+outlook\s+for|saludos|"
    r"un\s+saludo|atentamente|cordialmente|atenciosamente|abra[çc]os?|cumprimentos|cordialement|bien\s+à\s+vous|"
    r"salutations|amicalement|mit\s+freundlichen\s+gr(?:ü|ue?)(?:ß|ss)en|(?:viele|liebe|beste|schöne)\s+"
    r"gr(?:ü|ue?)(?:ß|ss)e|mfg|vg|lg|distinti\s+saluti|cordiali\s+saluti|saluti|met\s+vriendelijke\s+groet(?:en)?|"
    r"groeten|mvh|pozdrawiam|с\s+уважением)\b"
)
# Words that are a farewell only where a sentence ends before them, or a pause or nothing follows.
_FAREWELL = re.compile(
    r"(?:many\s+thanks|thanks|thank\s+you|thx|tnx|ty|tks|cheers|best|br|kr|yours|love|warmly|gracias|obrigad[oa]|merci|"
    r"danke|grazie|dank|dziękuję|спасибо|شكرا|감사합니다|고맙습니다|nagode|att)\b(\s+(?:again|in\s+advance|(?:so|very)\s+"
    r"much\W*$)|\s*(?:[,.!\n–—-]|$))?"
)
_BEFORE = frozenset(".!?,;:\n–—-")
_RULE = re.compile(r"\n\s*(?:--+|__+|==+|\*\*+)\s*\n")
_DISCLAIMER = re.compile(r"\b(?:confidential|disclaimer|intended\s+(?:solely|only)|unsubscribe|addressee)\b", re.I)
_ENDS = re.compile(r"[.!?\n]")
_LONGEST_SIGNATURE, _LONGEST_THANKS = 30, 6
_LONGEST_WROTE, _LONGEST_FRONT = 230, 400
_LAST = 800
_ROUNDS = 6


def greeting_off(text: str) -> str:
    """The text without greetings and mail headers before it; as it is where nothing else is left."""
    bare = text
    for _ in range(_ROUNDS):
        kept = _front_off(bare[_headed(bare) :], (_GREETING, _PLEASANTRY, _REPLY, _FIELD, _MENTIONS))
        if kept == bare:
            break
        bare = kept
    return bare if _says_something(bare) else text


def signature_off(text: str) -> str:
    """The text without a farewell and what follows it; as it is where nothing else is left."""
    starts = [found.start() for found in (_RULE.search(text),) if found]
    if found := _DISCLAIMER.search(text):
        starts.append(max((end.end() for end in _ENDS.finditer(text, 0, found.start())), default=0))
    lower = text.lower()
    lower = lower if len(lower) == len(text) else text
    for pattern, longest in ((_SIGN_OFF, _LONGEST_SIGNATURE), (_FAREWELL, _LONGEST_THANKS)):
        for found in pattern.finditer(lower, max(0, len(lower) - _LAST)):
            if _ends_with(text, found, longest):
                starts.append(found.start())
                break
    starts = [start for start in starts if _says_something(text[:start])]
    return text[: min(starts)] if starts else text


def _ends_with(text: str, found: re.Match[str], longest: int) -> bool:
    """Whether a farewell found in a text is its end, with a signature after it at most."""
    before, rest = text[: found.start()], text[found.start() :]
    if before[-1:].isalnum() or "?" in rest or not found.start():
        return False
    if found.re is _FAREWELL and not found[1] and before.rstrip(" ")[-1:] not in _BEFORE:
        return False
    return len(rest.split()) <= (_LONGEST_SIGNATURE if "\n" in rest.strip() else longest)


def numbers_off(text: str) -> str:
    """The text without a number, a date or a bracket before it."""
    bare = text
    for _ in range(_ROUNDS):
        kept = _front_off(bare, (_TAGGED, _DATED, _STAMP, _NUMBERED))
        if kept == bare:
            break
        bare = kept
    return bare if _says_something(bare) else text


def links_off(text: str) -> list[str]:
    """The text without a link, a tag, a name or a bracket behind it, without two of these, and so on."""
    shorter = []
    for _ in range(_ROUNDS):
        text = text.rstrip()
        cut = max(text.rfind(" "), text.rfind("\n")) + 1
        if not _LINK_OR_NAME.fullmatch(text, cut):
            bare = text.rstrip(".,;:!? ")
            cut = bare.rfind(_OPENING.get(bare[-1:], "\0"), max(0, len(bare) - _LONGEST_BRACKET))
        if cut <= 0 or not _says_something(text[:cut]):
            break
        text = text[:cut]
        shorter.append(text)
    return shorter


def _headed(text: str) -> int:
    """Where the headers of a mail end."""
    at = 0
    while found := _HEADER.match(text, at):
        at = found.end()
    wrote = _WROTE.match(text, at) if ":" in text[at : at + _LONGEST_WROTE] else None
    return wrote.end() if wrote and text[wrote.end() :].lstrip(" ")[:1] in ("\n", ">", "“", '"') else at


def _front_off(text: str, patterns: tuple[re.Pattern[str], ...]) -> str:
    for pattern in patterns:
        found = pattern.match(text, 0, _LONGEST_FRONT)
        if found and found.end() < min(len(text), _LONGEST_FRONT):
            text = text[found.end() :]
    return text


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)
