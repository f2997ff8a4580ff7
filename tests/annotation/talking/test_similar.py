from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.detecting.detect import request_detection
from annotation.actions.jobs.work import work_here
from annotation.actions.people.pause import pause
from annotation.actions.queue.decide import UnableToDecide, decide
from annotation.actions.queue.draw_audit import draw_audit
from annotation.actions.queue.lease import lease
from annotation.actions.queue.skip import skip
from annotation.actions.talking.decide_together import decide_similar, decided_together, undo_similar
from annotation.models import Case, CurrentLabel, Decision, Gold, Item, Label, RoutingRules
from annotation.reading.talking import similar_items as reading
from annotation.reading.talking.similar_items import UnableToFindAlike, similar_items
from tests.factories import answer, imported, open_case
from tests.pages import text_of
from tests.people import emil, erin, leo, olga
from tests.threads import in_threads

now = timezone.now
LIKE = [
    "my card was declined at the shop",
    "my card was declined at the till",
    "my card was not declined at the shop",
    "the card was declined at the shop today",
    "please reset my password",
    "a password was reset for me",
]


@pytest.fixture
def dataset(tmp_path, db):
    return cards(tmp_path)


def cards(tmp_path):
    rows = [{"id": f"c{n}", "text": text, "label": "access" if "password" in text else "payment", "who": "ann"}
            for n, text in enumerate(LIKE)]  # fmt: skip
    return imported(tmp_path, rows, annotator="who")


def item_of(dataset, name="c0"):
    return Item.objects.get(dataset=dataset, external_id=name)


def names_for(person, item):
    return [one.external_id for one, _ in similar_items(item, person, now()).items]


def ids(dataset, *names):
    return list(Item.objects.filter(dataset=dataset, external_id__in=names).values_list("id", flat=True))


def label_of(dataset, name):
    row = CurrentLabel.objects.in_force().filter(item=item_of(dataset, name)).get()
    return row.label_class.name if row.label_class else row.state


def url_of(item):
    return reverse("similar", args=[item.dataset.slug, item.pk])


def test_it_works(client, dataset):
    item, person = item_of(dataset), erin(dataset)
    client.force_login(person)
    page = client.get(url_of(item))
    ticked = {one.member.item.external_id: one.ticked for one in page.context["candidates"]}
    assert ticked == {"c1": True, "c2": False, "c3": True}
    assert "a negation differs: not ticked" in text_of(page) and "<ins>" in text_of(page)
    token = page.context["form"]["token"].value()
    sent = {"token": token, "item": ids(dataset, "c1", "c3"), "answer": dataset.label_classes.get(name="access").pk}
    done = client.post(url_of(item), sent, follow=True)
    assert "2 items are decided, with one answer." in text_of(done)
    assert [label_of(dataset, name) for name in ("c0", "c1", "c2", "c3")] == ["payment", "access", "payment", "access"]
    client.post(reverse("undo_similar", args=[dataset.slug, item.pk, token]))
    assert [label_of(dataset, name) for name in ("c1", "c3")] == ["payment", "payment"]
    assert not dataset.cases.open().exists(), "the cases were opened for these answers alone"


def test_no_label_is_on_the_page(client, dataset):
    dataset.label_classes.filter(name="payment").update(name="secret one")
    client.force_login(erin(dataset))
    page = text_of(client.get(url_of(item_of(dataset))))
    assert page.count("secret one") == 1, "in the choice alone"


def test_the_decisions_are_not_blind_and_say_why(dataset):
    open_case(dataset, "c1")
    given = answer(dataset, "access", note="as the first")
    assert decide_similar(item_of(dataset), erin(dataset), ids(dataset, "c1", "c2"), given, now()) == 2
    for decision in Decision.objects.all():
        assert not decision.blind and decision.seconds is None
        assert decision.note == "as the first\nAnswered together with items like c0."
        assert decision.case.status == Case.SETTLED
    assert Label.objects.filter(origin=Label.EXPERT).count() == 2


def test_the_same_token_is_the_same_decisions(dataset):
    given, wanted = answer(dataset, "access"), ids(dataset, "c1", "c2")
    for _ in range(2):
        assert decide_similar(item_of(dataset), erin(dataset), wanted, given, now()) == 2
    assert Decision.objects.count() == 2


@pytest.mark.parametrize("name", ["ambiguous", "bad_input"])
def test_an_answer_that_is_no_class(dataset, name):
    decide_similar(item_of(dataset), erin(dataset), ids(dataset, "c1"), answer(dataset, name), now())
    assert label_of(dataset, "c1") == name


# -- what is left out


def test_what_the_expert_answered_or_labelled_or_passed_on(dataset):
    person, item = erin(dataset), item_of(dataset)
    decide(open_case(dataset, "c1"), person, answer(dataset, "access"), now())
    skip(open_case(dataset, "c2"), person, now())
    assert names_for(person, item) == ["c3"]
    dataset.annotators.filter(name="ann").update(user=person)
    assert names_for(person, item) == []


