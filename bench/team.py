"""A made team of five whose skills by class and source are known: two are poor, right on 55 of 100.

How far measured skill is off and how often its limits hold the true one; after how many answers the poor are paused;
and how many labels are right in the end, with the same number of questions, with and without that.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from annotation.core.crowd.expert_skill import ExpertAnswers, ExpertSkill, below_bar, measure
from annotation.core.order.routing import Chances, OpenCases, rank
from bench.table import Row, row

# Teams, and teams on which skill is measured: shares of limits that hold need more.
SEEDS, MEASURED_SEEDS = 20, 60
EXPERTS, CLASSES, SOURCES = 5, 6, 4
POOR, POOR_SKILL, BAR = 2, 0.55, 0.7
GOLD = 0.1
# How unlike an expert is to themselves on classes and on sources, and classes to each other, in log odds.
ON_CLASSES, ON_SOURCES, OF_CLASSES = 0.6, 0.5, 0.3
ITEMS, ANSWERS_EACH = 600, 2
QUEUE, QUESTIONS, QUALIFYING, LEAST_CHECKS = 2000, 1500, 20, 8
# Answers of one expert that are watched, by skill and by checks alone.
LONGEST, LONGEST_CHECKED, NEVER, SURE = 600, 3000, 9999, 0.95
# Answers after which skill is measured anew.
ANEW = 100


@dataclass(frozen=True, eq=False)
class Team:
    """chance: float (E, K, S) of a right answer; classes (K,), sources (S,): shares of items."""

    chance: np.ndarray
    classes: np.ndarray
    sources: np.ndarray

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """True class and source of n items, int (n,) each."""
        return rng.choice(CLASSES, n, p=self.classes), rng.choice(SOURCES, n, p=self.sources)

    def says(self, expert: int, true: int, source: int, rng: np.random.Generator) -> int:
        if rng.random() < self.chance[expert, true, source]:
            return true
        return int(true + rng.integers(1, CLASSES)) % CLASSES

    @property
    def overall(self) -> np.ndarray:
        return np.einsum("eks,k,s->e", self.chance, self.classes, self.sources)


def team(seed: int) -> Team:
    rng = np.random.default_rng(seed)
    classes, sources = rng.dirichlet(np.full(CLASSES, 5)), rng.dirichlet(np.full(SOURCES, 5))
    own = rng.normal(0, ON_CLASSES, (EXPERTS, CLASSES, 1)) + rng.normal(0, ON_SOURCES, (EXPERTS, 1, SOURCES))
    own = own + rng.normal(0, OF_CLASSES, (1, CLASSES, 1))
    skills = np.where(np.arange(EXPERTS) < POOR, POOR_SKILL, expit(rng.normal(1.7, 0.4, EXPERTS)))
    weight = np.outer(classes, sources)
    start = [brentq(lambda a, e=e: (weight * expit(a + own[e])).sum() - skills[e], -8, 8) for e in range(EXPERTS)]
    return Team(expit(np.array(start)[:, np.newaxis, np.newaxis] + own), classes, sources)


def run() -> list[Row]:
    return [*measured_skill(), *paused(), *right_in_the_end()]


# ---- measured against true skill


def measured_skill() -> list[Row]:
    off: dict[str, list[np.ndarray]] = {"overall": [], "by class": [], "by source": []}
    plain: dict[str, list[np.ndarray]] = {name: [] for name in off}
    inside: dict[str, list[np.ndarray]] = {name: [] for name in off}
    for seed in range(MEASURED_SEEDS):
        one, answers, true = answered(seed)
        skill, counted = measure(answers), raw(answers, true)
        truth = {
            "overall": one.overall, "by class": one.chance @ one.sources,
            "by source": np.einsum("eks,k->es", one.chance, one.classes),
        }  # fmt: skip
        found = {"overall": skill.overall, "by class": skill.by_class, "by source": skill.by_source}
        for name, figure in found.items():
            off[name].append(np.abs(figure.value - truth[name]).mean())
            plain[name].append(np.abs(counted[name] - truth[name]).mean())
            inside[name].append((figure.low <= truth[name]) & (truth[name] <= figure.high))
    rows = []
    for name in off:
        key = name.replace(" ", "_")
        n = int(np.size(inside[name]))
        unit = "mean absolute error of skill, points"
        rows.append(row(f"expert.team.skill.{key}", "made team", n, unit, 100 * float(np.mean(off[name])),
                        100 * float(np.mean(plain[name])), "share right of the gold answers", "", 1.0,
                        False))  # fmt: skip
        share = float(np.mean(inside[name]))
        rows.append(row(f"expert.team.skill.{key}_held", "made team", n, "share of 95 % limits that hold",
                        share, 0.95, "nominal", "", 0.97))  # fmt: skip
    return rows


def answered(seed: int, n_items: int = ITEMS) -> tuple[Team, ExpertAnswers, np.ndarray]:
    """ANSWERS_EACH answers on each of `n_items` items, GOLD of them gold; and the true class of each answer's item."""
    one, rng = team(seed), np.random.default_rng(1000 + seed)
    true, source = one.draw(n_items, rng)
    expert = rng.permuted(np.tile(np.arange(EXPERTS), (n_items, 1)), axis=1)[:, :ANSWERS_EACH].ravel()
    item = np.repeat(np.arange(n_items), ANSWERS_EACH)
    label = np.array([one.says(e, true[i], source[i], rng) for e, i in zip(expert, item, strict=True)])
    known = np.where(rng.random(n_items) < GOLD, true, -1)[item]
    return one, ExpertAnswers(expert, item, label, source[item], known, EXPERTS, CLASSES, SOURCES), true[item]


