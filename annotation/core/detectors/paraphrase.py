"""Pairs of items that may mean the same and carry different labels."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.detectors.suspicion import QUOTED, Judgement, Suspicion
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence, needed
from annotation.core.likeness.differences import negation_differs, word_differences
from annotation.core.likeness.grouping import joined_text
from annotation.core.wording import FindingKind, counted, percent, quoted, short

CAVEAT = "The comparison sees neither word order nor negation, so it proves nothing: read both."
_EXAMPLES = 3
_ROWS = 1 << 12


@dataclass(frozen=True)
class Proposals:
    """`pairs` int (p, 2), positions, nearest first, and their `cosine` (p,); `found` pairs there were before the
    nearest were chosen; of `near` items with something near them, `torn` had something near with another label."""

    pairs: np.ndarray
    cosine: np.ndarray
    found: int
    near: int
    torn: int


@dataclass(frozen=True)
class Paraphrase:
    """Another item that may say the same in other words carries another label.

    It only proposes. Static embeddings put "can log in" beside "can't log in", so a pair is a question to an expert and
    never evidence of an error: it scores low and suggests nothing. What is said in wholly other words stays far apart
    in them, whatever the threshold: see docs/methods.md. On questions of one line whose labels are trusted,
    96 % of the pairs as near as `threshold` carry the same label.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "groups", "texts", "embeddings", "neighbours"})
    prior: ClassVar[float] = 0.05
    kinds: ClassVar[dict[str, FindingKind]] = {
        "paraphrase": FindingKind(
            "Possible paraphrases with different labels", "items with another near them",
            "have one with another label",
            "Let experts decide on the pairs; legitimately different closes a pair for good. Pairs in wholly other "
            "words are out of its reach: of 20 planted among thousands of questions it found none.",
        )
    }  # fmt: skip
    flag_above: float = 0.0
    threshold: float = 0.92
    agreed: float = 0.8
    most: int = 200

    def judge(self, evidence: Evidence) -> Judgement:
        """The score is how much of the way from the threshold to identity the nearest differently labelled item has
        come."""
        proposals, texts = self.proposals(evidence), joined_text(evidence.table, evidence.fields)
        score = np.zeros(len(evidence.labels))
        nearness = (proposals.cosine - self.threshold) / (1 - self.threshold)
        score[proposals.pairs.ravel()] = np.repeat(np.clip(nearness, 0.01, 1.0), 2)
        other: dict[int, int] = {}
        for a, b in proposals.pairs.tolist():
            other |= {a: b, b: a}

        def reason(item: int) -> str:
            return sentence(texts[item], texts[other[item]], evidence.classes[evidence.labels[other[item]]])

        findings = [_finding(evidence, proposals, texts)] if len(proposals.pairs) else []
        return Judgement(score, np.full(len(score), -1), self.flag_above, reason, findings)

    def proposals(self, evidence: Evidence) -> Proposals:
        """The pairs of items that are near and carry different labels, nearest first."""
        groups, near = evidence.groups.of, self._near(evidence)
        left = np.flatnonzero(near.partner >= 0)
        pairs = np.sort(np.stack([left, near.partner[left]], axis=1), axis=1)
        between = np.sort(groups[pairs], axis=1)
        closed = closed_groups(evidence)
        open_ = np.array([tuple(pair) not in closed for pair in between.tolist()], dtype=bool)
        left, pairs, between = left[open_], pairs[open_], between[open_]
        order = np.lexsort((pairs[:, 1], pairs[:, 0], -near.cosine[left]))
        chosen = order[_first_of_each(between[order])]
        listed = [chosen[k] for k in _each_once(pairs[chosen])][: self.most]
        return Proposals(pairs[listed], near.cosine[left[listed]], len(chosen), int(near.any.sum()), len(left))

    def _near(self, evidence: Evidence) -> "Near":
        """Each item's neighbours that are near by embedding alone, and the nearest of another label."""
        labels, (position, _) = evidence.as_annotated, needed(evidence.neighbours)
        cosine = _cosines(needed(evidence.embeddings), position)
        theirs = np.where(position >= 0, labels[position], -1)
        near = (cosine >= self.threshold) & (theirs >= 0) & (labels[:, None] >= 0)
        differing = np.where(near & (theirs != labels[:, None]), cosine, 0)
        best, rows = differing.argmax(axis=1), np.arange(len(labels))
        same_as_best = (near & (theirs == theirs[rows, best][:, None])).sum(axis=1)
        # where every neighbour is near, such as in texts of one template, only what nearly all of them say is telling
        clear = ~near.all(axis=1) | (same_as_best >= self.agreed * near.shape[1])
        found = (differing[rows, best] > 0) & clear
        return Near(np.where(found, position[rows, best], -1), differing[rows, best], np.asarray(near.any(axis=1)))


