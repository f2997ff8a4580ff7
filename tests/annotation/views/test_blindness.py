"""What an expert can get hold of before answering says nothing of an open case but its items."""

import re

import numpy as np
import pytest
from django.db import connection, transaction
from django.db.models import Case as DatabaseCase
from django.db.models import When
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotation.access import shown_id
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.core.intervals import wilson
from annotation.core.rules.coarse_rules import FLOOR, judge_coarsely
from annotation.core.rules.typed_rules import read_rule
from annotation.models import Case, CurrentLabel, Decision, Finding, Gold, Item, Label, Notice, RoutingRules
from annotation.reading import rule_bench
from annotation.reading.rule_bench import try_rule, try_rule_blind, untold_items
from tests.annotation.views.blind_world import (
    MARK,
    WORD,
    addresses,
    case_of_kind,
    change_the_secrets,
    class_of,
    everything,
    item_of,
    said_by,
    world,
)
from tests.factories import answer, imported, open_case
from tests.pages import text_of
from tests.people import as_, emil, erin, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return world(tmp_path)


@pytest.mark.fault("an expert at every address about an open case")
def test_no_address_tells_a_secret_of_an_open_case(dataset):
    expert = erin(dataset)
    assert len(addresses(dataset)) > 150
    before = everything(dataset, expert)
    told = {asked: re.findall(rf"{MARK}\w+", said) for asked, said in before.items()}
    assert {asked: marks for asked, marks in told.items() if marks} == {}
    # it says 503 where no worker is
    assert {asked for asked, said in before.items() if said.startswith("5") and asked.url != "/ready/"} == set()
    change_the_secrets(dataset)
    after = everything(dataset, expert)
    assert before.keys() == after.keys()
    differing = [asked for asked in before if before[asked] != after[asked]]
    assert differing == []


def test_the_walk_sees_what_a_lead_may_know(dataset):
    """The same walk as the lead finds the marks: it does not merely look away."""
    seen = "".join(everything(dataset, leo(dataset)).values())
    for mark in ("annotator1", "reason1", "finding", "note", "detector"):
        assert f"{MARK}{mark}" in seen, mark


@pytest.mark.fault("hidden checks told apart by their page")
def test_kinds_of_cases_cannot_be_told_apart(dataset):
    """Page, fragment, heads and the number of questions put to the database, with the case's number masked."""
    expert, seen = erin(dataset), {}
    for kind in (Case.REVIEW, Case.AUDIT, Case.GOLD, Case.REPEAT, Case.PRODUCTION):
        with transaction.atomic():
            Case.objects.filter(leased_to=expert).update(leased_to=None, leased_until=None)
            case = case_of_kind(dataset, kind, expert)
            assert lease(dataset, expert, timezone.now()) == case
            pages = []
            for headers in ({}, {"HX-Request": "true"}):
                client = as_(expert)
                for name in ("queue", "history", "guidelines"):
                    with CaptureQueriesContext(
                        connection,
                    ) as asked:
                        said = said_by(client.get(reverse(name, args=[dataset.slug]), headers=headers))
                    said = re.sub(rf"Content-Length: \d+|\b{case.pk}\b|\b{shown_id(case.pk)}\b", "·", said)
                    # the header counts cases of the queue only
                    pages.append((re.sub(r"\d+ open", "· open", said), len(asked)))
            seen[kind] = pages
            transaction.set_rollback(True)
    assert all(pages == seen[Case.REVIEW] for pages in seen.values())


@pytest.mark.fault("the other expert's answer read before one's own")
def test_a_first_of_two_answers_reads_nothing_of_the_second(dataset):
    """Emil answered the case that Erin now answers, and it stays open: two differ, so an adjudicator is asked."""
    expert, case = erin(dataset), dataset.cases.get(case_items__item__external_id="i1")
    RoutingRules.objects.create(dataset=dataset, version=2, overlap=3)
    decision = decide(case, expert, answer(dataset, "access"), timezone.now())
    case.refresh_from_db()
    assert case.status == Case.OPEN
    url = reverse("why", args=[dataset.slug, decision.pk])
    shown = said_by(as_(expert).get(url))
    assert "You said “access”" in shown and f"{MARK}note" not in shown and "emil" not in shown
    Decision.objects.filter(expert=emil(dataset), case=case).update(label_class=class_of(dataset, "access"))
    assert said_by(as_(expert).get(url)) == shown


