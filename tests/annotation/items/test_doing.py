"""Opening and labelling many items at once: what is shown before, what is done, and what is taken back."""

from uuid import uuid4

import pytest
from django.utils import timezone

from annotation.actions.items.label_many import UnableToLabel, label_many, undo_many
from annotation.actions.queue.decide import decide
from annotation.models import Audit, AuditItem, Case, CurrentLabel, Decision, Item, Label
from annotation.reading.items.label_plan import plan_labels
from tests import people
from tests.annotation.items.world import found, item_of, open_now, page, post, world
from tests.factories import answer, open_case
from tests.pages import text_of


@pytest.fixture
def dataset(tmp_path, db):
    return world(tmp_path)


def label_of(dataset, external_id):
    current = CurrentLabel.objects.in_force().filter(item=item_of(dataset, external_id)).first()
    return (current.label_class.name if current.label_class else current.state) if current else None


def ids_of(dataset, *names):
    return [item_of(dataset, name).pk for name in names]


def planned(dataset, *names):
    return plan_labels(dataset, people.leo(dataset), ids_of(dataset, *names), timezone.now())


def labelled(dataset, *names, name="payment", token=None, **how):
    lead, ids = people.leo(dataset), ids_of(dataset, *names)
    seen = plan_labels(dataset, lead, ids, timezone.now()).seen
    token = token or uuid4()
    cls = dataset.label_classes.get(name=name)
    return token, label_many(dataset, lead, cls, ids, seen, token, timezone.now(), **how)


def test_opening_shows_first_what_it_would_do(dataset):
    before = open_now(dataset)
    text = text_of(post(dataset, "open_items", query="source=phone", every="on"))
    assert "3 of these 4 items would be opened" in text
    assert "1 left out: experts have decided on it." in text
    assert open_now(dataset) == before


def test_opening_opens_what_nobody_decided_or_holds(dataset):
    before = open_now(dataset)
    ids = ",".join(str(pk) for pk in Item.objects.values_list("id", flat=True))
    text = text_of(post(dataset, "open_items", query="", ids=ids, confirmed="on"))
    assert "5 cases opened" in text
    assert open_now(dataset) == before + 5
    assert "nothing to open" in text_of(post(dataset, "open_items", query="", ids=ids, confirmed="on"))


def test_the_name_of_what_was_opened_does_not_tell_an_audit(dataset):
    audit = Audit.objects.create(dataset=dataset, seed=1, strata=[], n_items=8, n_drawn=1)
    AuditItem.objects.create(audit=audit, item=item_of(dataset, "a4"), stratum=0, probability=1)
    post(dataset, "open_items", query=f"audit={audit.pk}", ids=str(item_of(dataset, "a4").pk), confirmed="on")
    finding = dataset.findings.get(kind="items")
    assert "audit" not in finding.title + finding.reason
    assert finding.covered.count() == 1


def test_nothing_ticked_is_a_sentence(dataset):
    assert "Tick at least one item first." in text_of(post(dataset, "open_items", query=""))
    assert "No item fits" in text_of(post(dataset, "label_items", query="words=zzz", every="on"))
    assert "Tick the items" in text_of(post(dataset, "label_items", query="", item=["x"]))


def test_labelling_shows_first_what_it_would_do(dataset):
    text = text_of(post(dataset, "label_items", query="", every="on"))
    assert "8 of these 10 items can be labelled at once" in text
    assert "Experts have decided on 2 of them before" in text
    assert "2 left out, as they are no items of the pool" in text
    assert Decision.objects.filter(expert=people.leo(dataset)).count() == 0


def test_ticked_items_are_labelled_and_taken_back_by_pages(dataset):
    ids = ids_of(dataset, "a4", "a6")
    form = post(dataset, "label_items", query="", item=ids).context
    cls = dataset.label_classes.get(name="payment")
    sent = {"query": "source=phone", "ids": form["ids"], "seen": form["plan"].seen, "label": cls.pk,
            "token": form["form"]["token"].value(), "confirmed": "on"}  # fmt: skip
    text = text_of(post(dataset, "label_items", **sent))
    assert "2 items labelled “payment”; it counts as not blind." in text
    assert "2 items were labelled at once." in text
    assert (label_of(dataset, "a4"), label_of(dataset, "a6")) == ("payment", "payment")
    text = text_of(post(dataset, "undo_labels", sent["token"], query="source=phone"))
    assert "2 items have their earlier label again." in text
    assert label_of(dataset, "a4") == "access"
    assert "taken back before" in text_of(post(dataset, "undo_labels", sent["token"]))


def test_without_a_class_the_form_comes_back(dataset):
    ids = str(item_of(dataset, "a4").pk)
    text = text_of(post(dataset, "label_items", query="", ids=ids, token=uuid4(), confirmed="on"))
    assert "Choose a class first." in text


