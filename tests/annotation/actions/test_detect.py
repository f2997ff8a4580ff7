from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from annotation.actions.detecting.detect import request_detection
from annotation.actions.files.import_labels import import_labels
from annotation.actions.jobs.work import UnableToWork
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.undo import last_decision, undo
from annotation.core.detectors.annotator_disagreement import AnnotatorDisagreement
from annotation.core.detectors.count_rule import CountRule
from annotation.core.detectors.near_duplicate_conflict import NearDuplicateConflict
from annotation.core.detectors.suspicion import Suspicion
from annotation.models import Case, CurrentLabel, Finding, FindingItem, Flag, Item, Job, Ruling
from tests.annotation.actions.fake_detectors import Breaks, Says, detect, one_finding, use
from tests.factories import answer, imported, open_case, small_dataset
from tests.people import emil, erin, leo

pytestmark = pytest.mark.django_db
ORDER = "the order of {} has not arrived at my address and nobody answers the phone, please look into it soon"


def row(name, text, label, **more):
    return {"id": name, "text": text, "label": label, **more}


def with_copies(tmp_path):
    """Three near-copies a, b, c, of which c carries another label, and two items apart."""
    rows = [row(name, ORDER.format(day), label) for name, day, label in
            [("a", "monday", "late"), ("b", "tuesday", "late"), ("c", "friday", "lost")]]  # fmt: skip
    return imported(tmp_path, [*rows, row("d", "refund wanted", "lost"), row("e", "it came too late", "late")])


def queue(dataset):
    """Open cases in order, each as the external ids of its items."""
    return [
        "".join(sorted(case.case_items.values_list("item__external_id", flat=True)))
        for case in dataset.cases.open().in_order()
    ]


def case_of(dataset, *external_ids):
    return dataset.cases.filter(case_items__item__external_id__in=external_ids).order_by("-id").first()


def settled(dataset, name, *external_ids, by=erin):
    shown = {"blind": False} if name == "different" else {}  # blind, each member would be asked about alone
    return decide(case_of(dataset, *external_ids), by(dataset), answer(dataset, name, **shown), timezone.now())


@pytest.fixture
def copies(monkeypatch, tmp_path):
    """The dataset with copies, looked at by the detector of conflicts alone."""
    use(monkeypatch, near_duplicate_conflict=NearDuplicateConflict())
    return with_copies(tmp_path)


def test_flags_say_why_and_what_to_look_at_instead(copies):
    detection = detect(copies)
    flags = {flag.item.external_id: flag for flag in detection.flags.select_related("item", "suggested")}
    assert set(flags) == {"a", "b", "c"}
    assert flags["c"].reason == "Near-identical items carry different labels: 2 “late”, 1 “lost”."
    assert flags["c"].suggested.name == "late" and flags["a"].suggested is None
    assert flags["c"].score == pytest.approx(2 / 3) and flags["a"].score == pytest.approx(1 / 3)
    assert flags["c"].current_label == CurrentLabel.objects.get(item__external_id="c")


def test_the_result_counts_what_was_written(copies):
    detection = detect(copies)
    assert Job.objects.get(kind="detection").result == {
        "detection": detection.pk, "items": 5, "groups": 1, "flags": 3, "findings": 0, "cases": 1, "failed": {},
        "not_applicable": {},
    }  # fmt: skip
    assert (detection.n_groups, detection.n_conflicts) == (1, 1)


def test_a_group_in_conflict_is_one_case_known_by_its_medoid(copies):
    group = detect(copies).groups.get()
    members = Item.objects.filter(pk__in=group.members.values("item"))
    assert {item.external_id for item in members} == {"a", "b", "c"} and group.in_conflict and group.size == 3
    assert queue(copies) == ["abc"] and copies.cases.get().group_digest == group.digest
    assert group.digest in {item.digest for item in members}


