"""Labels that follow how often a word occurs."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotation.core.detectors.suspicion import Judgement, Suspicion
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.grouping import joined_text
from annotation.core.rules.count_rules import WordCount as Rule
from annotation.core.rules.count_rules import best_rules, count_words, mentions, said_by_the_rest, without_word
from annotation.core.wording import FindingKind, quoted

# Chosen on made filings of other seeds than the demo's.
CONTRAST = 3.0


@dataclass(frozen=True)
class CountRule:
    """The label may have been given by counting a word instead of reading the text.

    A model trained on a shortcut learns it and cannot accuse it. So the rule itself is looked for: one that predicts a
    class about as well as the full out-of-fold model, and clearly better by counting than by the word's presence. What
    orders the labels it explains is what the rest of the text says: a model of the texts without the sentences that
    mention the word. Chosen on made-up texts, never on the demo's.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "texts", "groups"})
    prior: ClassVar[float] = 0.4
    kinds: ClassVar[dict[str, FindingKind]] = {
        "count_rule": FindingKind(
            "Labels given by counting a word", "items", "carry its label",
            "Let experts decide on a few dozen of its queue; if they reverse many, quarantine it until all are "
            "decided.",
        )
    }  # fmt: skip
    flag_above: float = 0.0
    min_items: int = 20
    highest: int = 15
    strong: float = 0.9
    least: float = 0.65
    rival: float = 0.02
    gain: float = 0.08

    def judge(self, evidence: Evidence) -> Judgement:
        """Labels the rule gave: 1 − the probability the rest of the text gives them. Labels on the other side of the
        threshold count only where the rest of the text speaks against them."""
        readings = [read(evidence, rule) for rule in self.rules(evidence)]
        score, suggested = np.zeros(len(evidence.labels)), np.full(len(evidence.labels), -1)
        for reading in readings:
            score = np.maximum(score, np.where(reading.covered, np.maximum(reading.doubt, 1e-6), 0.0))
            other = reading.covered & (reading.doubt > 0.5) & (reading.rest != evidence.labels)
            suggested = np.where(other, reading.rest, suggested)

        def reason(item: int) -> str:
            return next(one.sentence(evidence, item) for one in readings if one.covered[item])

        findings = [reading.finding(evidence) for reading in readings]
        return Judgement(score, suggested, self.flag_above, reason, findings, _effect(evidence, readings))

    def rules(self, evidence: Evidence) -> list[Rule]:
        """The rules that raise the alarm; of two for one word the better one."""
        labels = evidence.as_annotated
        counts, words = count_words(joined_text(evidence.table, evidence.fields), self.min_items)
        found = best_rules(counts, words, labels, len(evidence.classes), self.highest)
        found = [rule for rule in found if self._alarms(evidence, rule)]
        best: dict[str, Rule] = {}
        for rule in sorted(found, key=lambda rule: -rule.balanced):
            best.setdefault(rule.word, rule)
        return list(best.values())

    def _alarms(self, evidence: Evidence, rule: Rule) -> bool:
        if rule.balanced < self.least or rule.balanced - rule.present < self.gain:
            return False
        if rule.balanced >= self.strong or evidence.probabilities is None:
            return rule.balanced >= self.strong
        labels = evidence.as_annotated
        labelled = labels >= 0
        says, carries = evidence.probabilities.argmax(axis=1)[labelled] == rule.label, labels[labelled] == rule.label
        model = (says[carries].mean() + (~says[~carries]).mean()) / 2
        return bool(rule.balanced >= model - self.rival)


