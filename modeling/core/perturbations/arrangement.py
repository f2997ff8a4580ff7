"""The same words arranged otherwise: white space, order of sentences, a sentence moved, a paragraph added."""

import re
from random import Random

from modeling.core.perturbations.words import joined, sentences_of

# Share of the places that are changed, one or more.
SHARE = 0.1
_SPACE = re.compile(r"(?<=[^\s\d]) +(?=[^\s\d])")
_POINT = re.compile(r"(?<=[^\W\d])[,;:.!?](?=\s\D|\s*$)")
GAPS = ("\n", "\n\n", "  ")

# Says nothing about anything: no negation, no number, no name.
BOILERPLATE = (
    "This message was sent through the usual channel and is filed with the other messages of the day.",
    "Thank you for your attention. Please keep this text together with the other papers you hold.",
    "The text above is given as it was received. Headings and page breaks were left out when it was copied.",
)


def layout(text: str, draw: Random) -> str:
    """Line breaks, doubled spaces, and spaces before punctuation; nothing beside a digit."""
    places = [(match.start(), match.end(), draw.choice(GAPS)) for match in _SPACE.finditer(text)]
    places += [(match.start(), match.start(), " ") for match in _POINT.finditer(text)]
    draw.shuffle(places)
    for start, end, new in sorted(places[: max(1, round(SHARE * len(places)))], reverse=True):
        text = text[:start] + new + text[end:]
    return text


def order(text: str, draw: Random) -> str:
    """The sentences in another order."""
    sentences, gaps = sentences_of(text)
    if len(set(sentences)) < 2:
        return text
    shuffled = sentences[:]
    draw.shuffle(shuffled)
    if shuffled == sentences:
        shuffled = [*sentences[1:], sentences[0]]
    return joined(shuffled, gaps)


def moved(text: str, number: int) -> str:
    """Sentence `number` at the further end of the text: last, or first where it stands in the second half. Paragraphs
    keep their places, so it comes to stand in another."""
    sentences, gaps = sentences_of(text)
    rest = sentences[:number] + sentences[number + 1 :]
    late = number >= len(sentences) / 2
    return joined([sentences[number], *rest] if late else [*rest, sentences[number]], gaps)


def without_each(text: str) -> list[str]:
    """The text without its first sentence, without its second, …; nothing where it has only one."""
    sentences, gaps = sentences_of(text)
    if len(sentences) < 2:
        return []
    made = []
    for number in range(len(sentences)):
        gap = max(number - 1, 0)
        made.append(joined(sentences[:number] + sentences[number + 1 :], gaps[:gap] + gaps[gap + 1 :]))
    return made


def boilerplate(text: str, draw: Random) -> str:
    """A paragraph that says nothing, before the text or after it."""
    added = draw.choice(BOILERPLATE)
    return f"{added}\n\n{text}" if draw.random() < 0.5 else f"{text}\n\n{added}"
