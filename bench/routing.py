"""What routing by skill pays: answers saved on real crowds; and how soon a long queue is ranked.

The crowds' recorded answers are replayed: whoever is asked says what they said. One item in ten is gold, every tenth
question is one of those and counts like any other; the truth of no other item is looked at before the end. Items come
in blocks, and skill is measured anew after each from the answers so far. A case is settled by the rules of the product:
by k answers that agree, or early once the posterior is sure.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from threadpoolctl import threadpool_limits

from annotation.core.crowd.expert_skill import ExpertAnswers, ExpertSkill, Measured, measure
from annotation.core.crowd.votes import Votes
from annotation.core.order.overlap import next_step, posterior
from annotation.core.order.routing import Chances, OpenCases, rank
from bench.crowds import APART, SUITE, TRUTHS, Crowd, crowd
from bench.table import Row, row

MOST_ITEMS, BLOCKS, SEEDS, GOLD = 600, 10, 3, 0.1
FIXED, AGREEING, MOST = (1, 2, 3, 5, 7, 9, 11, 15), (2, 3, 4), 7
# (answers that have to agree, how sure the posterior has to be): as shipped, and what else is tried with one set left
# out at a time.
SHIPPED = (2, 0.95)
TRIED = (SHIPPED, (2, 0.9), (2, 0.98), (3, 0.9), (3, 0.95), (3, 0.98))
# Keyword rules answer where they fire and cannot be asked: no part of the choice, and of one of the means.
RULES = "youtube_spam_lfs"
OPEN, CLASSES, SOURCES, EXPERTS, CALLS, MOST_MS = 100_000, 77, 6, 5, 200, 20.0


@dataclass(frozen=True)
class Spent:
    """What a way of asking came to: share of the items right at the end, and questions an item, gold counted. early:
    share of the items that the posterior settled; early_right: share of those that are right."""

    right: float
    questions: float
    early: float = 0.0
    early_right: float = 0.0


def run() -> list[Row]:
    with threadpool_limits(1):
        return [*replayed(), *ranked_soon()]


def replayed() -> list[Row]:
    if not SUITE.is_dir():
        print(f"Crowds are skipped: no data in {SUITE}; SECONDLOOK_SHARED can point at it.", file=sys.stderr)
        return []
    sets = {name: Compared(name) for name in TRUTHS}
    rows = [one for compared in sets.values() for one in compared.rows]
    crowds = {name: one for name, one in sets.items() if name != RULES}
    chosen = {name: best_of([one for other, one in crowds.items() if other != name]) for name in crowds}
    found = {name: one.saved(chosen[name]) for name, one in crowds.items()}
    print("Saved with the constants chosen on the other sets: " + ", ".join(
        f"{name} {found[name]:+.0%} (k {chosen[name][0]}, sure {chosen[name][1]})" for name in found))  # fmt: skip
    with_rules = [*found.values(), sets[RULES].saved(best_of(list(crowds.values())))]
    apart = [found[name] for name in found if TRUTHS[name] == APART]
    return [
        *rows,
        row("expert.routing.left_out", f"{len(found)} crowds", len(found), "share of the questions, same accuracy",
            1 - float(np.mean(list(found.values()))), 1.0, "a fixed number of answers, random experts", "", 1.0, False),
        row("expert.routing.left_out_with_rules", f"{len(with_rules)} sets", len(with_rules),
            "share of the questions, same accuracy", 1 - float(np.mean(with_rules)), 1.0,
            "a fixed number of answers, random experts", "", 1.0, False),
        row("expert.routing.left_out_apart", f"{len(apart)} crowds with a truth of its own", len(apart),
            "share of the questions, same accuracy", 1 - float(np.mean(apart)), 1.0,
            "a fixed number of answers, random experts", "", 1.0, False),
    ]  # fmt: skip


def best_of(others: list["Compared"]) -> tuple[int, float]:
    return max(TRIED, key=lambda one: float(np.mean([other.saved(one) for other in others])))


# ---- one crowd


class Compared:
    """All ways of asking on one crowd, each the mean of SEEDS draws."""

    def __init__(self, name: str) -> None:
        self.name, self.crowd = name, crowd(name)
        self.replays = [Replay(self.crowd, seed) for seed in range(SEEDS)]
        self.routed: dict[tuple[int, float], Spent] = {}

    @cached_property
    def fixed(self) -> list[Spent]:
        most = int(self.replays[0].votes.per_item.max())
        return [mean([one.until(lambda labels, k=k: len(labels) >= k) for one in self.replays])
                for k in (*(k for k in FIXED if k < most), most)]  # fmt: skip

    @cached_property
    def agreeing(self) -> list[Spent]:
        return [mean([one.until(lambda labels, k=k: next_step(labels, k, MOST).kind != "ask") for one in self.replays])
                for k in AGREEING]  # fmt: skip

    def by_skill(self, constants: tuple[int, float]) -> Spent:
        if constants not in self.routed:
            self.routed[constants] = mean([Asking(one, *constants).run() for one in self.replays])
        return self.routed[constants]

    def saved(self, constants: tuple[int, float]) -> float:
        """Share of the questions that a fixed number of answers needs for the same accuracy."""
        ours = self.by_skill(constants)
        return 1 - ours.questions / needed(self.fixed, ours.right)

    @property
    def rows(self) -> list[Row]:
        ours, random = self.by_skill(SHIPPED), mean([Asking(one, *SHIPPED, False).run() for one in self.replays])
        ways = {"by skill": ours, "random, same stop": random, "all": self.fixed[-1]}
        ways |= {f"fixed {k}": one for k, one in zip(FIXED, self.fixed[:-1], strict=False) if k in (2, 3, 5)}
        ways |= {f"{k} agreeing": one for k, one in zip(AGREEING, self.agreeing, strict=True)}
        print(f"{self.name}, truth {TRUTHS[self.name]}: " + ", ".join(
            f"{name} {way.right:.4f} for {way.questions:.2f}" for name, way in ways.items())
            + f"; the posterior settles {ours.early:.0%}, of which right {ours.early_right:.3f}")  # fmt: skip
        n = int((~self.replays[0].gold).sum())
        unit = f"questions an item for {ours.right:.3f} right, truth {TRUTHS[self.name]}"
        rivals = {
            "fixed": ("a fixed number of answers, random experts", self.fixed),
            "agreeing": ("random experts until 2, 3 or 4 agree", [self.fixed[0], *self.agreeing]),
        }
        return [
            row(f"expert.routing.{self.name}.{key}", self.name, n, unit, ours.questions, needed(spent, ours.right),
                rival, "", 1.0, False)
            for key, (rival, spent) in rivals.items()
        ]  # fmt: skip


def mean(spent: list[Spent]) -> Spent:
    found = [[one.right, one.questions, one.early, one.early_right] for one in spent]
    return Spent(*np.mean(found, axis=0).tolist())


def needed(spent: list[Spent], right: float) -> float:
    """The least questions for `right`, by one way of asking or two mixed; the most of any where none comes so far."""
    enough = [one for one in spent if one.right >= right]
    short = [one for one in spent if one.right < right]
    mixed = [
        few.questions + (many.questions - few.questions) * (right - few.right) / (many.right - few.right)
        for few in short for many in enough
    ]  # fmt: skip
    return min([one.questions for one in enough] + mixed, default=max(one.questions for one in spent))


class Replay:
    """One crowd's recorded answers on up to MOST_ITEMS items with a known truth, in a random order."""

    def __init__(self, one: Crowd, seed: int) -> None:
        rng = np.random.default_rng(seed)
        chosen = rng.permutation(np.flatnonzero((one.truth >= 0) & (one.votes.per_item > 0)))[:MOST_ITEMS]
        place = np.full(one.votes.n_items, -1)
        place[chosen] = np.arange(len(chosen))
        votes = one.votes.where(place[one.votes.item] >= 0)
        order = rng.permutation(len(votes))
        order = order[np.argsort(place[votes.item][order], kind="stable")]
        annotators, annotator = np.unique(votes.annotator[order], return_inverse=True)
        self.votes = Votes(
            place[votes.item][order], annotator, votes.label[order], len(chosen), len(annotators), votes.n_classes
        )
        self.truth, self.gold = one.truth[chosen], rng.random(len(chosen)) < GOLD
        self.start = np.concatenate([[0], np.cumsum(self.votes.per_item)])

    def until(self, enough: Callable[[list[int]], bool]) -> Spent:
        """Random experts until `enough` of the labels so far, or none is left; the majority, ties by lot."""
        right, questions = [], []
        for i in np.flatnonzero(~self.gold):
            recorded, labels = self.votes.label[self.start[i] : self.start[i + 1]].tolist(), []
            while len(labels) < len(recorded) and not (labels and enough(labels)):
                labels.append(recorded[len(labels)])
            counts = np.bincount(labels, minlength=self.votes.n_classes)
            best = counts == counts.max()
            right.append(best[self.truth[i]] / best.sum())
            questions.append(len(labels))
        return Spent(float(np.mean(right)), float(np.mean(questions)))


