"""Pairs of words that mean the same here: read, proposed from texts known to say the same, and swapped."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from random import Random

from rapidfuzz.distance import Levenshtein

from annotation.core.refusal import Refusal
from modeling.core.perturbations.words import WORD, edited, harmless, words_of

SHARE = 0.1
# Two members of a group of thousands tell as much as the next two.
MEMBERS = 10
LEAST = 3
MOST_LETTERS = 60

Pair = tuple[str, str]  # in lower case, the lesser word first
Partners = Mapping[str, Sequence[str]]


class UnableToPair(Refusal):
    """These are no two words that could stand for one another."""


@dataclass(frozen=True)
class Proposal:
    """A pair of words of which one stands in the place of the other in `seen` groups; `example`: two such texts."""

    pair: Pair
    seen: int
    example: tuple[str, str]


def read_pair(written: str) -> Pair:
    """ "buy = purchase" → ("buy", "purchase"). Raises UnableToPair with what to write instead."""
    words = [word.strip().lower() for word in written.split("=")]
    if len(words) != 2 or not all(WORD.fullmatch(word) for word in words):
        raise UnableToPair(f"{written.strip()!r} is not two single words; write them as “buy = purchase”.")
    if max(map(len, words)) > MOST_LETTERS:
        raise UnableToPair(f"“{max(words, key=len)[:20]}…” is longer than {MOST_LETTERS} letters; that is no word.")
    if words[0] == words[1]:
        raise UnableToPair(f"{written.strip()!r} is one word twice.")
    unsafe = next((word for word in words if not harmless(word) or any(letter.isdigit() for letter in word)), None)
    if unsafe:
        raise UnableToPair(f"“{unsafe}” is a negation or a number; those are never changed.")
    return min(words), max(words)


def written(pair: Pair) -> str:
    return f"{pair[0]} = {pair[1]}"


def partners_of(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    """Each word of the pairs → the words it is paired with, in order of the alphabet."""
    found: dict[str, set[str]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: sorted(others) for word, others in found.items()}


def synonyms(text: str, draw: Random, partners: Partners) -> str:
    """Words swapped for a partner."""

    def swap(word: str, draw: Random) -> str:
        others = partners.get(word.lower())
        if not others:
            return word
        new = draw.choice(others)
        return new.capitalize() if word[0].isupper() else new

    return edited(text, draw, SHARE, swap)


def proposals(groups: Iterable[Sequence[str]], ruled: Iterable[Pair] = ()) -> list[Proposal]:
    """Pairs of words that vary inside groups of texts that say the same, seen in most groups first.

    A pair counts once per group. Only single words between words that agree, three letters or more, none of them a
    negation, number or name, and more than one letter apart: less is a typo or an ending. `ruled` pairs are left out.
    """
    known = set(ruled)
    seen: dict[Pair, int] = {}
    example: dict[Pair, tuple[str, str]] = {}
    for texts in groups:
        found: dict[Pair, tuple[str, str]] = {}
        for one, other in combinations(list(dict.fromkeys(texts))[:MEMBERS], 2):
            for pair in _varying(one, other):
                found.setdefault(pair, (one, other))
        for pair, shown in found.items():
            seen[pair] = seen.get(pair, 0) + 1
            example.setdefault(pair, shown)
    left = sorted((pair for pair in seen if pair not in known), key=lambda pair: (-seen[pair], pair))
    return [Proposal(pair, seen[pair], example[pair]) for pair in left]


def _varying(one: str, other: str) -> list[Pair]:
    before, after = words_of(one), words_of(other)
    matcher = SequenceMatcher(None, [w.text.lower() for w in before], [w.text.lower() for w in after], autojunk=False)
    found = []
    for operation, i, j, k, m in matcher.get_opcodes():
        if operation != "replace" or (j - i, m - k) != (1, 1) or not (before[i].free and after[k].free):
            continue
        first, second = sorted((before[i].text.lower(), after[k].text.lower()))
        if min(len(first), len(second)) >= LEAST and Levenshtein.distance(first, second) > 1:
            found.append((first, second))
    return found