def test_a_group_of_one_mind_is_stored_but_opens_nothing(monkeypatch, tmp_path):
    use(monkeypatch, near_duplicate_conflict=NearDuplicateConflict())
    rows = [row(name, ORDER.format(name), "late") for name in ("one", "two")] + [row("x", "quite different", "lost")]
    dataset = imported(tmp_path, rows)
    detection = detect(dataset)
    assert detection.groups.get().in_conflict is False and detection.n_conflicts == 0 and queue(dataset) == []


def test_a_tie_of_annotators_is_a_case(monkeypatch, tmp_path):
    use(monkeypatch, annotator_disagreement=AnnotatorDisagreement())
    said = [("a", "late", "1"), ("a", "lost", "2"), ("b", "late", "1"), ("b", "late", "2"), ("c", "lost", "1")]
    dataset = imported(tmp_path, [row(i, f"text {i}", label, who=who) for i, label, who in said], annotator="who")
    flag = detect(dataset).flags.get()
    assert flag.reason == "Of 2 annotators 1 says “late”, 1 says “lost”." and flag.current_label.state == "contested"
    assert queue(dataset) == ["a"]


def test_cases_open_in_order_of_suspicion(monkeypatch, tmp_path):
    use(monkeypatch, says=Says({"refund": 0.3, "charged": 0.9, "reset": 0.6, "locked": 0.05}))
    dataset = small_dataset(tmp_path)
    detection = detect(dataset)
    assert queue(dataset) == ["s4", "s3", "s6"] and detection.n_flags == 3
    assert {flag.suggested.name for flag in detection.flags.all()} == {"payment"}


def test_what_the_order_puts_first_opens_a_case_without_a_flag(monkeypatch, tmp_path):
    says = Says({"charged": 0.9, "reset": 0.5, "locked": 0.3})
    says.flag_above = 0.55
    use(monkeypatch, says=says)
    dataset = small_dataset(tmp_path)
    assert detect(dataset).n_flags == 1 and queue(dataset) == ["s4", "s3"]


def test_a_later_detection_keeps_open_cases_with_their_new_score_and_withdraws_the_rest(monkeypatch, tmp_path):
    use(monkeypatch, says=Says({"charged": 0.9, "reset": 0.6, "refund": 0.3}))
    dataset = small_dataset(tmp_path)
    detect(dataset)
    kept, gone = case_of(dataset, "s3"), case_of(dataset, "s4")
    use(monkeypatch, says=Says({"reset": 0.2, "refund": 0.8, "declined": 0.5}))
    detect(dataset, again=True)
    assert queue(dataset) == ["s6", "s2", "s3"]
    assert Case.objects.get(pk=kept.pk).score < kept.score and case_of(dataset, "s3") == kept
    assert Case.objects.get(pk=gone.pk).status == Case.WITHDRAWN


def test_a_case_somebody_holds_is_not_withdrawn(monkeypatch, tmp_path):
    use(monkeypatch, says=Says({"charged": 0.9, "reset": 0.6}))
    dataset = small_dataset(tmp_path)
    detect(dataset)
    held = lease(dataset, erin(dataset), timezone.now())
    use(monkeypatch, says=Says({}))
    detect(dataset, again=True)
    assert queue(dataset) == ["s4"] and case_of(dataset, "s4") == held
    Case.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
    detect(dataset, again=True)
    assert queue(dataset) == []


def test_a_settled_item_stays_settled_and_its_flags_are_stored(monkeypatch, tmp_path):
    use(monkeypatch, says=Says({"charged": 0.9, "reset": 0.6}))
    dataset = small_dataset(tmp_path)
    detect(dataset)
    settled(dataset, "payment", "s4")
    detection = detect(dataset)
    assert queue(dataset) == ["s3"] and Case.objects.filter(case_items__item__external_id="s4").count() == 1
    assert Flag.objects.filter(detection=detection, item__external_id="s4").exists()