def test_members_asked_about_one_by_one_are_not_explained_before(dataset):
    expert, case = erin(dataset), open_case(dataset, "i10", "i11")
    RoutingRules.objects.create(dataset=dataset, version=2)
    decision = decide(case, expert, answer(dataset, "different"), timezone.now())
    assert case.parts.filter(status=Case.OPEN).count() == 2
    assert as_(expert).get(reverse("why", args=[dataset.slug, decision.pk])).status_code == 404


def test_a_finding_is_named_once_none_of_its_items_waits(dataset):
    expert = erin(dataset)
    url = reverse("why", args=[dataset.slug, Decision.objects.filter(expert=expert).get().pk])
    assert f"{MARK}finding" not in text_of(as_(expert).get(url))
    dataset.cases.update(status=Case.SETTLED)
    assert f"{MARK}finding" in text_of(as_(expert).get(url))


# rules typed by experts


def bench(person, dataset, **typed):
    return as_(person).get(reverse("rules", args=[dataset.slug]), typed)


def open_it(person, dataset, **typed):
    return as_(person).post(reverse("open_rule", args=[dataset.slug]), typed, follow=True)


def test_an_expert_sees_shares_of_many_items_only_and_rounded(dataset):
    few = bench(erin(dataset), dataset, kind="word", name=f"{WORD}1").context
    assert few["given"] == [] and few["by"] == [] and f"Fewer than {FLOOR} labels" in few["verdict"]
    many = bench(erin(dataset), dataset, kind="word", name="horse").context
    assert many["by"] == [] and {one.inside.n % 10 for _, one in many["given"]} == {0}
    assert {round(one.inside.value * 10, 6) % 1 for _, one in many["given"]} == {0}
    exact = bench(leo(dataset), dataset, kind="word", name=f"{WORD}1").context
    assert exact["given"][0][1].inside.n == 1 and len(exact["by"]) > 1


def test_items_of_open_cases_and_of_known_label_are_in_no_share(dataset):
    untold = set(untold_items(dataset).tolist())
    assert untold == {item_of(dataset, f"i{n}").pk for n in (1, 2, 3, 4)}
    Gold.objects.create(dataset=dataset, item=item_of(dataset, "i3"), label_class=None)
    dataset.cases.update(status=Case.SETTLED)
    assert untold_items(dataset).tolist() == []


def test_either_side_needs_many_and_one_item_moves_nothing():
    labels = np.tile([0, 1], 50)
    for n in (FLOOR - 1, len(labels) - FLOOR + 1):
        assert judge_coarsely(np.arange(len(labels)) < n, labels, 2) == []
    told = [judge_coarsely(np.arange(len(labels)) < n, labels, 2) for n in (41, 42, 43)]
    assert told[0] and told[0] == told[1] == told[2]
    assert judge_coarsely(np.arange(100) < 50, np.full(100, -1), 2) == []


def test_where_the_lead_wants_no_rules_of_experts_there_is_no_such_page(dataset):
    RoutingRules.objects.create(dataset=dataset, version=2, rules_for_experts=False)
    expert, url = erin(dataset), reverse("rules", args=[dataset.slug])
    assert (
        bench(expert, dataset).status_code == 404
        and open_it(expert, dataset, kind="first", number=9).status_code == 404
    )
    assert url not in text_of(as_(expert).get(reverse("history", args=[dataset.slug])))
    assert bench(leo(dataset), dataset).status_code == 200


def test_what_an_experts_own_rule_opens_is_answered_not_blind(dataset):
    page = open_it(erin(dataset), dataset, kind="word", name=f"horse,{WORD}2")
    assert "Your answers to it count as not blind." in text_of(page)
    for name, person, blind in (("i7", erin, False), ("i9", emil, True), ("i2", erin, False)):
        case = dataset.cases.open().get(case_items__item__external_id=name)
        case.leased_to = None
        case.save()
        assert decide(case, person(dataset), answer(dataset, "access"), timezone.now()).blind is blind


def test_the_same_rule_of_another_is_another_finding(dataset):
    for person in (erin, emil, erin):
        open_it(person(dataset), dataset, kind="word", name="horse")
    assert set(Finding.objects.exclude(author=None).values_list("author__username", flat=True)) == {"erin", "emil"}
    assert Finding.objects.exclude(author=None).count() == 2


@pytest.mark.fault("a rule that asks which items carry a label")
def test_an_expert_cannot_ask_which_items_carry_a_label(dataset):
    """Neither by narrowing to a label nor by what is left to open: decided, waiting and bare items are all covered."""
    for label in ("access", "payment"):
        page = open_it(erin(dataset), dataset, kind="word", name=f"{WORD}1", label=label)
        assert "Only a lead can narrow a rule to one label" in text_of(page)
    assert not Finding.objects.filter(author=erin(dataset)).exists()
    open_it(erin(dataset), dataset, kind="word", name=f"{WORD}0,{WORD}1,{WORD}3")
    covered = Finding.objects.get(author=erin(dataset)).covered.values_list("item__external_id", flat=True)
    assert set(covered) == {"i0", "i1", "i3"}