def test_what_others_decided_hold_or_have_reserved(dataset):
    person, other, item = erin(dataset), emil(dataset), item_of(dataset)
    decide(open_case(dataset, "c1"), other, answer(dataset, "access"), now())
    case = open_case(dataset, "c2")
    assert lease(dataset, other, now()) == case
    Case.objects.filter(pk=open_case(dataset, "c3").pk).update(reserved_for=other)
    assert names_for(person, item) == []
    Case.objects.filter(pk=case.pk).update(leased_until=now())
    assert names_for(person, item) == ["c2"]


def test_what_tests_somebody_or_measures_the_labels(dataset):
    person, item = erin(dataset), item_of(dataset)
    Gold.objects.create(dataset=dataset, item=item_of(dataset, "c1"), label_class=dataset.label_classes.first())
    assert "c1" not in names_for(person, item)
    draw_audit(dataset, now=now())
    assert names_for(person, item) == []


def test_production_is_never_among_them(client, dataset):
    Item.objects.filter(external_id="c1").update(split=Item.PRODUCTION)
    assert names_for(erin(dataset), item_of(dataset)) == ["c2", "c3"]
    client.force_login(erin(dataset))
    assert client.get(url_of(item_of(dataset, "c1"))).status_code == 404
    client.force_login(leo(dataset))
    assert set(names_for(leo(dataset), item_of(dataset, "c1"))) <= {"c0", "c2", "c3"}
    assert client.get(url_of(item_of(dataset, "c1"))).status_code == 200


def test_members_of_groups(dataset):
    open_case(dataset, "c1", "c3")
    assert names_for(erin(dataset), item_of(dataset)) == ["c2"]


def test_what_wants_the_answers_of_several(dataset):
    person, item = erin(dataset), item_of(dataset)
    emil(dataset)
    CurrentLabel.objects.create(item=item_of(dataset, "c1"), state=CurrentLabel.CONTESTED, basis="import")
    open_case(dataset, "c3")
    dataset.cases.update(probability=0.5)
    found = similar_items(item, person, now())
    assert [one.external_id for one, _ in found.items] == ["c2"] and found.n_wanting_more == 2
    with pytest.raises(UnableToDecide, match="no longer open"):
        decide_similar(item, person, ids(dataset, "c3"), answer(dataset, "access"), now())
    RoutingRules.objects.create(dataset=dataset, version=1, overlap=2)
    found = similar_items(item, person, now())
    assert found.items == [] and found.n_wanting_more == 3


def test_the_page_says_how_many_are_left_out(client, dataset):
    emil(dataset)
    RoutingRules.objects.create(dataset=dataset, version=1, overlap=2)
    client.force_login(erin(dataset))
    assert "3 are left out" in text_of(client.get(url_of(item_of(dataset))))


# -- what is refused


def test_all_or_none(dataset):
    wanted = ids(dataset, "c1", "c2")
    decide(open_case(dataset, "c2"), emil(dataset), answer(dataset, "access"), now())
    with pytest.raises(UnableToDecide, match="1 ticked item is no longer open"):
        decide_similar(item_of(dataset), erin(dataset), wanted, answer(dataset, "access"), now())
    assert Decision.objects.filter(expert=erin(dataset)).count() == 0


def test_a_failure_in_the_middle_leaves_nothing(dataset, monkeypatch):
    calls = []

    def once(*args, **options):
        calls.append(args)
        if len(calls) == 2:
            raise RuntimeError
        return decide(*args, **options)

    monkeypatch.setattr("annotation.actions.talking.decide_together.decide", once)
    with pytest.raises(RuntimeError):
        decide_similar(item_of(dataset), erin(dataset), ids(dataset, "c1", "c2"), answer(dataset, "access"), now())
    assert not Decision.objects.exists() and not dataset.cases.exists()


def test_no_items_too_many_and_what_is_said_of_groups(dataset):
    item, person = item_of(dataset), erin(dataset)
    for wanted, name, words in [([], "access", "Tick at least one"), (range(1, 200), "access", "Up to 100"),
                                (ids(dataset, "c1"), "different", "said of a group")]:  # fmt: skip
        with pytest.raises(UnableToDecide, match=words):
            decide_similar(item, person, list(wanted), answer(dataset, name), now())


def test_who_is_paused_or_has_done_enough_today(dataset):
    person, item = erin(dataset), item_of(dataset)
    RoutingRules.objects.create(dataset=dataset, version=1, load_cap=1)
    with pytest.raises(UnableToDecide, match="more than 1 case today"):
        decide_similar(item, person, ids(dataset, "c1", "c2"), answer(dataset, "access"), now())
    pause(dataset, person, leo(dataset), "we talk first", now())
    with pytest.raises(UnableToDecide, match="paused"):
        decide_similar(item, person, ids(dataset, "c1"), answer(dataset, "access"), now())