@pytest.mark.parametrize("outcome", ["ambiguous", "bad_input"])
def test_an_item_taken_out_is_not_asked_about_again(monkeypatch, tmp_path, outcome):
    use(monkeypatch, says=Says({"charged": 0.9}))
    dataset = small_dataset(tmp_path)
    detect(dataset)
    settled(dataset, outcome, "s4")
    detect(dataset)
    assert queue(dataset) == []


def test_legitimately_different_closes_the_pairs_for_later_detections(copies):
    detect(copies)
    settled(copies, "different", "a")
    detection = detect(copies, again=True)
    assert queue(copies) == [] and detection.groups.get().in_conflict and detection.n_flags == 3


def test_a_member_called_different_comes_back_alone_when_a_detector_suspects_it_later(copies, monkeypatch):
    detect(copies)
    settled(copies, "different", "a")
    use(monkeypatch, near_duplicate_conflict=NearDuplicateConflict(), says=Says({"order": 0.9}))
    detect(copies, again=True)
    assert sorted(queue(copies)) == ["a", "b", "c"]
    settled(copies, "late", "a")
    detect(copies, again=True)
    assert "a" not in queue(copies)


def test_what_was_suspected_before_the_answer_does_not_come_back(copies, monkeypatch):
    use(monkeypatch, near_duplicate_conflict=NearDuplicateConflict(), says=Says({"order": 0.9}))
    detect(copies)
    settled(copies, "different", "a")
    detect(copies, again=True)
    assert queue(copies) == []


def test_a_closed_pair_opens_again_when_the_decision_is_taken_back(copies):
    detect(copies)
    settled(copies, "different", "a")
    undo(last_decision(copies.pk, erin(copies)), erin(copies), answer(copies, "late").token, timezone.now())
    detect(copies, again=True)
    assert queue(copies) == ["abc"]


def test_a_pair_that_nobody_looked_at_is_not_closed(copies, tmp_path):
    detect(copies)
    settled(copies, "different", "a")
    imported(tmp_path, [row("f", ORDER.format("sunday"), "lost")])
    detect(copies)
    assert queue(copies) == ["abcf"]


def test_a_new_member_opens_a_settled_group_again_and_names_the_earlier_case(copies, tmp_path):
    detect(copies)
    decision = settled(copies, "late", "a")
    imported(tmp_path, [row("f", ORDER.format("sunday"), "lost")])
    detect(copies)
    again = copies.cases.open().get()
    assert queue(copies) == ["abcf"] and again.reopens == decision.case
    assert again.reopen_reason == "a new member of its group"


def test_a_case_opened_again_is_not_withdrawn(monkeypatch, tmp_path):
    use(monkeypatch, says=Says({"charged": 0.9}))
    dataset = small_dataset(tmp_path)
    detect(dataset)
    settled(dataset, "payment", "s4")
    path = tmp_path / "labels.csv"
    path.write_text("item,who,label\ns4,ann9,access\n")
    import_labels(dataset, path, item="item", annotator="who", label="label")
    use(monkeypatch, says=Says({}))
    detect(dataset)
    assert queue(dataset) == ["s4"] and dataset.cases.open().get().reopen_reason == "a new label came in"


def test_whoever_decided_is_not_offered_the_reopened_case(copies, tmp_path):
    detect(copies)
    settled(copies, "late", "a")
    imported(tmp_path, [row("f", ORDER.format("sunday"), "lost")])
    detect(copies)
    assert lease(copies, erin(copies), timezone.now()) is None
    assert lease(copies, emil(copies), timezone.now()) == copies.cases.open().get()


