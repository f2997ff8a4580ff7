"""What settles a case and who gets it, against the rules as they are written down; and that no mutant of them lives."""

import inspect
import textwrap
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.actions.queue import after_answer, carry_out, decide, settle, skip
from annotation.actions.queue.lease import lease
from annotation.core.order import overlap, routing
from annotation.core.order.routing import OpenCases
from annotation.core.refusal import Refusal
from annotation.models import Case, CurrentLabel, Decision, Label, RoutingRules, User
from annotation.models import review as case_model
from tests.factories import answer, open_case, small_dataset
from tests.people import emil, erin, eve

LABELS = st.lists(st.sampled_from("abc"), max_size=6)
CHANCES = st.none() | st.fixed_dictionaries({"a": st.sampled_from([0.0, 0.5, 0.96]), "b": st.sampled_from([0.0, 0.97])})


def mutant(function, old, new):
    """The function with `old` in its source replaced, in the same module."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) >= 1, f"{old!r} is not in {function.__name__}"
    space = dict(vars(inspect.getmodule(function)))
    exec(compile(source.replace(old, new, 1), function.__name__, "exec"), space)
    return space[function.__name__]


# ---- when answers are enough


def as_written(labels, wanted, most, chances, sure, on_disagreement, early):
    """The seven rules of `next_step` in another form: (kind, label)."""
    counts = Counter(labels)
    surely = [one for one in counts if chances and chances.get(one, 0) >= sure]
    top = max(counts.values(), default=0)
    others_sure = any(chances[one] >= sure for one in chances or {} if counts[one] != top)
    leaders = [one for one in counts if counts[one] == top]
    if not labels:
        return "ask", None
    if early and surely:
        return "settle", surely[0]
    if len(counts) == 1:
        return ("settle", labels[0]) if len(labels) >= wanted else ("ask", None)
    if on_disagreement == "adjudicator":
        return "adjudicate", None
    if top >= wanted and top > len(labels) / 2 and not others_sure:
        return "settle", leaders[0]
    if len(labels) > wanted and surely and counts[surely[0]] == top:
        return "settle", surely[0]
    return ("ask" if len(labels) < max(most, wanted) else "adjudicate"), None


def differs(step, asked):
    found = step(*asked[:3], asked[3], asked[4], asked[5], asked[6])
    return (found.kind, found.label) != as_written(*asked)


@settings(max_examples=300, deadline=None)
@given(LABELS, st.integers(1, 3), st.integers(1, 5), CHANCES, st.sampled_from([0.95, 1.0]),
       st.sampled_from(["expert", "adjudicator"]), st.booleans())  # fmt: skip
def test_answers_are_enough_as_the_rules_say(labels, wanted, most, chances, sure, on_disagreement, early):
    asked = labels, wanted, most, chances, sure, on_disagreement, early
    assert not differs(overlap.next_step, asked)
    found = overlap.next_step(*asked)
    assert found.label is None or found.label in labels, "only what somebody said is ever settled"
    assert found.kind != "settle" or found.label is not None
    if len(labels) >= max(most, wanted):
        assert found.kind != "ask", "nobody is asked for ever"


ASKED = [
    (list(labels), wanted, most, chances, 0.95, on, early)
    for labels in ("", "a", "aa", "ab", "aab", "aba", "abb", "aabb", "aabc", "abc", "bab")
    for wanted, most in product((1, 2, 3), (1, 3, 4))
    for chances in (None, {"a": 0.96}, {"b": 0.95, "a": 0.05}, {"a": 0.5, "b": 0.5})
    for on, early in product(("expert", "adjudicator"), (True, False))
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("votes >= wanted else", "votes > wanted else"),
        ("2 * votes > len(labels)", "2 * votes >= len(labels)"),
        ("and not _sure_of_another(leader, posterior, sure)", ""),
        ("len(labels) > wanted", "len(labels) >= wanted"),
        ("and counts[certain] == votes", ""),
        ("len(labels) < max(most, wanted)", "len(labels) <= max(most, wanted)"),
        ("max(most, wanted)", "most"),
        ('on_disagreement == "adjudicator"', 'on_disagreement == "expert"'),
        ("early and certain", "certain"),
        ("if votes >= wanted and", "if votes >= wanted - 1 and"),
    ],
)
def test_no_mutant_of_the_rules_lives(old, new):
    other = mutant(overlap.next_step, old, new)
    assert not any(differs(overlap.next_step, one) for one in ASKED)
    assert any(differs(other, one) for one in ASKED)


# ---- who gets it first

UNIT = st.floats(0, 1, allow_nan=False)


def open_cases(rows):
    score, answers = (np.array(one) for one in zip(*[(row[0], row[3]) for row in rows], strict=True))
    none = np.full(len(rows), -1)
    return OpenCases(score.astype(float), none, none, np.zeros(len(rows)), none, answers)


def rank_as_written(rows, least_skill):
    def worth(row):
        score, own, others, _ = row
        factor = min(max(own / max(others, 1e-9), 0.5), 2.0) if others > 0 else 1.0
        return score * own * factor

    kept = [at for at, row in enumerate(rows) if not (least_skill > 0 and row[1] < least_skill <= row[2])]
    return sorted(kept, key=lambda at: (-round(worth(rows[at]), 12), -rows[at][0], -rows[at][3], at))


def ranked(function, rows, least_skill, first=None):
    own, others = (np.array([row[place] for row in rows], dtype=float) for place in (1, 2))
    return function(open_cases(rows), own, others, least_skill, first).tolist()


TENTHS = st.integers(0, 10).map(lambda n: n / 10)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(TENTHS, TENTHS, TENTHS, st.integers(0, 2)), min_size=1, max_size=8), TENTHS)
def test_cases_come_in_the_order_that_is_written_down(rows, least_skill):
    found = ranked(routing.rank, rows, least_skill)
    wanted = rank_as_written(rows, least_skill)
    assert sorted(found) == sorted(wanted)

    def key(at):
        return round(float(routing.worth_to(open_cases([rows[at]]), *np.array([[rows[at][1]], [rows[at][2]]]))[0]), 9)

    assert [key(at) for at in found] == [key(at) for at in wanted]
    assert ranked(routing.rank, rows, least_skill, 2) == found[:2]


ROWS = [
    [(0.9, 0.9, 0.1, 0), (0.9, 0.6, 0.9, 0), (0.5, 0.9, 0.0, 0), (0.9, 0.2, 0.9, 0)],
    [(0.5, 0.8, 0.8, 0), (0.5, 0.8, 0.8, 1), (0.5, 0.8, 0.8, 0)],
    [(0.2, 0.0, 0.5, 0), (0.9, 0.0, 0.5, 0)],
    [(0.4, 0.9, 0.2, 0), (0.5, 0.9, 0.9, 0), (0.6, 0.7, 0.69, 0)],
    [(0.8, 0.7, 0.9, 0), (0.3, 0.71, 0.6, 0)],
    [(0.3, 0.9, 0.1, 0), (0.9, 0.9, 0.9, 0)],
    [(0.5, 0.9, 0.0, 0), (0.7, 0.9, 0.9, 0)],
]


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("rank", "(own < least_skill) & (others >= least_skill)", "own < least_skill"),
        ("rank", "(own < least_skill) &", "(own <= least_skill) &"),
        ("rank", "-cases.answers[found]", "cases.answers[found]"),
        ("rank", "-cases.score[found]", "cases.score[found]"),
        ("rank", "-value[found]", "value[found]"),
        ("rank", "least_skill > 0", "least_skill > 1"),
        ("worth_to", "factor *= own", "pass"),
        ("worth_to", "factor *= cases.score", "pass"),
        ("worth_to", "np.clip(factor, LEAST_FACTOR, MOST_FACTOR, out=factor)", "pass"),
        ("worth_to", "factor[others <= 0] = 1", "pass"),
    ],
)
def test_no_mutant_of_the_order_lives(function, old, new, monkeypatch):
    worlds = [(rows, least) for rows in ROWS for least in (0.0, 0.7)]
    assert all(ranked(routing.rank, rows, least) == rank_as_written(rows, least) for rows, least in worlds)
    monkeypatch.setattr(routing, function, mutant(getattr(routing, function), old, new))
    assert any(ranked(routing.rank, rows, least) != rank_as_written(rows, least) for rows, least in worlds)


# ---- whom a case waits for

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@given(st.sampled_from(list(Case.STATUSES)), st.sampled_from(["review", "audit", "gold", "repeat", "production"]),
       st.sampled_from(list(Case.AWAITS)), st.sampled_from([None, 1, 2]), st.sampled_from([None, 1, 2]),
       st.sampled_from([None, -1, 0, 1]))  # fmt: skip
def test_a_case_waits_for_whom_the_query_says(status, kind, awaits, reserved, leased, minutes):
    case = Case(
        status=status, kind=kind, awaits=awaits, reserved_for_id=reserved, leased_to_id=leased,
        leased_until=None if minutes is None else NOW + timedelta(minutes=minutes),
    )  # fmt: skip
    held = minutes == 1
    wanted = status == "open" and kind not in ("gold", "repeat") and awaits == "experts"
    assert case.waits_for(User(pk=1), NOW) == (wanted and reserved in (None, 1) and not held)


@pytest.mark.django_db
def test_the_row_and_the_query_agree(tmp_path):
    dataset = small_dataset(tmp_path)
    people, at = [erin(dataset), emil(dataset)], timezone.now()
    for reserved, leased, minutes, status, awaits, kind in product(
        [None, *people], [None, *people], [None, 5, -5], ["open", "settled"], ["experts", "lead"], ["review", "gold"]
    ):
        until = None if minutes is None else at + timedelta(minutes=minutes)
        Case.objects.create(dataset=dataset, reserved_for=reserved, leased_to=leased, leased_until=until, kind=kind,
                            status=status, awaits=awaits)  # fmt: skip
    for person in people:
        waiting = dataset.cases.waiting_for(person, at).exclude(leased_to=person, leased_until__gt=at)
        found = {case.pk for case in dataset.cases.all() if case.waits_for(person, at)}
        assert found == set(waiting.values_list("id", flat=True)) and found


# ---- the whole way, from the answer to what is held true


def scenario(dataset, tmp_path):
    """One dataset's afternoon; raises where anything is not as the rules say."""
    people, now = [erin(dataset), emil(dataset), eve(dataset)], timezone.now()

    def says(case, person, name, **extra):
        return decide.decide(case, person, answer(dataset, name, **extra), now)

    def state(case):
        case.refresh_from_db()
        return case.status, case.awaits

    alone = open_case(dataset, "s1", score=0.9)
    held = lease(dataset, people[0], now)
    assert held == alone
    given = says(alone, people[0], "payment")
    assert state(alone) == (Case.SETTLED, Case.EXPERTS) and alone.leased_to is None and given.blind
    row = CurrentLabel.objects.in_force().get(item__external_id="s1")
    assert (row.label_class.name, row.basis, row.decision, row.state) == ("payment", "decision", given, "labelled")
    label = Label.objects.get(item__external_id="s1", origin=Label.EXPERT)
    assert (label.label_class.name, label.annotator.user) == ("payment", people[0])

    unclear = open_case(dataset, "s2")
    says(unclear, people[0], "ambiguous")
    assert CurrentLabel.objects.in_force().get(item__external_id="s2").state == CurrentLabel.AMBIGUOUS

    RoutingRules.objects.create(dataset=dataset, version=1, overlap=2)
    both = open_case(dataset, "s3")
    says(both, people[0], "payment")
    assert state(both) == (Case.OPEN, Case.EXPERTS)
    assert not CurrentLabel.objects.filter(item__external_id="s3", decision__isnull=False).exists()
    says(both, people[1], "payment")
    assert state(both) == (Case.SETTLED, Case.EXPERTS)

    differ = open_case(dataset, "s4")
    says(differ, people[0], "payment")
    says(differ, people[1], "access")
    assert state(differ) == (Case.OPEN, Case.ADJUDICATOR)
    for person in people:
        with pytest.raises(Refusal):
            says(differ, person, "access")
    assert Decision.objects.filter(case=differ).count() == 2

    RoutingRules.objects.create(dataset=dataset, version=2)
    unsure = open_case(dataset, "s6")
    Case.objects.filter(pk=unsure.pk).update(probability=0.5)
    says(unsure, people[2], "access")
    assert state(unsure) == (Case.OPEN, Case.EXPERTS)
    Case.objects.filter(pk=unsure.pk).update(status=Case.WITHDRAWN)
    doubted = open_case(dataset, "s5")
    says(doubted, people[0], "access", confidence="unsure")
    assert state(doubted) == (Case.OPEN, Case.EXPERTS)
    skip.skip(doubted, people[1], now)
    assert lease(dataset, people[1], now) is None and lease(dataset, people[2], now) == doubted

    group = open_case(dataset, "s1", "s6")
    says(group, people[1], "access", items=[group.case_items.order_by("item").last().item_id])
    assert state(group)[0] == Case.SETTLED and group.parts.get().case_items.get().item.external_id == "s1"
    assert CurrentLabel.objects.in_force().get(item__external_id="s1").decision == given


