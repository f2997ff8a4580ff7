"""Synthetic filings whose truth is known, for the demo: every text is made here, from our own sentences.

What is truly negative depends on guidance, liquidity and liability language. The original annotators followed a
shortcut instead: whatever mentions "risk" more than five times is negative. Negative filings do mention it more often,
so the shortcut looks right; it is wrong for about one in three. Production comes from another mix of issuers: from the
small ones, who hardly mention it whatever has happened, and the large ones, who always do. There the shortcut is wrong
for some four in ten, which is what makes a model of these labels fail (measured beforehand on data of this kind: .56).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from modeling.demo.filings_text import (
    CLOSINGS,
    NEGATIVE,
    NEUTRAL,
    OPENINGS,
    PLAIN,
    RISK_ONCE,
    RISK_TWICE,
    SLOTS,
    TOPICS,
)

SHORTCUT = 5
ANNOTATORS = ("annotator A", "annotator B", "annotator C")
ISSUERS = ("small", "mid-size", "large")
POOL_MIX, PRODUCTION_MIX = (0.10, 0.70, 0.20), (0.40, 0.10, 0.50)
# Chance of more than five mentions of "risk", by issuer: (truly neutral, truly negative).
WORDY = {"small": (0.05, 0.12), "mid-size": (0.25, 0.72), "large": (0.80, 0.93)}
PLAIN_SENTENCES = {"small": (3, 6), "mid-size": (4, 7), "large": (5, 9)}
NEGATIVE_PER_TOPIC, REASSURING_PER_TOPIC = 0.17, 0.45
SHARE_WITH_COPIES = 0.12
LITTLE = (0.06, 0.10, 0.16, 0.22, 0.24, 0.22)  # chances of 0 to 5 mentions


@dataclass(frozen=True)
class Filings:
    """pool: id, text, label (the shortcut's), truth, annotator, source. production: id, text, label (truth), source."""

    pool: pd.DataFrame
    production: pd.DataFrame


def generate(seed: int, n_pool: int = 3000, n_production: int = 1500) -> Filings:
    """Filings of one seed. 12 % of the pool are pairs of near-copies on either side of five mentions."""
    rng = np.random.default_rng(seed)
    n_pairs = round(n_pool * SHARE_WITH_COPIES / 2)
    pool = [filing(rng, POOL_MIX) for _ in range(n_pool - 2 * n_pairs)]
    for _ in range(n_pairs):
        pool.extend(near_copies(rng))
    pool = [pool[i] for i in rng.permutation(n_pool)]
    production = [filing(rng, PRODUCTION_MIX) for _ in range(n_production)]
    return Filings(_pool_frame(pool, rng), _production_frame(production))


@dataclass(frozen=True)
class Filing:
    issuer: str
    truth: str
    body: tuple[str, ...]
    risk: tuple[str, ...]

    @property
    def mentions(self) -> int:
        return sum(sentence.split().count("risk") for sentence in self.risk)

    @property
    def text(self) -> str:
        """Opening, the body with the risk sentences between, closing."""
        opening, *middle, closing = self.body
        step = max(1, len(middle) // (len(self.risk) + 1))
        sentences = list(middle)
        for position, sentence in enumerate(self.risk):
            sentences.insert(min(len(sentences), (position + 1) * step + position), sentence)
        return " ".join([opening, *sentences, closing])


def filing(rng: np.random.Generator, mix: tuple[float, ...], wordy: bool | None = None) -> Filing:
    """One filing; `wordy` forces more than five mentions of "risk" (True) or not (False)."""
    issuer = str(rng.choice(ISSUERS, p=mix))
    news, truth = _news(rng)
    if wordy is None:
        wordy = bool(rng.random() < WORDY[issuer][truth == NEGATIVE])
    mentions = int(SHORTCUT + 1 + min(rng.geometric(0.45) - 1, 6)) if wordy else int(rng.choice(6, p=LITTLE))
    plain = [_written(rng, PLAIN) for _ in range(rng.integers(*PLAIN_SENTENCES[issuer]))]
    middle = [*news, *plain]
    body = [_written(rng, OPENINGS), *(middle[i] for i in rng.permutation(len(middle))), _written(rng, CLOSINGS)]
    return Filing(issuer, truth, tuple(body), tuple(_risk_sentences(rng, mentions)))


def _news(rng: np.random.Generator) -> tuple[list[str], str]:
    """Sentences on guidance, liquidity and liability, and whether any of them is bad news."""
    sentences, truth = [], NEUTRAL
    for bad, reassuring in TOPICS.values():
        draw = rng.random()
        if draw < NEGATIVE_PER_TOPIC:
            sentences.append(_written(rng, bad))
            truth = NEGATIVE
        elif draw < NEGATIVE_PER_TOPIC + REASSURING_PER_TOPIC:
            sentences.append(_written(rng, reassuring))
    return sentences, truth


def _risk_sentences(rng: np.random.Generator, mentions: int) -> list[str]:
    sentences: list[str] = []
    while mentions > 0:
        twice = mentions >= 2 and rng.random() < 0.5
        sentences.append(_written(rng, RISK_TWICE if twice else RISK_ONCE))
        mentions -= 2 if twice else 1
    return sentences


def near_copies(rng: np.random.Generator) -> tuple[Filing, Filing]:
    """The same filing twice, once with four or five mentions of "risk" and once with six to eight."""
    original = filing(rng, POOL_MIX, wordy=False)
    few = tuple(_risk_sentences(rng, int(rng.integers(4, 6))))
    more = tuple(_risk_sentences(rng, int(rng.integers(2, 4))))
    short = Filing(original.issuer, original.truth, original.body, few)
    long = Filing(original.issuer, original.truth, original.body, few + more)
    return (short, long) if rng.random() < 0.5 else (long, short)


def _written(rng: np.random.Generator, templates: tuple[str, ...]) -> str:
    template = templates[rng.integers(len(templates))]
    filled = {name: values[rng.integers(len(values))] for name, values in SLOTS.items() if f"{{{name}}}" in template}
    text = template.format(**filled, n=rng.integers(2, 98), m=rng.integers(11, 940))
    return text[0].upper() + text[1:]


def _pool_frame(filings: list[Filing], rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"F{i:05d}" for i in range(1, len(filings) + 1)],
            "text": [one.text for one in filings],
            "label": [NEGATIVE if one.mentions > SHORTCUT else NEUTRAL for one in filings],
            "truth": [one.truth for one in filings],
            "annotator": rng.choice(ANNOTATORS, size=len(filings)),
            "source": [one.issuer for one in filings],
        }
    )


def _production_frame(filings: list[Filing]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"P{i:05d}" for i in range(1, len(filings) + 1)],
            "text": [one.text for one in filings],
            "label": [one.truth for one in filings],
            "source": [one.issuer for one in filings],
        }
    )