def test_a_detector_that_fails_is_reported_and_the_rest_go_on(monkeypatch, tmp_path):
    needy = Says({"charged": 0.5})
    needy.needs = frozenset({"images", "labels"})
    use(monkeypatch, broken=Breaks({"charged": 0.9}), needy=needy, says=Says({"reset": 0.6}))
    dataset = small_dataset(tmp_path)
    detection = detect(dataset)
    assert detection.failed == {"broken": "ZeroDivisionError: no such thing."}
    assert detection.not_applicable == {"needy": "There is no evidence of this kind yet: images."}
    assert Job.objects.get(kind="detection").result["not_applicable"] == detection.not_applicable
    assert queue(dataset) == ["s3"] and set(detection.flags.values_list("detector", flat=True)) == {"says"}


def test_only_the_detectors_asked_for_run(monkeypatch, tmp_path):
    use(monkeypatch, one=Says({"charged": 0.9}), two=Says({"reset": 0.6}))
    dataset = small_dataset(tmp_path)
    assert set(detect(dataset, only=("two",)).flags.values_list("detector", flat=True)) == {"two"}
    with pytest.raises(UnableToWork, match="There is no detector 'three'. Detectors: one, two."):
        request_detection(dataset, only=("three",), background=False)


def test_a_finding_is_stored_with_its_items_in_the_order_worth_reviewing(monkeypatch, tmp_path):
    use(monkeypatch, says=Says({}, finds=one_finding))
    dataset = small_dataset(tmp_path)
    finding = detect(dataset).findings.get()
    assert (finding.kind, finding.key, finding.title, finding.rule) == ("count_rule", "k", "A rule", {"word": "w"})
    assert (finding.n, finding.value, finding.low, finding.high) == (2, 1.0, 0.3, 1.0)
    assert list(finding.covered.order_by("id").values_list("item__external_id", flat=True)) == ["s2", "s1"]


def test_a_finding_of_long_names_is_stored_under_a_key_of_its_own(monkeypatch, tmp_path):
    """A token of 254 characters, and classes of 100 that differ in the last: they fit PostgreSQL's columns too."""
    word, names = "w" * 254, ["c" * 99 + end for end in "ab"]

    def finds(evidence):
        found = (f"count_rule:{word}>5→{name}" for name in names)
        return [Suspicion("count_rule", key, key * 2, "So.", {}, np.array([0]), 1, 1.0, 0.2, 1.0) for key in found]

    use(monkeypatch, says=Says({}, finds=finds))
    findings = list(detect(small_dataset(tmp_path)).findings.all())
    assert len({finding.key for finding in findings}) == 2
    assert all(len(finding.key) <= 200 and len(finding.title) <= 300 for finding in findings)


def test_a_token_of_254_letters_that_obeys_a_count_rule_is_a_finding(monkeypatch, tmp_path):
    use(monkeypatch, count_rule=CountRule())
    word, names = "w" * 254, ["c" * 99 + end for end in "ab"]
    rows = [row(f"i{n}", f"{word} " * (n % 10) + f"text number{n}", names[n % 10 > 5]) for n in range(120)]
    detection = detect(imported(tmp_path, rows))
    finding = detection.findings.get()
    assert detection.failed == {} and finding.rule["word"] == word
    assert len(finding.key) <= 200 and len(finding.title) <= 300


def test_a_pool_without_labels_is_reported_in_a_sentence(monkeypatch, tmp_path):
    use(monkeypatch, says=Says({}))
    dataset = imported(tmp_path, [{"id": "a", "text": "x"}], label=None, classes=("x", "y"))
    with pytest.raises(UnableToWork, match="The pool of 'support' has no labelled items yet"):
        detect(dataset)
    only_production = imported(tmp_path, [row("a", "x", "late")], "other", split="production")
    with pytest.raises(UnableToWork, match="The pool of 'other' has no labelled items yet"):
        detect(only_production)
    assert not dataset.detections.exists() and not Case.objects.exists()


def test_production_is_never_looked_at(copies, tmp_path):
    imported(tmp_path, [row("p", "it came too late", "lost"), row("q", ORDER.format("sunday"), "lost")],
             split="production")  # fmt: skip
    detection = detect(copies)
    assert detection.n_items == 5 and queue(copies) == ["abc"]
    production = Item.objects.filter(split=Item.PRODUCTION)
    assert not Flag.objects.filter(item__in=production).exists()
    assert not production.filter(case_items__isnull=False).exists()
    assert not detection.groups.filter(members__item__in=production).exists()


