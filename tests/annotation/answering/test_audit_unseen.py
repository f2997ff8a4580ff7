"""Which cases are of the audit nobody can tell from what an expert gets to see: an attacker's guesses are worth chance.

The attacker knows the code, every number on every page they may open, the order cases came in, and their own answers.
"""

import hashlib
import random
import re
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from scipy.stats import fisher_exact

from annotation.access import shown_id, unforeseen
from annotation.actions.queue.draw_audit import draw_audit
from annotation.actions.queue.next_case import AUDIT_EVERY, _turn
from annotation.models import AuditItem, Case, Decision, RoutingRules, Skip
from annotation.reading.answering.asked import standing_of
from tests.factories import apart, imported, open_case
from tests.people import erin, leo

pytestmark = pytest.mark.django_db

# Chance alone beats so small a chance once in fifteen thousand runs; an attack that works does so at once.
N, ANSWERS, SURE = 240, 160, 0.00001


@pytest.fixture
def dataset(tmp_path):
    """Of 240 items the first 160 in a shuffled order are suspected, then an audit of 60 is drawn."""
    rows = [{"id": f"i{n}", "text": apart("horse", n), "label": ("ham", "spam")[n % 2]} for n in range(N)]
    made = imported(tmp_path, rows)
    RoutingRules.objects.create(dataset=made, version=1, gold_share=0, repeat_share=0)
    shuffled = random.Random(7).sample(range(N), 160)
    for place, n in enumerate(shuffled):
        open_case(made, f"i{n}", score=1 - place / 200)
    leo(made)
    draw_audit(made, size=60, now=timezone.now())
    return made


def seen_while_answering(dataset, person):
    """(address, numbers on the page) of each case in the order it came, and whether it answers the audit."""
    client, seen, lasts = Client(), [], []
    client.force_login(person)
    drawn = set(AuditItem.objects.values_list("item_id", flat=True))
    classes = [str(one.pk) for one in dataset.label_classes.all()]
    for _ in range(ANSWERS):
        page = client.get(reverse("queue", args=[dataset.slug])).content.decode()
        form = re.search(r'action="([^"]+/decide/)"(.*?)</form>', page, re.DOTALL)
        if form is None:
            break
        token = re.search(r'name="token" value="([^"]+)"', form[2])[1]
        item = re.search(r'name="item" value="(\d+)"', form[2])[1]
        last = Decision.objects.filter(expert=person).order_by("-id").values_list("id", flat=True).first()
        told = {
            "address": form[1].split("/")[-3],
            "item": int(item),
            "token": token,
            # it was drawn two answers before: so many wait behind the one that is shown
            "last": lasts[-2] if len(lasts) > 1 else None,
        }
        lasts.append(last)
        seen.append((told, int(item) in drawn))
        client.post(form[1], {"token": token, "item": item, "answer": classes[0]})
    return seen


# Each guesses from what was seen before an answer, and the place it came in, whether the case is of the audit.
ATTACKS = {
    "the address, read as a number, is high": lambda told, place: (
        int(told["address"], 32) > 2**39 if re.fullmatch("[0-9a-v]+", told["address"]) else False
    ),
    "the address ends in an early letter": lambda told, place: told["address"][-1] < "8",
    "the item's number is high": lambda told, place: told["item"] % N > N // 2,
    "every tenth": lambda told, place: place % AUDIT_EVERY == 0,
    "the turn as the code draws it, without a key": lambda told, place: unkeyed(told, place) % AUDIT_EVERY == 0,
    "the turn by an empty key": lambda told, place: keyed(told, b"") % AUDIT_EVERY == 0,
    "the page's token": lambda told, place: UUID(told["token"]).int % AUDIT_EVERY == 0,
}


def unkeyed(told, place):
    said = f"{told['person']}:{told['last']}:None"
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8])


def keyed(told, key):
    facts = (told["person"], told["last"], None, 0)
    written = "".join(f"{len(str(one))}:{one}" for one in facts)
    return int.from_bytes(hashlib.blake2b(written.encode(), key=key, digest_size=32).digest()[:8])


@pytest.mark.fault("an expert guesses which cases are of the audit by their numbers and turns")
def test_no_guess_beats_chance(dataset):
    person = erin(dataset)
    seen = seen_while_answering(dataset, person)
    assert len(seen) == ANSWERS and 24 <= sum(truth for _, truth in seen) < ANSWERS / 2
    chances = {name: by_chance(guess, seen, person) for name, guess in ATTACKS.items()}
    assert {name: chance for name, chance in chances.items() if chance < SURE} == {}


def by_chance(guess, seen, person):
    """How often chance alone would hit so many or more."""
    hits, misses = [0, 0], [0, 0]
    for place, (told, truth) in enumerate(seen):
        (hits if truth else misses)[int(guess(told | {"person": person.pk}, place))] += 1
    return fisher_exact([hits[::-1], misses[::-1]], alternative="greater").pvalue


def turn_of(dataset, person):
    return _turn(person, standing_of(dataset, person, timezone.now()), 0)


def test_the_turn_is_drawn_with_the_sites_key(dataset, settings):
    person = erin(dataset)
    first = turn_of(dataset, person)
    assert turn_of(dataset, person) == first, "looking again changes nothing"
    assert (
        unkeyed({"person": person.pk, "last": None}, 0) != first[0] != keyed({"person": person.pk, "last": None}, b"")
    )
    settings.SECRET_KEY = "another" * 10
    assert turn_of(dataset, person) != first


def test_facts_next_to_each_other_do_not_run_together():
    assert unforeseen(1, 23) != unforeseen(12, 3)
    assert len(unforeseen("a")) == 32


def test_turns_are_as_frequent_as_they_should_be(dataset):
    person = erin(dataset)
    case = dataset.cases.first()
    turns = []
    for _ in range(400):
        Skip.objects.create(case=case, expert=person)
        turns.append(turn_of(dataset, person)[0] % AUDIT_EVERY == 0)
    assert 20 <= sum(turns) <= 62, "one in ten of 400, within 3.5 standard errors"


@pytest.mark.fault("numbers of cases on an expert's pages")
def test_no_page_of_an_expert_tells_a_case_by_its_number(dataset):
    """Neither queue nor history nor what they link to has the key of a case in it, in an address or a form."""
    person = erin(dataset)
    Case.objects.filter(dataset=dataset).update(leased_to=None)
    seen_while_answering(dataset, person)
    client = Client()
    client.force_login(person)
    pages = [client.get(reverse(name, args=[dataset.slug])) for name in ("queue", "history", "my_record")]
    decision = Decision.objects.filter(expert=person).first()
    pages.append(client.get(reverse("why", args=[dataset.slug, decision.pk])))
    named = {shown_id(case.pk) for case in dataset.cases.all()}
    for page in pages:
        words = re.findall(r'/case/(\d+)|name="case" value="(\d+)"|[Cc]ase (\d+)\b', page.content.decode())
        assert not words
        assert all(one in named for one in re.findall(r"/queue/([0-9a-z]{8})/", page.content.decode()))