def test_each_is_a_decision_that_is_not_blind_and_settles_its_case(dataset):
    case = open_case(dataset, "a4")
    token, n = labelled(dataset, "a4", "a5")
    decisions = Decision.objects.filter(expert=people.leo(dataset))
    assert n == decisions.count() == 2
    assert not decisions.filter(blind=True).exists()
    assert set(decisions.values_list("case__status", flat=True)) == {Case.SETTLED}
    assert decisions.filter(case=case).count() == 1
    own = Label.objects.filter(annotator__user=people.leo(dataset))
    assert sorted(own.values_list("item__external_id", "label_class__name")) == [("a4", "payment"), ("a5", "payment")]
    current = CurrentLabel.objects.in_force().get(item=item_of(dataset, "a4"))
    assert (current.basis, current.decision.case) == ("decision", case)
    assert labelled(dataset, "a4", "a5", token=token)[1] == 2
    assert decisions.count() == 2


def test_what_was_decided_stays_unless_it_is_asked_for(dataset):
    labelled(dataset, "a2", "a4")
    assert (label_of(dataset, "a2"), label_of(dataset, "a4")) == ("access", "payment")
    token, _ = labelled(dataset, "a2", also_decided=True)
    assert label_of(dataset, "a2") == "payment"
    assert Decision.objects.latest("id").case.reopens is not None
    undo_many(dataset, people.leo(dataset), token, timezone.now())
    assert label_of(dataset, "a2") == "access"


def test_undo_puts_back_labels_and_cases(dataset):
    case = open_case(dataset, "a4")
    token, _ = labelled(dataset, "a4", "a5", "a6")
    assert undo_many(dataset, people.leo(dataset), token, timezone.now()) == 3
    assert (label_of(dataset, "a4"), label_of(dataset, "a5")) == ("access", "access")
    case.refresh_from_db()
    assert case.status == Case.OPEN
    made = Case.objects.filter(decisions__expert=people.leo(dataset)).exclude(pk=case.pk)
    assert set(made.values_list("status", flat=True)) == {Case.WITHDRAWN}
    assert not Label.objects.counting().filter(annotator__user=people.leo(dataset)).exists()
    assert undo_many(dataset, people.leo(dataset), token, timezone.now()) == 0


def test_nothing_is_taken_back_where_somebody_decided_since(dataset):
    token, _ = labelled(dataset, "a4", "a5")
    later = open_case(dataset, "a5")
    with pytest.raises(UnableToLabel, match="1 case asks about these items again"):
        undo_many(dataset, people.leo(dataset), token, timezone.now())
    decide(later, people.erin(dataset), answer(dataset, "access"), timezone.now())
    with pytest.raises(UnableToLabel, match="1 item has been decided since"):
        undo_many(dataset, people.leo(dataset), token, timezone.now())
    assert label_of(dataset, "a4") == "payment"


def test_what_changed_since_it_was_shown_is_not_labelled(dataset):
    lead, ids = people.leo(dataset), ids_of(dataset, "a4", "a5")
    seen = plan_labels(dataset, lead, ids, timezone.now()).seen
    decide(open_case(dataset, "a5"), people.erin(dataset), answer(dataset, "payment"), timezone.now())
    cls = dataset.label_classes.get(name="payment")
    with pytest.raises(UnableToLabel, match="changed since they were shown"):
        label_many(dataset, lead, cls, ids, seen, uuid4(), timezone.now())
    with pytest.raises(UnableToLabel, match="changed since they were shown"):
        label_many(dataset, lead, cls, [*ids, item_of(dataset, "a6").pk], seen, uuid4(), timezone.now())
    assert label_of(dataset, "a4") == "access"


def test_what_measures_or_is_asked_in_a_group_or_held_is_left_out(dataset):
    audit = Audit.objects.create(dataset=dataset, seed=1, strata=[], n_items=8, n_drawn=1)
    AuditItem.objects.create(audit=audit, item=item_of(dataset, "a1"), stratum=0, probability=1)
    open_case(dataset, "a4", "a5")
    held = open_case(dataset, "a6")
    held.leased_to, held.leased_until = people.erin(dataset), timezone.now() + timezone.timedelta(minutes=5)
    held.save()
    plan = planned(dataset, "a1", "a4", "a5", "a6", "a8", "p1")
    assert plan.fresh == (item_of(dataset, "a8").pk,)
    assert [n for _, n in plan.left_out] == [1, 1, 2, 1]


def test_a_retired_class_is_given_to_nothing(dataset):
    dataset.label_classes.filter(name="payment").update(retired_at=timezone.now())
    with pytest.raises(UnableToLabel, match="no longer in use"):
        labelled(dataset, "a4")


def test_the_table_finds_what_was_labelled(dataset):
    labelled(dataset, "a4", "a6")
    assert found(dataset, "expert=leo") == ["a4", "a6"]
    assert page(dataset, "?expert=leo").status_code == 200
