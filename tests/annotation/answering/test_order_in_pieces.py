"""The order that decisions taught is written from its head, in pieces, and at most every half minute."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.actions.jobs.work import work_here
from annotation.actions.queue import reorder as reordering
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.actions.queue.reorder import MovedCase, pieces
from annotation.models import Case, Detection, Item, Job, LearnedOrder
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, apart, imported
from tests.people import erin
from tests.threads import in_threads

SCORES = st.lists(st.tuples(*[st.integers(0, 20).map(lambda n: n / 20)] * 2), min_size=1, max_size=40)


def moved_by(scores):
    """(old, new) scores by case → the cases that move, as `new_order` gives them."""
    moved = [MovedCase(at, new, None, old) for at, (old, new) in enumerate(scores) if old != new]
    return sorted(moved, key=lambda one: -one.foremost)


def bar_of(scores, head):
    return sorted((new for _, new in scores), reverse=True)[:head][-1]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SCORES, st.integers(1, 8), st.integers(0, 5))
def test_the_head_is_right_after_any_number_of_pieces(scores, head, rest):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("HEAD", head), ("REST", rest), ("PIECE", 3), ("MOST", 10**6)):
            patch.setattr(reordering, name, value)
        written = [one for piece in pieces(moved_by(scores), bar_of(scores, head)) for one in piece]
    held = [old for old, _ in scores]
    for one in written:
        held[one.case] = one.score
    right = sorted((new for _, new in scores), reverse=True)[:head]
    assert sorted(held, reverse=True)[:head] == right
    assert len(written) <= len(moved_by(scores))


def test_what_a_job_writes_is_bounded(monkeypatch):
    halved = [(n / 50_000, n / 100_000) for n in range(50_000)]
    found = list(pieces(moved_by(halved), bar_of(halved, reordering.HEAD)))
    assert sum(map(len, found)) == reordering.MOST and max(map(len, found)) == reordering.PIECE
    little = [(1 - n / 50_000, 1 - n / 50_000 - (0.00001 if n % 2 else 0)) for n in range(50_000)]
    assert sum(map(len, pieces(moved_by(little), bar_of(little, reordering.HEAD)))) < reordering.HEAD + reordering.REST


@pytest.fixture
def dataset(monkeypatch, tmp_path):
    """Forty items, half of each class; the detector suspects the first thirty, all equally."""
    says = Says({"doubtful": 0.6, "slightly": 0.5})
    says.flag_above, says.prior = 0.55, 0.38
    use(monkeypatch, says=says)
    made = imported(
        tmp_path,
        [{"id": f"i{n}", "text": apart("doubtful" if n < 30 else "slightly", n), "label": ("ham", "spam")[n % 2]}
         for n in range(40)],
    )  # fmt: skip
    detect(made)
    return made


def answered(dataset, n, now=None):
    for _ in range(n):
        case = lease(dataset, erin(dataset), timezone.now())
        decide(case, erin(dataset), answer(dataset, "spam"), now or timezone.now())


@pytest.mark.django_db
def test_orders_come_half_a_minute_apart(dataset):
    answered(dataset, 5)
    work_here(Job.objects.get(kind="reorder"))
    answered(dataset, 6)
    assert Job.objects.filter(kind="reorder").count() == 1, "the last order is younger than that"
    reordering._not_before.clear()
    LearnedOrder.objects.update(created_at=timezone.now() - timedelta(seconds=31))
    answered(dataset, 1)
    assert Job.objects.filter(kind="reorder").count() == 2


@pytest.mark.django_db
def test_in_between_the_database_is_not_even_asked(dataset):
    answered(dataset, 5)
    work_here(Job.objects.get(kind="reorder"))
    answered(dataset, 1)
    case = lease(dataset, erin(dataset), timezone.now())
    with CaptureQueriesContext(connection) as asked:
        decide(case, erin(dataset), answer(dataset, "spam"), timezone.now())
    assert not [one for one in asked if "learnedorder" in one["sql"] or "annotation_job" in one["sql"]]


@pytest.mark.django_db
def test_a_newer_detection_ends_what_an_older_one_writes(dataset, monkeypatch):
    answered(dataset, 5)
    scores = dict(dataset.cases.values_list("id", "score"))
    real = reordering._write_piece

    def overtaken(one, detection, piece):
        Detection.objects.create(dataset=one, n_items=0, n_groups=0, n_conflicts=0, n_flags=0, n_findings=0, seconds=0)
        return real(one, detection, piece)

    monkeypatch.setattr(reordering, "_write_piece", overtaken)
    job = work_here(Job.objects.get(kind="reorder"))
    assert job.result["learned_order"] is None
    assert dict(dataset.cases.values_list("id", "score")) == scores


@pytest.mark.django_db
def test_an_answer_asks_the_same_of_the_database_whatever_is_open(dataset, settings):
    """Statements of hand-out and answer with thirty and with three thousand open cases."""
    settings.REORDER_EVERY = 0

    def asked():
        now = timezone.now()
        with CaptureQueriesContext(connection) as statements:
            case = lease(dataset, erin(dataset), now)
            decide(case, erin(dataset), answer(dataset, "spam"), now)
        return len([one for one in statements if "SAVEPOINT" not in one["sql"]])

    dataset.routing_rules.create(version=1, gold_share=0, repeat_share=0)
    answered(dataset, 6)
    few = [asked() for _ in range(5)]
    items = list(Item.objects.order_by("id")[30:40])
    create_cases(dataset, [Unit(frozenset([items[n % 10].pk]), 0.01) for n in range(3_000)], timezone.now())
    many = [asked() for _ in range(5)]
    assert max(many) <= max(few) + 1 <= 21


@pytest.mark.fault("a case of the head is being answered while its order is written")
@pytest.mark.django_db(transaction=True)
def test_what_is_being_answered_waits_for_no_order(dataset, fault):
    case = dataset.cases.in_order().first()
    detection = dataset.detections.latest()
    moved = [MovedCase(one.pk, 0.123, None, one.score) for one in dataset.cases.all()]

    def work(what):
        if what == "order":
            return [reordering._write_piece(dataset, detection, moved) for _ in range(5)]
        return decide(case, erin(dataset), answer(dataset, "spam"), timezone.now()).pk

    def left():
        settled = Case.objects.get(pk=case.pk)
        return settled.status, Case.objects.filter(status="open").exclude(score=0.123).count()

    found, (status, behind) = in_threads(work, ["order", "answer"], left)
    assert all(found[0]) and found[1] and status == Case.SETTLED and behind == 0
    fault.lost(0)