def test_asked_again_without_a_change_it_is_the_same_detection(copies, tmp_path):
    first = request_detection(copies, background=False)
    assert request_detection(copies, background=False) == first
    imported(tmp_path, [row("f", "something new", "late")])
    assert request_detection(copies, background=False) != first


def test_the_houses_own_detectors_run_on_few_items(tmp_path):
    detection = detect(with_copies(tmp_path))
    assert detection.n_items == 5
    assert detection.failed == {}
    assert detection.not_applicable["annotator_disagreement"] == "No item has labels of two annotators."
    assert detection.not_applicable["leakage"] == "There is no evidence of this kind yet: production."
    assert all(flag.reason.endswith(".") and 0 < flag.score <= 1 for flag in detection.flags.all())


def ticked(dataset, name, case, *external_ids):
    items = tuple(Item.objects.filter(external_id__in=external_ids).values_list("id", flat=True))
    return decide(case, erin(dataset), answer(dataset, name, items=items), timezone.now())


def test_what_a_partial_answer_left_consistent_is_not_opened_as_a_whole_again(copies):
    """c alone carries lost, and the expert confirms it; a and b agree, and keep their case."""
    detect(copies)
    ticked(copies, "lost", case_of(copies, "a"), "c")
    assert queue(copies) == ["ab"]
    left = case_of(copies, "a")
    detect(copies)
    assert queue(copies) == ["ab"] and case_of(copies, "a") == left and not left.reopens
    settled(copies, "late", "a")
    detect(copies)
    assert queue(copies) == []


def test_what_is_left_and_withdrawn_is_not_asked_about_again_while_it_agrees(copies):
    detect(copies)
    ticked(copies, "lost", case_of(copies, "a"), "c")
    copies.cases.open().update(status=Case.WITHDRAWN)
    detect(copies, again=True)
    assert queue(copies) == []


def test_what_a_partial_answer_left_in_conflict_is_asked_about_without_the_decided(copies):
    detect(copies)
    ticked(copies, "lost", case_of(copies, "a"), "a")
    detect(copies)
    assert queue(copies) == ["bc"]


def test_a_new_member_opens_a_partly_decided_group_whole(copies, tmp_path):
    detect(copies)
    ticked(copies, "lost", case_of(copies, "a"), "c")
    imported(tmp_path, [row("f", ORDER.format("sunday"), "late")])
    detect(copies)
    assert queue(copies) == ["abcf"]


@pytest.mark.parametrize(
    ("author", "ruling", "stays"),
    [(True, None, True), (True, "dismissed", False), (False, "accepted", True), (False, "quarantined", True),
     (False, "dismissed", False), (False, None, False)],
)  # fmt: skip
def test_cases_of_typed_and_accepted_findings_are_not_withdrawn(monkeypatch, tmp_path, author, ruling, stays):
    use(monkeypatch, says=Says({}))
    dataset = small_dataset(tmp_path)
    detect(dataset)
    case = open_case(dataset, "s2")
    finding = Finding.objects.create(
        dataset=dataset, author=leo(dataset) if author else None, kind="rule", key="k", title="t", reason="r", rule={},
        n=1, value=1, low=0, high=1,
    )  # fmt: skip
    FindingItem.objects.create(finding=finding, item=Item.objects.get(external_id="s2"))
    for said in ("new" if ruling == "accepted" else "accepted", ruling or "new"):
        Ruling.objects.create(dataset=dataset, key="k", ruling=said, lead=leo(dataset))
    detect(dataset, again=True)
    case.refresh_from_db()
    assert case.status == (Case.OPEN if stays else Case.WITHDRAWN)