class Asking:
    """One run of asking whoever is likeliest right (or, without `by_skill`, anybody) until the case is settled."""

    def __init__(self, replay: Replay, wanted: int, sure: float, by_skill: bool = True) -> None:
        self.replay, self.wanted, self.sure, self.by_skill = replay, wanted, sure, by_skill
        self.asked = np.zeros(len(replay.votes), dtype=bool)
        self.gold_left = np.flatnonzero(replay.gold[replay.votes.item])
        self.settled: dict[int, int] = {}
        self.early: list[int] = []
        self.questions = 0
        self.skill = self.measured()

    def run(self) -> Spent:
        items = np.flatnonzero(~self.replay.gold)
        for block in np.array_split(items, BLOCKS):
            still = block.tolist()
            while still:
                still = [i for i in still if self.ask(i)]
            self.skill = self.measured()
        found = np.array([self.settled.get(i, int(self.believed(i).argmax())) for i in items.tolist()])
        early = [self.settled[i] == self.replay.truth[i] for i in self.early]
        right = float((found == self.replay.truth[items]).mean())
        return Spent(right, self.questions / len(items), len(early) / len(items), float(np.mean(early or [0])))

    def ask(self, i: int) -> bool:
        """Ask one more about item i; whether yet another should be asked."""
        start, end = self.replay.start[i : i + 2]
        left = start + np.flatnonzero(~self.asked[start:end])
        if not len(left):
            return False
        chance = self.skill.chance[self.replay.votes.annotator[left], :, -1] @ self.believed(i)
        chosen = left[chance.argmax()] if self.by_skill else left[0]
        self.asked[chosen] = True
        self.questions += 1
        if self.questions % round(1 / GOLD) == 0:
            self.check(int(self.replay.votes.annotator[chosen]))
        labels = self.replay.votes.label[start:end][self.asked[start:end]].tolist()
        believed = dict(enumerate(self.believed(i).tolist()))
        step = next_step(labels, self.wanted, MOST, believed, self.sure, early=True)
        if step.label is not None:
            self.settled[i] = step.label
            if believed[step.label] >= self.sure:
                self.early.append(i)
        return step.kind == "ask"

    def check(self, expert: int) -> None:
        """A gold item for the one who was just asked, if one is left."""
        mine = np.flatnonzero(self.replay.votes.annotator[self.gold_left] == expert)
        if len(mine):
            self.asked[self.gold_left[mine[0]]] = True
            self.gold_left = np.delete(self.gold_left, mine[0])
            self.questions += 1

    def believed(self, i: int) -> np.ndarray:
        start, end = self.replay.start[i : i + 2]
        now, votes = start + np.flatnonzero(self.asked[start:end]), self.replay.votes
        return posterior(self.skill.class_shares, votes.annotator[now].tolist(), votes.label[now].tolist(), self.skill)

    def measured(self) -> ExpertSkill:
        said = self.replay.votes.where(self.asked)
        known = np.where(self.replay.gold, self.replay.truth, -1)[said.item]
        nowhere = np.full(len(said), -1)
        return measure(
            ExpertAnswers(said.annotator, said.item, said.label, nowhere, known, said.n_annotators, said.n_classes, 0)
        )


