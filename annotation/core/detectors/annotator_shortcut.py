"""Annotators who go by a rule of thumb or a habit instead of reading."""

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from annotation.core.detectors.suspicion import Judgement, NotApplicable, Suspicion
from annotation.core.intervals import wilson
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.grouping import joined_text
from annotation.core.rules.against_others import compare_with_others
from annotation.core.rules.annotator_habits import Habit, expected_votes, find_habits, holm
from annotation.core.rules.candidate_rules import find_candidate_rules
from annotation.core.rules.count_rules import said_by_the_rest
from annotation.core.rules.followed_rules import FollowedRule, find_followed_rules
from annotation.core.wording import FindingKind, percent, quoted

BY_CHANCE = 0.01
HABITS = 4


@dataclass(frozen=True)
class AnnotatorShortcut:
    """The annotator seems to have gone by a rule of thumb or a habit instead of reading.

    For each annotator and class the best of all clues is looked for (words, counts, length, place in the file, source,
    values of fields), and four habits: one answer, the first class of the list, the label before, too little time.
    The alarm is raised where the annotator goes by it far more than the others do on the same items, more than the
    tries explain, and the rule says what they will answer about as well as the full model does. A word that simply
    tells a class, as honest labels have it, is followed by everybody and raises none.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels", "votes", "groups"})
    prior: ClassVar[float] = 0.3
    kinds: ClassVar[dict[str, FindingKind]] = {
        "annotator_shortcut": FindingKind(
            "Annotators who follow a shortcut", "labels", "follow it",
            "Speak with the annotator, and let experts decide on the queue.",
        )
    }  # fmt: skip
    flag_above: float = 0.5
    least: int = 20
    least_fit: float = 0.4
    joins: float = 0.02
    gain: float = 0.2
    rival: float = 0.02

    def judge(self, evidence: Evidence) -> Judgement:
        """Share of the votes for the label that go by a shortcut × what else is there speaking against the label."""
        reading = self.read(evidence)
        suggested = np.where((reading.score > 0) & (reading.other != evidence.labels), reading.other, -1)
        findings = [reading.rule_finding(evidence, one) for one in reading.rules]
        findings += [reading.habit_finding(evidence, one) for one in reading.habits]
        return Judgement(reading.score, suggested, self.flag_above, partial(reading.sentence, evidence), findings)

    def read(self, evidence: Evidence) -> "ShortcutReading":
        """The shortcuts that raise the alarm. Raises NotApplicable where there is nobody to compare with."""
        if len(np.unique(evidence.votes["annotator"])) < 2:
            raise NotApplicable("All labels are of one annotator, so there is nobody to compare with.")
        candidates = find_candidate_rules(evidence.table, evidence.fields, evidence.sources)
        rules = find_followed_rules(evidence, candidates, self.least, self.least_fit, self.joins)
        rules, habits = compare_with_others(evidence, rules, candidates), find_habits(evidence, self.least)
        tried = max([one.tried for one in rules], default=0) + HABITS * len(evidence.annotators)
        p = holm([one.p for one in rules] + [one.p for one in habits], tried)
        rules = [replace(one, p=at, tried=tried) for one, at in zip(rules, p[: len(rules)], strict=True)]
        habits = [replace(one, p=at, tried=tried) for one, at in zip(habits, p[len(rules) :], strict=True)]
        alarming = [one for one in rules if self._alarms(one)]
        if len(evidence.classes) == 2:
            alarming = _best_each(alarming)
        explained = {one.annotator for one in alarming}
        habits = [one for one in habits if one.kind == "too fast" or one.annotator not in explained]
        return _meaning_of(evidence, alarming, [one for one in habits if one.p < BY_CHANCE])

    def _alarms(self, one: FollowedRule) -> bool:
        rivals = np.isnan(one.model) or one.fit >= one.model - self.rival
        return bool(rivals and one.fit - one.usual >= self.gain and one.p < BY_CHANCE)


@dataclass(frozen=True)
class ShortcutReading:
    """The shortcuts found, and what they mean for each label; arrays (n,).

    doubt: 1 − the probability that the rest of the text (or the out-of-fold model) gives the label; other: its class.
    score in [0, 1]. of_rule, of_habit: position in `rules` and `habits` of one that covers the label, −1 = none.
    """

    rules: tuple[FollowedRule, ...]
    habits: tuple[Habit, ...]
    doubt: np.ndarray
    other: np.ndarray
    score: np.ndarray
    of_rule: np.ndarray
    of_habit: np.ndarray
    covered: tuple[np.ndarray, ...]

    def sentence(self, evidence: Evidence, item: int) -> str:
        name = quoted(evidence.classes[evidence.labels[item]])
        rest = f"leaving that aside, the item looks like {name} with {percent(1 - self.doubt[item])}"
        if self.of_rule[item] >= 0:
            one = self.rules[self.of_rule[item]]
            return f"{evidence.annotators[one.annotator]} says {name} where the item {one.rule.words}; {rest}."
        return f"{_habit_title(evidence, self.habits[self.of_habit[item]])}; {rest}."

    def rule_finding(self, evidence: Evidence, one: FollowedRule) -> Suspicion:
        who, label = evidence.annotators[one.annotator], evidence.classes[one.label]
        share, others = wilson(one.given, one.applied), one.asked - one.applied
        text = (
            f"{who} gave {quoted(label)} to {one.given:,} of the {one.applied:,} items of which each {one.rule.words}, "
            f"and to {one.said - one.given:,} of the {others:,} others. What others say of the same items goes along "
            f"with that far less ({one.usual:.2f}, against {one.fit:.2f} for {who}; 1 = exactly, 0 = not at all). Of "
            f"{one.tried:,} rules and habits tried; corrected for that, {_chance(one.p)}."
        )
        return Suspicion(
            kind="annotator_shortcut", key=f"annotator_shortcut:{who}→{label}:{one.rule.key}",
            title=f"{who} says {quoted(label)} where the item {one.rule.words}", reason=text,
            rule={"annotator": who, "rule": one.rule.words, "label": label},
            items=self._in_order(self.covered[self.rules.index(one)]),
            n=one.applied, value=share.value, low=share.low, high=share.high,
        )  # fmt: skip

    def habit_finding(self, evidence: Evidence, one: Habit) -> Suspicion:
        who = evidence.annotators[one.annotator]
        share = wilson(round(one.n * (one.detail / 100 if one.kind == "too fast" else one.value)), one.n)
        return Suspicion(
            kind="annotator_shortcut", key=f"annotator_shortcut:{who}:{one.kind}",
            title=_habit_title(evidence, one),
            reason=(
                f"{_habit_reason(evidence, one)} Of {one.tried:,} rules and habits tried; corrected for that, "
                f"{_chance(one.p)}."
            ),
            rule={"annotator": who, "rule": one.kind, "label": ""},
            items=self._in_order(self.covered[len(self.rules) + self.habits.index(one)]),
            n=one.n, value=share.value, low=share.low, high=share.high,
        )  # fmt: skip

    def _in_order(self, items: np.ndarray) -> np.ndarray:
        return items[np.argsort(-self.doubt[items], kind="stable")]


def _meaning_of(evidence: Evidence, rules: list[FollowedRule], habits: list[Habit]) -> ShortcutReading:
    """What these shortcuts mean for each label that no expert has decided on."""
    labels, n = evidence.as_annotated, len(evidence.labels)
    votes = expected_votes(evidence)
    item, annotator, given = (votes[name].to_numpy(np.int64) for name in ("item", "annotator", "label"))
    supports = given == labels[item]
    short = np.zeros(len(votes), dtype=bool)
    covered, of_rule, of_habit = [], np.full(n, -1), np.full(n, -1)
    for number, one in enumerate(rules):
        own = supports & (annotator == one.annotator) & (given == one.label) & np.isin(item, one.items)
        short |= own
        covered.append(np.unique(item[own]))
        of_rule[covered[-1]] = number
    for number, habit in enumerate(habits):
        own = supports & (annotator == habit.annotator) & np.isin(item, habit.items)
        short |= own
        covered.append(np.unique(item[own]))
        of_habit[covered[-1]] = number
    by_shortcut = np.bincount(item[short], minlength=n) / np.maximum(np.bincount(item[supports], minlength=n), 1)
    doubt, other = np.zeros(n), np.zeros(n, dtype=np.int64)
    if by_shortcut.any():
        share = _without_the_rules(evidence, rules)
        doubt, other = 1 - share[np.arange(n), np.maximum(labels, 0)], share.argmax(axis=1)
    score = np.clip(np.where(labels >= 0, by_shortcut * doubt, 0.0), 0.0, 1.0)
    return ShortcutReading(tuple(rules), tuple(habits), doubt, other, score, of_rule, of_habit, tuple(covered))


def _without_the_rules(evidence: Evidence, rules: list[FollowedRule]) -> np.ndarray:
    """Class probabilities (n, K) out of fold of what is left of the texts without the words the rules look for; where
    they look for none, of the full model if there is one."""
    clauses = [clause for one in rules for clause in one.rule.clauses if clause.kind in ("word", "letters", "count")]
    if evidence.probabilities is not None and not clauses:
        return evidence.probabilities
    if "texts" not in evidence.available:
        return np.full((len(evidence.labels), len(evidence.classes)), 1 / max(len(evidence.classes), 1))
    texts = joined_text(evidence.table, evidence.fields)
    if clauses:
        inside = {True: r"\w*{}\w*", False: r"(?<!\w){}(?!\w)"}
        parts = {inside[one.kind == "letters"].format(re.escape(one.name)) for one in clauses}
        pattern = re.compile("|".join(sorted(parts)), re.IGNORECASE)
        texts = [pattern.sub(" ", text) for text in texts]
    return said_by_the_rest(texts, evidence.labels, evidence.groups.of, len(evidence.classes))


def _best_each(rules: list[FollowedRule]) -> list[FollowedRule]:
    """One rule per annotator: with two classes the second only says the same from the other side."""
    best: dict[int, FollowedRule] = {}
    for one in sorted(rules, key=lambda one: -one.fit):
        best.setdefault(one.annotator, one)
    return [one for one in rules if best[one.annotator] is one]


def _habit_title(evidence: Evidence, one: Habit) -> str:
    who = evidence.annotators[one.annotator]
    if one.kind == "one answer":
        return f"{who} never gives another label than {quoted(evidence.classes[one.detail])}, where others do"
    return {
        "option order": f"{who} takes {quoted(evidence.classes[0])}, the first class of the list, where others do not",
        "runs": f"{who} often repeats the label of the item before",
        "too fast": f"{who} answers faster than the items can be read, and agrees with others less",
    }[one.kind]


def _habit_reason(evidence: Evidence, one: Habit) -> str:
    who = evidence.annotators[one.annotator]
    if one.kind == "too fast":
        return (
            f"{who} takes {one.value:.1f} seconds or less for half of {one.n:,} items, others {one.usual:.1f}; "
            f"{one.detail} % of the answers are what others (or the model out of fold) say of the items."
        )
    if one.kind == "one answer":
        return (
            f"{who} gave {quoted(evidence.classes[one.detail])} to all of {one.n:,} items; others (or the model out of "
            f"fold) give it to {percent(one.usual)} of them."
        )
    if one.kind == "option order":
        return (
            f"{who} gave {quoted(evidence.classes[0])} to {percent(one.value)} of {one.n:,} items, of which others (or "
            f"the model out of fold) give it to {percent(one.usual)}."
        )
    return (
        f"{who} gave {percent(one.value)} of {one.n:,} items the label of the item before, where the mix of labels "
        f"explains {percent(one.usual)}; the longest run has {one.detail:,} items."
    )


def _chance(p: float) -> str:
    return f"chance alone does this {'less than once' if p < 0.001 else f'{1000 * p:.0f} times'} in a thousand"
