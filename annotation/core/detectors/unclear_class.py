"""Classes nobody agrees on, and classes with too few examples."""

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

import numpy as np

from annotation.core.detectors.suspicion import Judgement, NotApplicable, Suspicion, only_findings
from annotation.core.intervals import Interval, wilson
from annotation.core.judging.evidence import Evidence
from annotation.core.wording import FindingKind, percent, quoted

NAMED = 6


@dataclass(frozen=True)
class UnclearClass:
    """A whole class is in doubt: annotators do not agree on it, no model finds it again, or it has too few examples.

    Where items have several annotators, by their agreement on the class beyond chance, which surely stays under
    `agreed`; else by how many of its labels the out-of-fold model finds again beyond chance, surely under
    `found_again`. A class with fewer than `few` different examples cannot be judged at all (5 folds with 2 each).
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels"})
    prior: ClassVar[float] = 0.1
    kinds: ClassVar[dict[str, FindingKind]] = {
        "unclear_class": FindingKind(
            "Classes that are hard to tell apart", "items",
            "agree on the class or are found again by the model",
            "Write in the guideline what the class is and is not, or merge it with another; experts can settle its "
            "items.",
        ),
        "too_few": FindingKind(
            "Classes with too few examples", "labels", "are in these classes",
            "Collect more examples, or merge the classes. There is no queue: nothing says that these labels are wrong.",
        ),
    }  # fmt: skip
    flag_above: float = 0.0
    agreed: float = 0.4
    found_again: float = 0.2
    few: int = 10
    min_items: int = 50

    def judge(self, evidence: Evidence) -> Judgement:
        """Findings alone: classes least agreed on first; then one on all classes that have too few examples."""
        n_labelled = int((evidence.labels >= 0).sum())
        if len(evidence.classes) < 2:
            raise NotApplicable("There is only one class.")
        if n_labelled < self.min_items:
            raise NotApplicable(f"It takes {self.min_items} labels; there are {n_labelled}.")
        examples = self._examples(evidence)
        by_votes = self._by_votes(evidence, examples)
        unclear = by_votes if by_votes is not None else self._by_model(evidence, examples)
        return only_findings(len(evidence.labels), [*unclear, *self._too_few(evidence, examples)])

    def _examples(self, evidence: Evidence) -> np.ndarray:
        """How many near-duplicate groups hold an item of each class, int (K,)."""
        labelled, n_classes = evidence.labels >= 0, len(evidence.classes)
        cells = np.unique(evidence.groups.of[labelled] * n_classes + evidence.labels[labelled])
        return np.bincount(cells % n_classes, minlength=n_classes)

    def _by_votes(self, evidence: Evidence, examples: np.ndarray) -> list[Suspicion] | None:
        """None where fewer than `min_items` items have two annotators."""
        votes = evidence.votes.drop_duplicates(["item", "annotator"], keep="last")
        item, label, n_classes = votes["item"].to_numpy(), votes["label"].to_numpy(), len(evidence.classes)
        answers = np.bincount(item, minlength=len(evidence.labels))
        shared = answers[item] > 1
        if (answers > 1).sum() < self.min_items:
            return None
        cell, count = np.unique(item[shared] * n_classes + label[shared], return_counts=True)
        at, code = cell // n_classes, cell % n_classes
        pairs = np.bincount(code, count * (answers[at] - 1), minlength=n_classes)
        agreeing = np.bincount(code, count * (count - 1), minlength=n_classes)
        items, given = np.bincount(code, minlength=n_classes), np.bincount(code, count, minlength=n_classes)
        chance = given / max(given.sum(), 1)
        found = []
        for k in np.flatnonzero(examples >= self.few):
            # the items are the independent units, not the pairs of answers
            share = wilson(agreeing[k] / max(pairs[k], 1) * items[k], int(items[k]))
            if items[k] >= self.few and _beyond(share.high, chance[k]) < self.agreed:
                apart = at[(code == k) & (count < answers[at])]
                rarity = np.bincount(apart, minlength=len(evidence.labels))[apart] / answers[apart]
                found.append(self._agreement(evidence, int(k), share, chance[k], apart[np.argsort(-rarity)]))
        return sorted(found, key=lambda one: one.value)

    def _agreement(self, evidence: Evidence, k: int, share: Interval, chance: float, apart: np.ndarray) -> Suspicion:
        name = evidence.classes[k]
        return self._suspicion(
            "unclear_class", f"agreement:{name}", f"Annotators do not agree on {quoted(name, 80)}",
            f"Where one annotator says {quoted(name)}, another who labels the same item says so too in "
            f"{percent(share.value)} of the cases ({share.n} items); chance alone would give {percent(chance)}.",
            name, _open(evidence, apart), share,
        )  # fmt: skip

    def _by_model(self, evidence: Evidence, examples: np.ndarray) -> list[Suspicion]:
        labels, n_classes = evidence.labels, len(evidence.classes)
        if evidence.probabilities is None:
            return []
        labelled = labels >= 0
        says = evidence.probabilities.argmax(axis=1)
        size = np.bincount(labels[labelled], minlength=n_classes)
        found_again = np.bincount(labels[labelled & (says == labels)], minlength=n_classes)
        chance = np.bincount(says[labelled], minlength=n_classes) / labelled.sum()
        found = []
        for k in np.flatnonzero((examples >= self.few) & (size > 0)):
            share, name = wilson(int(found_again[k]), int(size[k])), evidence.classes[k]
            if _beyond(share.high, chance[k]) >= self.found_again:
                continue
            items = np.flatnonzero(labels == k)
            reason = (
                f"Of the {share.n} items labelled {quoted(name)} the model out of fold finds {found_again[k]} again "
                f"({percent(share.value)}); it says {quoted(name)} for {percent(chance[k])} of all items. The class "
                f"may overlap with others, or its labels may be at random."
            )
            title = f"{quoted(name, 80)} can hardly be told apart from the other classes"
            order = items[np.argsort(evidence.probabilities[items, k], kind="stable")]
            found.append(
                self._suspicion("unclear_class", f"told:{name}", title, reason, name, _open(evidence, order), share)
            )
        return sorted(found, key=lambda one: one.value)

    def _too_few(self, evidence: Evidence, examples: np.ndarray) -> list[Suspicion]:
        few = np.flatnonzero(examples < self.few)
        if len(few) == 0:
            return []
        few = few[np.argsort(examples[few], kind="stable")]
        names = [evidence.classes[k] for k in few]
        listed = ", ".join(f"{quoted(name, 40)} ({examples[k]})" for name, k in zip(names[:NAMED], few, strict=False))
        more = f" and {len(few) - NAMED} more" if len(few) > NAMED else ""
        many = "1 class has" if len(few) == 1 else f"{len(few)} classes have"
        items = np.flatnonzero(np.isin(evidence.labels, few))
        share = wilson(len(items), int((evidence.labels >= 0).sum()))
        reason = (
            f"{many} fewer than {self.few} different examples: {listed}{more}. No figure about so few means much, and "
            f"no model learns them; collect more, or merge them with another class."
        )
        digest = sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]
        # Nothing is wrong with these labels, so there is nothing to queue.
        return [self._suspicion("too_few", digest, f"{many} too few examples", reason, names[0], items[:0], share)]

    def _suspicion(
        self, kind: str, name: str, title: str, reason: str, label: str, items: np.ndarray, share: Interval
    ) -> Suspicion:
        return Suspicion(
            kind, f"{kind}:{name}", title, reason, {"label": label}, items, share.n, share.value, share.low,
            share.high,
        )  # fmt: skip


def _beyond(share: float, chance: float) -> float:
    """How far a share lies above chance, 1 = perfect, 0 = chance (Fleiss 1971, per category)."""
    return (share - chance) / (1 - chance) if chance < 1 else 0.0


def _open(evidence: Evidence, items: np.ndarray) -> np.ndarray:
    """Those of the items whose label no expert has decided on."""
    return items if evidence.decided is None else items[~evidence.decided[items]]