def _finding(evidence: Evidence, proposals: Proposals, texts: list[str]) -> Suspicion:
    pairs = [(a, b) for a, b in proposals.pairs.tolist()]
    negated = sum(negation_differs(texts[a], texts[b]) for a, b in pairs)
    share = wilson(proposals.torn, proposals.near)
    shown = "; ".join(compared(evidence, texts, a, b) for a, b in pairs[:_EXAMPLES])
    return Suspicion(
        kind="paraphrase",
        key="paraphrase",
        title=f"{counted(proposals.found, 'possible paraphrase')} with different labels",
        reason=(
            f"{counted(proposals.found, 'pair')} of items may say the same in other words but with different "
            f"labels. {CAVEAT} Listed, nearest first and no item twice: {counted(len(pairs), 'pair')}, of "
            f"which {negated} with a negation in only one of the two. Of {proposals.near} items with another "
            f"near them, {percent(share.value)} have one with another label. Nearest: {shown}."
        ),
        rule={"pairs": proposals.found, "listed": len(pairs)},
        items=proposals.pairs.ravel(),
        n=proposals.near, value=share.value, low=share.low, high=share.high,
        together=tuple(pairs),
    )  # fmt: skip


@dataclass(frozen=True)
class Near:
    """`partner` int (n,), the nearest item of another label, −1 = none; `cosine` (n,) to it; `any` bool (n,), there is
    an item near, whatever its label."""

    partner: np.ndarray
    cosine: np.ndarray
    any: np.ndarray


def _cosines(vectors: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Cosines float32 (n, k) of each row's vector to those at its positions, −1 where there is none."""
    cosine = np.full(position.shape, -1, dtype=np.float32)
    for start in range(0, len(position), _ROWS):
        block = slice(start, start + _ROWS)
        own, others = (vectors[at].astype(np.float32, copy=False) for at in (block, position[block]))
        cosine[block] = np.einsum("nd,nkd->nk", own, others)
    return np.where(position >= 0, cosine, -1)


def closed_groups(evidence: Evidence) -> set[tuple[int, int]]:
    """Pairs of groups, the lesser first, of which an expert called members legitimately different."""
    if evidence.closed is None:
        return set()
    return {(int(a), int(b)) for a, b in np.sort(evidence.groups.of[evidence.closed], axis=1)}


def _first_of_each(pairs: np.ndarray) -> np.ndarray:
    """Where each pair stands first, in order."""
    return np.sort(np.unique(pairs, axis=0, return_index=True)[1]) if len(pairs) else np.empty(0, dtype=np.int64)


def _each_once(pairs: np.ndarray) -> list[int]:
    """The pairs, first come first served, that share no item with one before."""
    taken: set[int] = set()
    kept = []
    for position, (a, b) in enumerate(pairs.tolist()):
        if not {a, b} & taken:
            taken |= {a, b}
            kept.append(position)
    return kept


def sentence(own: str, other: str, label: str) -> str:
    """What an expert reads of a pair: the other text, its label, and what differs, negations first."""
    parts = [f"An item that may say the same carries {quoted(label)}: “{short(other, QUOTED)}”."]
    if negation_differs(own, other):
        parts.append("A negation stands in only one of the two.")
    pieces = word_differences(own.lower(), other.lower())
    here, there = (_words([p.text for p in pieces if p.kind == kind]) for kind in ("removed", "inserted"))
    if here or there:
        parts.append(f"Only here: {here or 'nothing'}; only there: {there or 'nothing'}.")
    return " ".join([*parts, "Nearness proves nothing: read both."])


def compared(evidence: Evidence, texts: list[str], a: int, b: int) -> str:
    """Two texts with their labels, what differs in the second standing in [brackets]."""
    pieces = [piece for piece in word_differences(texts[a], texts[b]) if piece.kind != "removed"]
    marked = "".join(_in_brackets(piece.text) if piece.kind == "inserted" else piece.text for piece in pieces)
    first, second = (quoted(evidence.classes[evidence.labels[item]]) for item in (a, b))
    return f"“{short(texts[a], QUOTED)}” ({first}) and “{short(marked, QUOTED)}” ({second})"


def _in_brackets(text: str) -> str:
    return f"[{text.rstrip()}]{text[len(text.rstrip()) :]}"


def _words(passages: list[str]) -> str:
    return ", ".join(f"“{short(passage, QUOTED)}”" for passage in passages if passage.strip())
