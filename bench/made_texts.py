"""Made texts with planted near-copies: order-1 Markov text learned from real texts, and edits of six kinds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

EDITED = 0.2
MIN_WORDS = 8

# Either word of a pair is replaced by the other.
_PAIRS = (
    "get obtain,card plastic,money cash,bank lender,need require,want wish,help assist,account profile,is was,"
    "payment remittance,charged billed,fee charge,wrong incorrect,purchase buy,phone mobile,show display,check verify,"
    "lost misplaced,use utilise,see notice,still yet,refund reimbursement,cancel revoke,change alter,find locate,"
    "tell inform,think believe,make perform,made performed,rate price,currency tender,declined rejected,order request,"
    "long lengthy,identity identification,withdrawal debit,pending outstanding,received got,exchange conversion,"
    "country nation,arrive come,statement record,app application,transaction operation,virtual digital,atm machine,"
    "please kindly,trying attempting,possible feasible,happened occurred,new fresh,funds means,how why,can could,"
    "transfer move,add include,sent dispatched,do did,what which,my our,i we,it this,have had,the that,a one,for of"
)
SYNONYMS = {a: b for pair in _PAIRS.split(",") for a, b in (pair.split(), pair.split()[::-1])}
_EXTRA = "please really now today again just also maybe actually still quite only".split()  # noqa: SIM905

Edit = Callable[[str, np.random.Generator], str]


@dataclass(frozen=True)
class MadeTexts:
    """`texts` (n), of which the last are edited copies; `parent` (n,) int64 the position of the text a copy was made
    from, −1 for an original; `kind` (n,) int64 the position of its edit in KINDS, −1 for an original."""

    texts: list[str]
    parent: np.ndarray
    kind: np.ndarray


def made_texts(real: Sequence[str], n: int, min_words: int = MIN_WORDS, seed: int = 0) -> MadeTexts:
    """n texts, a fifth of them copies of others with one edit each, the six kinds in turn."""
    random = np.random.default_rng(seed)
    copies = int(EDITED * n)
    originals = markov_texts(real, n - copies, min_words, random)
    parent = random.integers(0, len(originals), copies)
    kind = np.arange(copies) % len(KINDS)
    edits = list(KINDS.values())
    edited = [edits[k](originals[p], random) for p, k in zip(parent.tolist(), kind.tolist(), strict=True)]
    none = np.full(len(originals), -1)
    return MadeTexts(originals + edited, np.r_[none, parent], np.r_[none, kind])


def markov_texts(real: Sequence[str], n: int, min_words: int, random: np.random.Generator) -> list[str]:
    """n texts as long as those of `real` with `min_words` or more, drawn at random; each word follows the one before it
    as often as it does in `real`, and where a real text would end the next begins."""
    successors, starts, words = _chain(real)

    def step(state: np.ndarray) -> np.ndarray:
        count = starts[state + 1] - starts[state]
        return successors[starts[state] + (random.random(len(state)) * count).astype(np.int64)]

    lengths = random.choice([k for text in real if (k := len(text.split())) >= min_words], n)
    lines = np.zeros((n, lengths.max() + 1), dtype=np.int32)
    for place in range(lengths.max()):
        going = np.flatnonzero(lengths > place)
        word = step(lines[going, place])
        word[word == 0] = step(word[word == 0])
        lines[going, place + 1] = word
    pairs = zip(lines[:, 1:], lengths.tolist(), strict=True)
    return [" ".join([words[word] for word in line[:length].tolist()]) for line, length in pairs]


def _chain(real: Sequence[str]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The successors of every word, one after the other, where each word's begin, and the words; word 0 begins and
    ends every text."""
    numbers: dict[str, int] = {"": 0}
    follows: list[list[int]] = [[]]
    for text in real:
        before = 0
        for word in text.split():
            now = numbers.setdefault(word, len(numbers))
            if now == len(follows):
                follows.append([])
            follows[before].append(now)
            before = now
        if before:
            follows[before].append(0)
    starts = np.cumsum([0, *map(len, follows)])
    return np.array([after for own in follows for after in own]), starts, list(numbers)


def typing_error(text: str, random: np.random.Generator) -> str:
    at = int(random.integers(len(text)))
    letter = "abcdefghijklmnopqrstuvwxyz"[int(random.integers(26))]
    return text[:at] + (letter, "", letter + text[at])[int(random.integers(3))] + text[at + 1 :]


def other_case(text: str, random: np.random.Generator) -> str:
    return (text.upper(), text.lower(), text.title())[int(random.integers(3))]


def punctuation(text: str, random: np.random.Generator) -> str:
    words = text.split()
    at = int(random.integers(len(words)))
    words[at] += ("!", ",", "...", " ", " -", "?!")[int(random.integers(6))]
    return " ".join(words)


def word_in_or_out(text: str, random: np.random.Generator) -> str:
    words = text.split()
    at = int(random.integers(len(words)))
    if len(words) > 3 and random.random() < 0.5:
        del words[at]
    else:
        words.insert(at, _EXTRA[int(random.integers(len(_EXTRA)))])
    return " ".join(words)


def order_of_words(text: str, random: np.random.Generator) -> str:
    words = text.split()
    at = int(random.integers(max(1, len(words) - 1)))
    if random.random() < 0.5:
        words[at : at + 2] = words[at : at + 2][::-1]
    else:
        words.insert(at, words[at])
    return " ".join(words)


def synonym(text: str, random: np.random.Generator) -> str:
    words = text.split()
    known = [at for at, word in enumerate(words) if word.strip("?.,!").lower() in SYNONYMS]
    if not known:
        return typing_error(text, random)
    at = known[int(random.integers(len(known)))]
    bare = words[at].strip("?.,!").lower()
    words[at] = words[at].lower().replace(bare, SYNONYMS[bare])
    return " ".join(words)


KINDS: dict[str, Edit] = {
    "typo": typing_error,
    "case": other_case,
    "punctuation": punctuation,
    "word": word_in_or_out,
    "order": order_of_words,
    "synonym": synonym,
}