@dataclass(frozen=True)
class CountRuleReading:
    """A dataset as one rule sees it; arrays (n,).

    count: mentions. given: the label is the rule's and the word is there often enough. other_side: it is not, and the
    label is another one. covered: given, and labels on the other side against which the rest of the text speaks. rest:
    the class the rest of the text gives. doubt: 1 − the probability it gives the label. carry of above: purity of the
    rule.
    """

    rule: Rule
    count: np.ndarray
    given: np.ndarray
    other_side: np.ndarray
    covered: np.ndarray
    rest: np.ndarray
    doubt: np.ndarray
    carry: int
    above: int

    @property
    def followed(self) -> np.ndarray:
        """Bool (n,): every label that is as the rule would have it, on either side of the threshold; what is known of
        one side is known of the other."""
        return self.given | self.other_side

    def contrasted(self, groups: np.ndarray) -> np.ndarray:
        """Bool (n,): labels as the rule would have them, with a near-copy on the other side of the threshold. groups:
        int (n,)."""
        both = (np.bincount(groups, self.given) > 0) & (np.bincount(groups, self.other_side) > 0)
        return self.followed & both[groups]

    def sentence(self, evidence: Evidence, item: int) -> str:
        word, label = quoted(self.rule.word), quoted(evidence.classes[self.rule.label])
        own, count = quoted(evidence.classes[evidence.labels[item]]), int(self.count[item])
        share, k = 100 * self.carry / self.above, self.rule.threshold
        pure = f"{share:.0f} % of the items that mention it more than {k} times"
        rest = f"{'without those sentences ' if count else ''}the text gives {own} {100 * (1 - self.doubt[item]):.0f} %"
        times = "once" if count == 1 else f"{count} times"
        if self.given[item]:
            return f"It mentions {word} {times}, and {pure} carry {label}; {rest}."
        mentions_it = f"mentions {word} only {times}" if count else f"does not mention {word}"
        return f"It {mentions_it} and carries {own}, while {pure} carry {label}; {rest}."

    def finding(self, evidence: Evidence) -> Suspicion:
        word, threshold, label = self.rule.word, self.rule.threshold, evidence.classes[self.rule.label]
        share = wilson(self.carry, self.above)
        covered = np.flatnonzero(self.followed)
        return Suspicion(
            kind="count_rule",
            key=f"count_rule:{word}>{threshold}→{label}",
            title=f"{quoted(word)} more than {threshold} times → {quoted(label)}",
            reason=(
                f"{self.carry:,} of the {self.above:,} items that mention {quoted(word)} more than {threshold} times "
                f"carry {quoted(label)}; counting this one word predicts {quoted(label)} as well as reading the whole "
                f"text."
            ),
            rule={"word": word, "threshold": threshold, "label": label},
            items=covered[np.argsort(-self.doubt[covered], kind="stable")],
            n=self.above, value=share.value, low=share.low, high=share.high,
        )  # fmt: skip


def read(evidence: Evidence, rule: Rule) -> CountRuleReading:
    """What `rule` says of each label, and what the texts say without the sentences it counts in."""
    texts, labels = joined_text(evidence.table, evidence.fields), evidence.as_annotated
    count = mentions(texts, rule.word)
    above = (count > rule.threshold) & (labels >= 0)
    given = above & (labels == rule.label)
    rest = said_by_the_rest(
        without_word(texts, rule.word), evidence.labels, evidence.groups.of, len(evidence.classes), evidence.decided
    )
    doubt = 1 - rest[np.arange(len(labels)), np.maximum(labels, 0)]
    other_side = (count <= rule.threshold) & (labels >= 0) & (labels != rule.label)
    covered = given | (other_side & (doubt > 0.5))
    return CountRuleReading(
        rule, count, given, other_side, covered, rest.argmax(axis=1), doubt, int(given.sum()), int(above.sum())
    )


def _effect(evidence: Evidence, readings: list[CountRuleReading]) -> np.ndarray | None:
    """How much more an error the rule made teaches the rule to a model than the average one, float (n,).

    The root of how far the count is from the threshold, over the mean, from a third to 1.7: a linear model's pull
    on the word's weight goes with the distance, but an error far away is no likelier. Near-copies on either side
    of the threshold count CONTRAST times: they differ in nothing but the word, so that one label for both shows
    the model that it does not matter (Kaushik, Hovy & Lipton 2020).
    """
    effect = np.ones(len(evidence.labels))
    for reading in readings:
        far = np.abs(reading.count - reading.rule.threshold - 0.5)
        usual = far[reading.covered].mean() if reading.covered.any() else 1.0
        pull = np.clip(np.sqrt(far / usual), 1 / 3, 1.7)
        pull[reading.contrasted(evidence.groups.of)] = CONTRAST
        effect = np.where(reading.followed, pull, effect)
    return effect if readings else None
