import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.actions.queue.draw_audit import UnableToAudit, draw_audit
from annotation.actions.queue.lease import lease
from annotation.actions.queue.next_case import AUDIT_EVERY
from annotation.actions.queue.skip import skip
from annotation.models import Audit, AuditItem, Case, Decision, Finding, Item, LearnedOrder
from annotation.reading.audit_answers import audit_state
from annotation.reading.casework.listing import list_cases
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, apart, imported, open_case
from tests.pages import html_of
from tests.people import emil, erin, leo, olga

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(monkeypatch, tmp_path):
    """Sixty items, the first ten suspected."""
    use(monkeypatch, says=Says({"doubtful": 0.6}))
    rows = [{"id": f"i{n}", "text": apart("doubtful" if n < 10 else f"plain n{n}", n), "label": ("ham", "spam")[n % 2]}
            for n in range(60)]  # fmt: skip
    made = imported(tmp_path, rows)
    detect(made)
    return made


def drawn(dataset, **asked):
    return draw_audit(dataset, now=timezone.now(), **asked)


def say(case, user, name):
    return decide(case, user, answer(case.dataset, name), timezone.now())


def label_of(case):
    return case.case_items.get().item.current_labels.order_by("-id").first().label_class.name


def test_a_draw_opens_a_case_for_each_item_that_has_none(dataset):
    audit = drawn(dataset, size=30)
    items = AuditItem.objects.filter(audit=audit)
    assert (audit.n_items, audit.n_drawn, items.count()) == (60, 30, 30)
    assert sum(one["items"] for one in audit.strata) == 60 and audit.detection == dataset.detections.get()
    suspected = items.filter(item__external_id__in=[f"i{n}" for n in range(10)]).count()
    assert suspected > 5
    assert dataset.cases.open().filter(kind=Case.AUDIT).count() == 30 - suspected
    assert dataset.cases.open().count() == 40 - suspected
    assert not AuditItem.objects.filter(item__case_items__isnull=True).exists()


def test_an_audit_case_comes_up_every_so_often_and_all_come_in_the_end(dataset):
    drawn(dataset, size=30)
    user, kinds = erin(dataset), []
    while case := lease(dataset, user, timezone.now()):
        kinds.append(AuditItem.objects.filter(item__case_items__case=case).exists())
        say(case, user, label_of(case))
    assert sum(kinds) == 30 and AUDIT_EVERY == 10
    state = audit_state(dataset)
    assert (state.rate.answered, state.rate.wrong, state.rate.rate.value) == (30, 0, 0.0)
    assert state.rate.rate.high > 0.02


def test_audit_cases_are_mixed_in_deterministically(dataset):
    """Of 100 hand-outs with 60 cases ahead in the queue some are of the audit, the same ones each time."""
    Case.objects.all().delete()
    audit = drawn(dataset, size=30)
    first = AuditItem.objects.filter(audit=audit).order_by("id").first().item
    case = dataset.cases.get(case_items__item=first)
    user, turns = erin(dataset), 0
    for _ in range(60):
        held = lease(dataset, user, timezone.now())
        assert held == lease(dataset, user, timezone.now())
        turns += held == case
        skip(held, user, timezone.now())
        if turns:
            break
    assert turns == 1


def test_nothing_shows_an_audit_case_to_anybody(dataset, client):
    drawn(dataset, size=30)
    listed = {row.case.kind for row in list_cases(dataset, timezone.now()).rows}
    assert listed == {Case.REVIEW}
    Case.objects.filter(kind=Case.REVIEW).delete()
    client.force_login(erin(dataset))
    page = html_of(client.get(reverse("queue", args=[dataset.slug])))
    assert "plain" in page and "audit" not in page.lower()
    case = lease(dataset, erin(dataset), timezone.now())
    say(case, erin(dataset), label_of(case))
    for name in ("history", "queue"):
        assert "audit" not in html_of(client.get(reverse(name, args=[dataset.slug]))).lower()


def test_audit_decisions_settle_like_any_other(dataset):
    drawn(dataset, size=30)
    case = dataset.cases.filter(kind=Case.AUDIT).first()
    say(case, erin(dataset), "spam")
    case.refresh_from_db()
    assert case.status == Case.SETTLED and label_of(case) == "spam"
    assert case.case_items.get().item.current_labels.order_by("-id").first().basis == "decision"


def test_the_rate_counts_answers_against_the_labels_at_the_draw(dataset):
    audit = drawn(dataset, size=60)
    for n, one in enumerate(AuditItem.objects.filter(audit=audit).order_by("item_id")):
        case = dataset.cases.get(case_items__item=one.item)
        own, other = ("ham", "spam") if n % 2 == 0 else ("spam", "ham")
        name = other if n < 15 else "ambiguous" if n == 20 else own
        if n < 50:
            say(case, erin(dataset), name)
    state = audit_state(dataset)
    assert (state.rate.drawn, state.rate.answered, state.rate.wrong, state.taken_out) == (60, 50, 15, 1)
    assert state.waiting == 10 and (state.rate.least, state.rate.most) == pytest.approx((15 / 60, 25 / 60))
    assert state.rate.rate.low < 15 / 50 < state.rate.rate.high
    flags = state.recalls[0]
    assert flags.of == "labels that a detector flags" and flags.too_few and flags.share.n == 15
    assert flags.share.value == pytest.approx(10 / 15, abs=0.12)


def test_recall_is_pooled_over_audits_and_decided_items_are_not_asked_again(dataset):
    drawn(dataset, size=60)
    some = list(dataset.cases.open()[:20])
    wrong = sum(label_of(case) == "spam" for case in some)
    for case in some:
        say(case, erin(dataset), "ham")
    again = drawn(dataset, size=60, seed=1)
    assert again.n_items == 60 and again.n_drawn == 40
    assert dataset.cases.open().count() == 40
    state = audit_state(dataset)
    assert state.audit == again and state.rate.answered == 0 and state.recalls[0].share.n == wrong