@pytest.mark.parametrize(
    "sent",
    [{}, {"token": "x"}, {"item": ["x", "9" * 30]}, {"answer": "nonsense"}, {"answer": "payment"}, {"item": []}],
)
def test_what_a_page_does_not_send_is_refused(client, dataset, sent):
    client.force_login(erin(dataset))
    whole = {"token": uuid4(), "item": ids(dataset, "c1"), "answer": dataset.label_classes.first().pk}
    page = client.post(url_of(item_of(dataset)), {**whole, **sent} if sent else {})
    assert page.status_code == 200 and page.context["form"].errors and not Decision.objects.exists()


def test_ticks_are_kept_when_an_answer_is_refused(client, dataset):
    client.force_login(erin(dataset))
    page = client.post(url_of(item_of(dataset)), {"token": uuid4(), "item": ids(dataset, "c2"), "answer": ""})
    assert [one.member.item.external_id for one in page.context["candidates"] if one.ticked] == ["c2"]
    assert "Choose an answer first." in text_of(page)


def test_only_members(client, dataset):
    client.force_login(olga())
    assert client.get(url_of(item_of(dataset))).status_code == 404
    assert client.post(reverse("undo_similar", args=[dataset.slug, item_of(dataset).pk, uuid4()])).status_code == 404


def test_an_answer_of_ones_own_to_the_item_is_chosen_already(client, dataset):
    decide(open_case(dataset, "c0"), erin(dataset), answer(dataset, "ambiguous"), now())
    client.force_login(erin(dataset))
    assert client.get(url_of(item_of(dataset))).context["form"]["answer"].value() == ":ambiguous"


# -- taking back


def test_all_or_none_is_taken_back(dataset):
    person, given = erin(dataset), answer(dataset, "access")
    decide_similar(item_of(dataset), person, ids(dataset, "c1", "c2"), given, now())
    later = open_case(dataset, "c2")
    decide(later, emil(dataset), answer(dataset, "payment"), now())
    with pytest.raises(UnableToDecide, match="decided on this item since"):
        undo_similar(dataset, person, given.token, now())
    assert len(decided_together(dataset, person, given.token)) == 2
    assert label_of(dataset, "c1") == "access"


def test_taken_back_twice_is_once_and_nobody_elses(dataset):
    person, given = erin(dataset), answer(dataset, "access")
    case = open_case(dataset, "c1")
    decide_similar(item_of(dataset), person, ids(dataset, "c1", "c2"), given, now())
    assert undo_similar(dataset, emil(dataset), given.token, now()) == 0
    assert undo_similar(dataset, person, given.token, now()) == 2
    assert undo_similar(dataset, person, given.token, now()) == 0
    case.refresh_from_db()
    assert case.status == Case.OPEN and case.leased_to is None
    assert list(dataset.cases.open()) == [case]
    assert lease(dataset, emil(dataset), now()) == case


def test_an_answer_to_one_case_is_not_among_those_given_together(dataset):
    person, given = erin(dataset), answer(dataset, "access")
    decide(open_case(dataset, "c3"), person, answer(dataset, "access", blind=False), now())
    decide_similar(item_of(dataset), person, ids(dataset, "c1"), given, now())
    assert len(decided_together(dataset, person, given.token)) == 1


# -- two at once


@pytest.mark.fault("two experts answer the same similar items at once")
@pytest.mark.django_db(transaction=True)
def test_two_experts_at_once(tmp_path):
    dataset = cards(tmp_path)
    people, wanted = [erin(dataset), emil(dataset)], ids(dataset, "c1", "c2", "c3")
    RoutingRules.objects.create(dataset=dataset, version=1, overlap_doubtful=1)

    def give(person):
        try:
            return decide_similar(item_of(dataset), person, wanted, answer(dataset, "access"), now())
        except UnableToDecide:
            return 0

    assert sorted(in_threads(give, people)) == [0, 3]


# -- how they are found


def test_a_detection_says_where_items_lie(tmp_path, db, monkeypatch):
    rows = [{"id": f"i{n}", "text": f"{LIKE[n % 6]} {'abcdefgh'[n // 6] * 5}", "label": "ab"[n % 6 > 3]}
            for n in range(48)]  # fmt: skip
    dataset = imported(tmp_path, rows)
    work_here(request_detection(dataset, background=False))
    monkeypatch.setattr(reading, "READ", 0)
    found = similar_items(item_of(dataset, "i0"), erin(dataset), now())
    assert found.items and found.items[0][1] > 0.5


def test_without_a_detection_only_so_many_are_read(client, dataset, monkeypatch):
    monkeypatch.setattr(reading, "READ", 3)
    with pytest.raises(UnableToFindAlike, match="Among 6 items"):
        similar_items(item_of(dataset), erin(dataset), now())
    client.force_login(erin(dataset))
    assert "a lead can run one" in text_of(client.get(url_of(item_of(dataset))))