def raw(answers: ExpertAnswers, true: np.ndarray) -> dict[str, np.ndarray]:
    """Right of the gold answers, by expert, class and source; ½ where there is none."""
    gold = answers.known >= 0
    hit = (answers.label == true)[gold].astype(float)
    expert, of_class, of_source = answers.expert[gold], true[gold], answers.source[gold]

    def share(place: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        size = int(np.prod(shape))
        n, right = np.bincount(place, minlength=size), np.bincount(place, hit, minlength=size)
        return np.where(n > 0, right / np.maximum(n, 1), 0.5).reshape(shape)

    return {
        "overall": share(expert, (EXPERTS,)),
        "by class": share(expert * CLASSES + of_class, (EXPERTS, CLASSES)),
        "by source": share(expert * SOURCES + of_source, (EXPERTS, SOURCES)),
    }


# ---- poor experts paused


def paused() -> list[Row]:
    """Answers until each expert is paused, no qualification before: by skill from gold and agreement, where every item
    has two answers, and by the hidden checks alone. One item in ten is gold."""
    by_skill = np.array([paused_by_skill(seed) for seed in range(SEEDS)])
    by_checks = np.array([
        [paused_by_checks(team(seed), one, np.random.default_rng((seed, one))) for one in range(EXPERTS)]
        for seed in range(SEEDS)
    ])  # fmt: skip
    rows = []
    for key, level in (("median", 0.5), ("nine_of_ten", 0.9)):
        ours, rival = (float(np.quantile(one[:, :POOR], level)) for one in (by_skill, by_checks))
        rows.append(row(f"expert.team.paused.{key}", "made team", SEEDS * POOR, "answers until a poor expert is paused",
                        ours, rival, "by the hidden checks alone", "", 1.0, False))  # fmt: skip
    kept = [float((one[:, POOR:] == NEVER).mean()) for one in (by_skill, by_checks)]
    n = SEEDS * (EXPERTS - POOR)
    print(f"Paused below {BAR:.0%}: {(by_skill[:, :POOR] == NEVER).sum()} poor experts never; good ones kept, by skill "
          f"{kept[0]:.3f}, by checks {kept[1]:.3f}")  # fmt: skip
    return [*rows, row("expert.team.paused.good_kept", "made team", n, "share of the good never paused", kept[0], 1.0,
                       "all", "", 0.95)]  # fmt: skip


def paused_by_skill(seed: int) -> np.ndarray:
    """Answers of each expert until they are paused, int (E,); skill is measured anew after every ANEW answers of all.
    Whoever is paused answers on here, so that all are watched."""
    one, answers, _ = answered(seed, LONGEST * EXPERTS // ANSWERS_EACH)
    found = np.full(EXPERTS, NEVER)
    for n in range(ANEW, len(answers) + 1, ANEW):
        skill = measure(first(answers, n))
        below = (skill.chance_below(BAR) >= SURE) & (skill.overall.n >= LEAST_CHECKS) & (found == NEVER)
        found[below] = np.bincount(answers.expert[:n], minlength=EXPERTS)[below]
    return found


def first(answers: ExpertAnswers, n: int) -> ExpertAnswers:
    expert, item, label, source, known = (
        one[:n] for one in (answers.expert, answers.item, answers.label, answers.source, answers.known)
    )
    return ExpertAnswers(expert, item, label, source, known, EXPERTS, CLASSES, SOURCES)


def paused_by_checks(one: Team, expert: int, rng: np.random.Generator) -> int:
    right = checks = 0
    true, source = one.draw(LONGEST_CHECKED, rng)
    for n in range(LONGEST_CHECKED):
        if rng.random() < GOLD:
            checks += 1
            right += one.says(expert, true[n], source[n], rng) == true[n]
            if checks >= LEAST_CHECKS and below_bar(right, checks, BAR, SURE):
                return n + 1
    return NEVER


# ---- labels right in the end


def right_in_the_end() -> list[Row]:
    arms = {
        "nothing": {}, "checks": {"checks": True}, "routing": {"checks": True, "pausing": False, "routing": True},
        "all": {"checks": True, "routing": True},
    }  # fmt: skip
    share = {name: float(np.mean([Worked(seed, **arm).run() for seed in range(SEEDS)])) for name, arm in arms.items()}
    print("Labels right after the same number of questions: " + ", ".join(f"{k} {v:.4f}" for k, v in share.items()))
    return [
        row("expert.team.labels_right.qualified", "made team", SEEDS, "labels right, qualification and pausing",
            share["checks"], share["nothing"], "neither, as many questions", "", 1.0),
        row("expert.team.labels_right.routed", "made team", SEEDS, "labels right, with routing by skill too",
            share["all"], share["checks"], "qualification and pausing alone", "", 1.0),
    ]  # fmt: skip


class Worked:
    """A queue of QUEUE items worked off with QUESTIONS questions, checks counted; each case is decided once."""

    def __init__(self, seed: int, checks: bool = False, pausing: bool = True, routing: bool = False) -> None:
        self.team, self.rng = team(seed), np.random.default_rng(2000 + seed)
        self.checks, self.pausing, self.routing = checks, pausing, routing
        self.true, self.source = self.team.draw(QUEUE, self.rng)
        chance = self.rng.beta(0.6, 1.4, QUEUE)
        wrong = self.rng.random(QUEUE) < chance
        other = (self.true + self.rng.integers(1, CLASSES, QUEUE)) % CLASSES
        self.label = np.where(wrong, other, self.true)
        suggested = np.where(wrong, self.true, other)
        self.cases = OpenCases(chance, self.label.copy(), suggested, chance, self.source, np.zeros(QUEUE, dtype=int))
        self.open = np.ones(QUEUE, dtype=bool)
        self.gold: list[tuple[int, int, int, int]] = []
        self.asked, self.here = 0, list(range(EXPERTS))

    def run(self) -> float:
        if self.checks:
            for expert in range(EXPERTS):
                for _ in range(QUALIFYING if self.pausing else 0):
                    self.check(expert)
            self.pause()
        turn = 0
        order = self.ranked()
        while self.asked < QUESTIONS and self.open.any():
            expert = self.here[turn % len(self.here)]
            turn += 1
            if self.checks and self.rng.random() < GOLD:
                self.check(expert)
                self.pause()
                continue
            if turn % ANEW == 0:
                order = self.ranked()
            self.decide(expert, order[expert])
        return float((self.label == self.true).mean())

    def decide(self, expert: int, order: np.ndarray) -> None:
        case = int(order[self.open[order].argmax()])
        self.open[case] = False
        self.asked += 1
        self.label[case] = self.team.says(expert, self.true[case], self.source[case], self.rng)

    def check(self, expert: int) -> None:
        (true,), (source,) = self.team.draw(1, self.rng)
        self.gold.append((expert, int(self.team.says(expert, true, source, self.rng)), int(source), int(true)))
        self.asked += 1

    def pause(self) -> None:
        """Whoever is below the bar answers no more; the best of them stays if nobody else would."""
        if not self.pausing:
            return
        for expert in list(self.here):
            mine = [label == true for who, label, _, true in self.gold if who == expert]
            if len(mine) >= LEAST_CHECKS and below_bar(sum(mine), len(mine), BAR) and len(self.here) > 1:
                self.here.remove(expert)

    def ranked(self) -> dict[int, np.ndarray]:
        """The order of the cases for each expert who is here."""
        if not self.routing:
            order = np.argsort(-self.cases.score)
            return dict.fromkeys(range(EXPERTS), order)
        chances = Chances(self.cases, self.skill())
        return {
            expert: rank(self.cases, chances.of(expert), chances.best_of([one for one in self.here if one != expert]))
            for expert in range(EXPERTS)
        }

    def skill(self) -> ExpertSkill:
        expert, label, source, true = np.array(self.gold, dtype=np.int64).reshape(-1, 4).T
        item = np.arange(len(expert))
        return measure(ExpertAnswers(expert, item, label, source, true, EXPERTS, CLASSES, SOURCES))
