"""Words spelled otherwise: typos, misread letters, capitals."""

from random import Random

from modeling.core.perturbations.words import edited, rewritten, words_of

# Shorter words are left alone: one letter more or less makes them another word.
LEAST = 4
# Share of words that are changed, one or more.
SHARE = 0.1

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS = {
    letter: "".join(row[max(0, at - 1) : at] + row[at + 1 : at + 2]) for row in ROWS for at, letter in enumerate(row)
}
MISREAD = (("l", "1"), ("O", "0"), ("o", "0"), ("rn", "m"), ("m", "rn"))


def typos(text: str, draw: Random) -> str:
    """A letter left out, doubled, or the neighbour on the keyboard in its place."""
    return edited(text, draw, SHARE, _typo)


def _typo(word: str, draw: Random) -> str:
    if len(word) < LEAST:
        return word
    at = draw.randrange(1, len(word))
    letter = word[at]
    near = NEIGHBOURS.get(letter.lower(), "")
    ways = ["", letter * 2] if letter.isalpha() else []
    if near:
        other = draw.choice(near)
        ways.append(other.upper() if letter.isupper() else other)
    return word[:at] + draw.choice(ways) + word[at + 1 :] if ways else word


def ocr(text: str, draw: Random) -> str:
    """Letters as a scanner misreads them: l as 1, O as 0, rn as m and m as rn."""
    return edited(text, draw, SHARE, _misread)


def _misread(word: str, draw: Random) -> str:
    if len(word) < LEAST:
        return word
    places = [
        (at, seen, read) for seen, read in MISREAD for at in range(len(word)) if word.startswith(seen, at)
    ]  # fmt: skip
    if not places:
        return word
    at, seen, read = draw.choice(places)
    return word[:at] + read + word[at + len(seen) :]


def case(text: str, draw: Random) -> str:
    """All words in capitals, all with a capital, or all without."""
    words = [word for word in words_of(text) if word.free]
    styles = [str.upper, str.capitalize, str.lower]
    draw.shuffle(styles)
    made = [rewritten(text, [(word, style(word.text)) for word in words]) for style in styles]
    return next((new for new in made if new != text), text)