def test_a_case_of_the_audit_that_a_detector_comes_to_suspect_is_kept(monkeypatch, dataset):
    drawn(dataset, size=60)
    case = dataset.cases.get(case_items__item__external_id="i30")
    use(monkeypatch, says=Says({"n30": 0.7}))
    detect(dataset, again=True)
    case.refresh_from_db()
    assert (case.kind, case.status) == (Case.REVIEW, Case.OPEN)
    unsuspected = dataset.cases.get(case_items__item__external_id="i31")
    assert (unsuspected.kind, unsuspected.status) == (Case.AUDIT, Case.OPEN)


def test_an_audit_never_asks_who_gave_the_label(dataset):
    drawn(dataset, size=60)
    case = dataset.cases.filter(kind=Case.AUDIT).first()
    say(case, erin(dataset), "ambiguous")
    Case.objects.filter(pk=case.pk).update(status=Case.OPEN)
    Case.objects.exclude(pk=case.pk).delete()
    assert lease(dataset, erin(dataset), timezone.now()) is None
    assert lease(dataset, emil(dataset), timezone.now()) == case


def test_without_a_detection_one_stratum_after_another_is_drawn_at_random(tmp_path):
    made = imported(tmp_path, [{"id": str(n), "text": f"t {n}", "label": "a"} for n in range(40)])
    audit = drawn(made, size=20)
    assert audit.detection is None and audit.n_drawn == 20 and audit_state(made).recalls == ()


def test_nothing_to_draw_is_a_sentence(dataset, tmp_path):
    with pytest.raises(UnableToAudit, match="draw at least 1"):
        drawn(dataset, size=0)
    bare = imported(tmp_path, [{"id": "a", "text": "x"}], "bare", label=None, classes=("x", "y"))
    with pytest.raises(UnableToAudit, match="has no labelled items yet"):
        drawn(bare)
    settled = imported(tmp_path, [{"id": "a", "text": "x", "label": "ham"}], "settled")
    say(open_case(settled, "a"), erin(settled), "ham")
    with pytest.raises(UnableToAudit, match="nothing is left to draw"):
        drawn(settled)
    assert not Audit.objects.exists()


def test_production_is_never_drawn(dataset, tmp_path):
    imported(tmp_path, [{"id": "p", "text": "from production", "label": "ham"}], split="production")
    drawn(dataset, size=100)
    assert not AuditItem.objects.filter(item__split=Item.PRODUCTION).exists()


def printed(*arguments):
    out = StringIO()
    call_command("audit", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_draws_and_prints_the_estimate(dataset):
    with pytest.raises(CommandError, match="has no audit yet; --draw draws one"):
        call_command("audit", "support")
    first = printed("support", "--draw", "--size", "60", "--seed", "3")
    assert (first["drawn"], first["answered"], first["error_rate"]) == (60, 0, None)
    assert first["if_unanswered_right"] == 0 and first["if_unanswered_wrong"] == 1
    say(dataset.cases.filter(kind=Case.AUDIT).first(), erin(dataset), "spam")
    again = printed("support")
    assert again["audit"] == first["audit"] and again["answered"] == 1 and again["error_rate"]["n"] == 1
    assert again["recall"]["labels that a detector flags"] == "too few"


def test_the_page_draws_and_says_what_is_known(dataset, client):
    client.force_login(leo(dataset))
    url = reverse("audit", args=[dataset.slug])
    assert "How many labels are wrong? An audit answers that" in html_of(client.get(url))
    assert client.post(url).status_code == 302 and Audit.objects.get().lead == leo(dataset)
    assert "None of 60 items drawn is answered yet" in html_of(client.get(url))
    for case in dataset.cases.open()[:40]:
        say(case, erin(dataset), "ham")
    page = html_of(client.get(url))
    assert "of the labels are wrong</h1>" in page and "n = 40" in page and "too few" in page
    assert Decision.objects.count() == 40


def test_asked_twice_at_once_it_draws_once(dataset, client):
    client.force_login(leo(dataset))
    url = reverse("audit", args=[dataset.slug])
    client.post(url, {"after": ""})
    again = html_of(client.post(url, {"after": ""}, follow=True))
    assert "An audit was drawn in the meantime" in again and Audit.objects.count() == 1
    client.post(url, {"after": Audit.objects.get().pk})
    assert Audit.objects.count() == 2


def test_findings_and_detectors_are_named_as_on_other_pages(dataset, client):
    Finding.objects.create(
        dataset=dataset, author=leo(dataset), kind="rule", key="rule:x", title="spam where it says x", rule={}, n=9,
        value=1, low=0, high=1,
    )  # fmt: skip
    often, seldom = (3, 9, 0.3), (1, 5, 0.2)
    rates = {"finding": {"rule:x": often, "gone": seldom}, "detector": {"a_b": often, "c": seldom}}
    LearnedOrder.objects.create(dataset=dataset, detection=dataset.detections.get(), rates=rates, n_decisions=9)
    client.force_login(leo(dataset))
    page = html_of(client.get(reverse("audit", args=[dataset.slug])))
    assert "spam where it says x" in page and "rule:x" not in page
    assert "<td>gone</td>" in page and "<td>a b</td>" in page


@pytest.mark.parametrize("who", [erin, lambda dataset: olga()])
def test_only_leads_see_it(dataset, client, who):
    client.force_login(who(dataset))
    assert client.get(reverse("audit", args=[dataset.slug])).status_code == 404
    assert client.post(reverse("audit", args=[dataset.slug])).status_code == 404
    assert not Audit.objects.exists()