MUTANTS = [
    (after_answer, "_is_enough_alone", 'decision.confidence == "unsure"', "False"),
    (after_answer, "_is_enough_alone", "answers_wanted(case, rules, contested=before.contested) == 1", "True"),
    (after_answer, "_settle", "keep_the_rest(decision.case, rest, now)", "pass"),
    (after_answer, "_settle", "settle_as(decision, items, now)", "pass"),
    (after_answer, "_settle", "decision.case.status = Case.SETTLED", "pass"),
    (after_answer, "go_on", "case.awaits = awaits", "pass"),
    (after_answer, "go_on", "if alone or not awaits", "if True"),
    (carry_out, "settle_as", "decision.label_class_id", "None"),
    (carry_out, "settle_as", "STATES.get(decision.outcome, CurrentLabel.LABELLED)", "CurrentLabel.LABELLED"),
    (carry_out, "settle_as", 'else "decision"', 'else "adjudication"'),
    (carry_out, "give_labels", "for item, label_class in says.items()", "for item, label_class in ()"),
    (carry_out, "keep_the_rest", "for item in rest", "for item in ()"),
    (settle, "settle", "decision.pk if decision else None", "None"),
    (decide, "_covered", "item.pk not in named", "False"),
    (decide, "_refuse_blind_answer", "case.awaits != Case.EXPERTS", "False"),
    (decide, "_decide", "release(case)", "case.save()"),
    (skip, "skip", "Skip.objects.create(case=case, expert=user, reason=reason, note=note, created_at=now)", "pass"),
]


@pytest.mark.django_db
def test_an_afternoon_goes_as_the_rules_say(tmp_path):
    scenario(small_dataset(tmp_path), tmp_path)


@pytest.mark.django_db
@pytest.mark.parametrize(("module", "name", "old", "new"), MUTANTS, ids=[f"{one[1]}: {one[2][:30]}" for one in MUTANTS])
def test_no_mutant_of_settling_lives(tmp_path, monkeypatch, module, name, old, new):
    other = mutant(getattr(module, name), old, new)
    for place in (module, after_answer, carry_out, decide):
        if hasattr(place, name) and getattr(place, name) is not place:
            monkeypatch.setattr(place, name, other)
    with pytest.raises((Exception, pytest.fail.Exception)):
        scenario(small_dataset(tmp_path), tmp_path)


def test_the_mutants_are_of_the_code_as_it_is():
    assert case_model.Case is Case and len(MUTANTS) == len({one[1:] for one in MUTANTS})
