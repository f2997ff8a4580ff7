"""Words that turn a text into its opposite, in the commoner languages, and whether a text is in one of them.

A word too many costs an expert a tick, a word too few a wrong label: doubtful ones are in. Languages that negate inside
the verb (Turkish, Finnish, Czech and others) are left out but for what stands as a word or a prefix of its own, so
their texts are not known.
"""

import re

# Between word boundaries.
WORDS = """
no not never none nobody nothing nowhere neither nor without cannot nicht kein keine keinen keinem keiner keines nie
niemals ohne weder nichts niemand nirgends pas jamais rien aucun aucune sans ni guère nunca jamás nada nadie ningún
ninguno ninguna sin tampoco não nao ninguém nenhum nenhuma sem nem non mai niente nulla nessuno nessuna senza né
niet geen nooit niets nergens zonder inte ej icke ikke aldrig aldri ingen inget inga ingenting utan uten uden nigdy
nic nikt bez ani żaden żadna żadne není nejsou nikdy nikdo žádný soha nincs nélkül nu niciodată nimic fără tidak
bukan jangan belum tanpa tak không chưa chẳng đừng hindi huwag walang değil yok hiç asla ei eivät älä не нет нету ни
никогда ничего ничто никто никак без нельзя невозможно немає ніколи нічого ніхто няма никога нищо δεν μην όχι ποτέ
χωρίς ούτε καμία κανένας τίποτα नहीं नही न मत बिना ना কখনও না নেই নয় নি নাই ছাড়া لا لم لن ليس ليست ما غير بدون بلا
ليسوا نہیں نہ مت بغیر نه نیست هرگز نمی לא אין בלי אל אף מעולם
"""
# In scripts that do not part their words, and where an ending negates.
ANYWHERE = "不 没 沒 無 无 未 别 別 勿 莫 ません ない なかった なく ぬ ず 非 ไม่ ไร้ 않 못 없 아니 안"
ENGLISH_SHORT = r"\w+n['’]t|ain['’]?t|(?:ca|do|does|did|wo|is|are|was|were|has|have|had|should|could|would)nt"
NEGATION = re.compile(
    rf"(?<!\w)(?:{'|'.join(dict.fromkeys(WORDS.split()))}|{ENGLISH_SHORT})(?!\w)|\bn['’](?=\w)|{'|'.join(ANYWHERE.split())}",
    re.IGNORECASE,
)

# One of these stands in nearly every sentence of its language, and in few of others.
COMMON = """
the and is are was were be been to of in it you he she they we my your his her this that for on at with by from have
has had do does did will would can could should what when where which who how there if or but an me please der die
das und ist sind war ein eine einen ich du er sie es wir ihr mir mich mein meine den dem des zu im mit auf für von
sich auch aber wie wenn dass habe hat haben wird bei nach le la les de un une est et je tu il elle nous vous ils mon
mes ce cette que qui pour dans sur avec en au aux el los las del son se lo por para con como pero más muy este esta
una são eu meu minha seu sua uma com mas mais muito no gli di sono io mio mia per che più molto questo questa della
het een zijn ik jij hij zij wij mijn van te met voor dat maar ook naar och är att det ett jag han hon vi på av med
för som min mitt til og jeg się jest że nie jak mam mój moja jestem
"""
_WORD = re.compile(r"\b[^\W\d_]{2,}\b")  # a code such as E1001 is no word
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
# Scripts whose languages negate by a word or a sign of the lists above.
_KNOWN_SCRIPTS = re.compile(
    "[\u0370-\u03ff\u0400-\u04ff\u0590-\u05ff\u0600-\u06ff\u0900-\u09ff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
_COMMON, _NEGATING = frozenset(COMMON.split()), frozenset(WORDS.split())


def negations(text: str) -> int:
    """How many negations stand in the text."""
    return len(NEGATION.findall(text))


def language_known(text: str) -> bool:
    """Whether negations would be seen in this text: it is in a script whose languages are known, or one word in
    eight and at least one is common in a known language of Latin script. True of a text without words."""
    words = _WORD.findall(text.lower())
    if not words:
        return True
    letters = "".join(words)
    known = len(_KNOWN_SCRIPTS.findall(letters))
    if known + len(_LATIN.findall(letters)) < len(letters) / 2:
        return False
    if known > len(letters) / 2:
        return True
    met = sum(word in _COMMON or word in _NEGATING for word in words)
    return met >= max(1, len(words) / 8)