def test_a_rule_for_more_than_an_expert_may_open_asks_the_lead(dataset):
    RoutingRules.objects.create(dataset=dataset, version=2, rule_most_cases=10)
    expert, lead, n = erin(dataset), leo(dataset), dataset.cases.open().count()
    for _ in range(2):
        page = open_it(expert, dataset, kind="word", name="horse")
        assert "the lead was asked to open it" in text_of(page)
    assert dataset.cases.open().count() == n
    told = Notice.objects.get(user=lead)
    assert "erin asks you to open 28 cases" in told.text and "#finding-" in told.path
    assert "more than 10 cases" in Notice.objects.get(user=expert).text
    finding = Finding.objects.get(author=expert)
    assert "Accept and open 28 items as cases" in text_of(as_(lead).get(reverse("findings", args=[dataset.slug])))
    as_(lead).post(reverse("open_finding", args=[dataset.slug, finding.pk]))
    assert dataset.cases.open().count() == n + 28


# a thousand questions


N_OPEN, N = 250, 500


@pytest.fixture
def large(tmp_path):
    """Items whose label is tossed; half of them wait in open cases. Each has a word of its own."""
    labels = np.random.default_rng(5).integers(0, 2, N)
    rows = [
        {"id": f"q{n}", "text": f"own{n} and all", "label": ("access", "payment")[labels[n]], "who": f"ann{n % 7}"}
        for n in range(N)
    ]
    made = imported(tmp_path, rows, annotator="who")
    leo(made), erin(made)
    for n in range(0, N, 2):
        open_case(made, f"q{n}")
    return made, labels


def guesses(ask, dataset, places):
    """The best simple attack: four questions about each item, its own word, the file up to it with and without it, and
    the file from it on; guessed from whatever differs. ask: what the bench of an expert or of a lead puts on its page.
    """

    def hits(kind, name="", number=""):
        given = ask(dataset, read_rule(kind, name, str(number), "", dataset.typed_fields)).given
        return {dataset.class_names[one.label]: one.inside.value * one.inside.n for one in given}

    found = []
    for n in places:
        alone, rest = hits("word", f"own{n}"), hits("last", number=N - n)
        found.append(_guess(alone, hits("first", number=n), hits("first", number=n + 1), rest, n))
    return np.array(found)


def _guess(alone, shorter, longer, rest, n):
    if sum(alone.values()) == 1:
        return int(alone.get("payment", 0) == 1)
    change = [longer.get(name, 0) - shorter.get(name, 0) for name in ("access", "payment")]
    if change[0] != change[1]:
        return int(change[1] > change[0])
    more = rest.get("payment", 0) - rest.get("access", 0)
    return int(more > 0) if more else n // 2 % 2


@pytest.mark.fault("filters that probe the labels of open cases")
def test_a_thousand_questions_about_open_cases_gain_nothing(large):
    dataset, labels = large
    places = np.arange(0, N, 2)
    right = guesses(try_rule_blind, dataset, places) == labels[places]
    chance = wilson(len(places) / 2, len(places), 0.99)
    assert len(places) * 4 == 1000 and chance.low <= right.mean() <= chance.high, right.mean()
    # the same attack reads every label off the lead's bench
    assert (guesses(try_rule, dataset, places[:25]) == labels[places[:25]]).all()


def test_answers_do_not_depend_on_the_labels_of_open_cases(large):
    """All of them turned round, the bench says the same to the letter."""
    dataset, _ = large
    asked = [(kind, n) for kind in ("first", "last") for n in (30, 200, 333)]
    before = [said_by(bench(erin(dataset), dataset, kind=kind, number=n)) for kind, n in asked]
    waiting = Item.objects.filter(case_items__case__status=Case.OPEN).values("pk")
    assert len(waiting) == N_OPEN and any("n = 100" in said for said in before)
    access, payment = (class_of(dataset, name).pk for name in ("access", "payment"))
    turned = DatabaseCase(When(label_class=access, then=payment), default=access)
    for model in (Label, CurrentLabel):
        model.objects.filter(item__in=waiting).update(label_class=turned)
    rule_bench._shown.kept.clear()
    assert [said_by(bench(erin(dataset), dataset, kind=kind, number=n)) for kind, n in asked] == before
    assert [said_by(bench(leo(dataset), dataset, kind=kind, number=n)) for kind, n in asked] != before
