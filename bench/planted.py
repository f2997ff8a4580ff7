"""Texts with planted label errors: clean labels of real questions, and five ways in which annotators get them wrong."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.shared import shared

KINDS = ("uniform 5 %", "uniform 10 %", "wrong-label copies", "mixed", "systematic")


@dataclass(frozen=True)
class Planted:
    """n texts, the labels given and the true ones, int (n,); pairs: the (true, given) classes confused on purpose."""

    texts: list[str]
    given: np.ndarray
    true: np.ndarray
    classes: tuple[str, ...]
    pairs: frozenset[tuple[int, int]] = frozenset()

    @property
    def wrong(self) -> np.ndarray:
        return self.given != self.true


def clean(name: str) -> Planted:
    """`banking77` or `clinc150` without its out-of-scope queries, as they are."""
    rows = pd.read_csv(shared(f"{name}/{name}.csv"), dtype=str, keep_default_na=False)
    rows = rows[~rows["split"].str.startswith("oos")].reset_index(drop=True)
    labels, classes = pd.factorize(rows["label"], sort=True)
    return Planted(rows["text"].tolist(), labels.copy(), labels.copy(), tuple(classes))


def plant(data: Planted, kind: str, seed: int) -> Planted:
    return PLANTERS[kind](data, np.random.default_rng(seed))


def uniform(share: float) -> Callable[[Planted, np.random.Generator], Planted]:
    def planter(data: Planted, rng: np.random.Generator) -> Planted:
        return _relabelled(data, _flipped(data.given, data, share, rng))

    return planter


def _flipped(given: np.ndarray, data: Planted, share: float, rng: np.random.Generator) -> np.ndarray:
    """`given` with a share of its labels moved to any other class."""
    out, n_classes = given.copy(), len(data.classes)
    hit = rng.random(len(out)) < share
    out[hit] = (out[hit] + rng.integers(1, n_classes, hit.sum())) % n_classes
    return out


def _with_copies(data: Planted, rng: np.random.Generator, share: float = 0.05) -> Planted:
    """Near-copies of a share of the items come in under one wrong label."""
    chosen = rng.choice(len(data.texts), int(share * len(data.texts)), replace=False)
    copies = [_edited(data.texts[i], rng) for i in chosen]
    wrong = (data.true[chosen] + rng.integers(1, len(data.classes), len(chosen))) % len(data.classes)
    texts, true = data.texts + copies, np.concatenate([data.true, data.true[chosen]])
    order = rng.permutation(len(texts))
    given = np.concatenate([data.given, wrong])
    return Planted([texts[i] for i in order], given[order], true[order], data.classes, data.pairs)


def _edited(text: str, rng: np.random.Generator) -> str:
    """A letter lost, the case changed, or politeness added."""
    kind = rng.integers(3)
    if kind == 0 and len(text) > 3:
        at = int(rng.integers(1, len(text) - 1))
        return text[:at] + text[at + 1 :]
    return text.upper() if kind == 1 else text + " please"


def systematic(n_classes: int, share: float) -> Callable[[Planted, np.random.Generator], Planted]:
    def planter(data: Planted, rng: np.random.Generator) -> Planted:
        order = rng.permutation(len(data.classes))
        given, pairs = data.given.copy(), set(data.pairs)
        for position in range(n_classes):
            true, said = int(order[position]), int(order[-1 - position])
            hit = (data.true == true) & (rng.random(len(given)) < share)
            given[hit] = said
            pairs.add((true, said))
        return Planted(data.texts, given, data.true, data.classes, frozenset(pairs))

    return planter


def _mixed(data: Planted, rng: np.random.Generator) -> Planted:
    """2 % anywhere, 6 classes confused in a fifth of their items, 2 % wrong-label copies."""
    data = systematic(6, 0.2)(data, rng)
    data = _relabelled(data, _flipped(data.given, data, 0.02, rng))
    return _with_copies(data, rng, 0.02)


def _relabelled(data: Planted, given: np.ndarray) -> Planted:
    return Planted(data.texts, given, data.true, data.classes, data.pairs)


PLANTERS: dict[str, Callable[[Planted, np.random.Generator], Planted]] = {
    "uniform 5 %": uniform(0.05),
    "uniform 10 %": uniform(0.10),
    "wrong-label copies": _with_copies,
    "mixed": _mixed,
    "systematic": systematic(12, 0.4),
}


def spoken(data: Planted, n: int, seed: int) -> Planted:
    """n made texts: each class speaks by an order-1 Markov chain over the words of its own texts."""
    rng = np.random.default_rng(seed)
    follows: list[dict[str, list[str]]] = [{} for _ in data.classes]
    for text, label in zip(data.texts, data.true, strict=True):
        words = ["^", *text.lower().split(), "$"]
        for word, then in zip(words, words[1:], strict=False):
            follows[label].setdefault(word, []).append(then)
    labels = rng.integers(0, len(data.classes), n)
    texts = [_sentence(follows[label], rng) for label in labels]
    return Planted(texts, labels.copy(), labels.copy(), data.classes)


def _sentence(follows: dict[str, list[str]], rng: np.random.Generator, longest: int = 30) -> str:
    word, said = "^", []
    while len(said) < longest:
        choices = follows[word]
        word = choices[int(rng.integers(len(choices)))]
        if word == "$":
            break
        said.append(word)
    return " ".join(said)