# ---- a long queue


def ranked_soon() -> list[Row]:
    """Milliseconds until the first 50 of the open cases are found for one of five experts who are here."""
    rng = np.random.default_rng(0)
    given, suggested = rng.integers(0, CLASSES, (2, OPEN))
    cases = OpenCases(
        rng.random(OPEN), given, suggested, rng.random(OPEN), rng.integers(-1, SOURCES, OPEN), rng.integers(0, 3, OPEN)
    )
    nothing = Measured(*(np.zeros(0),) * 3, np.zeros(0, dtype=int))
    chance = rng.uniform(0.4, 1, (EXPERTS, CLASSES, SOURCES + 1))
    even = np.full((CLASSES, CLASSES), 1 / CLASSES)
    chances = Chances(cases, ExpertSkill(nothing, nothing, nothing, chance, even, even[0]))
    spent = []
    for call in range(CALLS):
        expert = call % EXPERTS
        start = time.perf_counter()
        others = chances.best_of([one for one in range(EXPERTS) if one != expert])
        rank(cases, chances.of(expert), others, 0.6, first=50)
        spent.append(1000 * (time.perf_counter() - start))
    return [
        row("expert.routing.ranked_100k", "made queue", OPEN, f"ms, p95 of {CALLS} calls, {CLASSES} classes",
            float(np.quantile(spent, 0.95)), MOST_MS, f"{MOST_MS:g} ms", "", 1.0, False),
    ]  # fmt: skip
