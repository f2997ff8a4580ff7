import csv
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.actions.exporting.export import export
from annotation.actions.files.import_decisions import import_decisions
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.actions.queue.reorder import reorder
from annotation.actions.queue.undo import last_decision, undo
from annotation.models import Case, CurrentLabel, Decision, Flag, Job, LearnedOrder
from annotation.reading.learned_order import learn_from_decisions, outcomes, prior_evidence_of
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, apart, imported
from tests.people import erin

pytestmark = pytest.mark.django_db


HAM = {f"i{n}" for n in range(10, 30, 2)}


def now():
    return timezone.now()


@pytest.fixture
def dataset(monkeypatch, tmp_path, settings):
    """Forty items of two sources, half of each class; the detector suspects 0 to 29, all equally. Orders follow one
    another at once."""
    settings.REORDER_SECONDS = 0
    says = Says({"doubtful": 0.6, "slightly": 0.5})
    says.flag_above, says.prior = 0.55, 0.38
    use(monkeypatch, says=says)
    rows = [
        {"id": f"i{n}", "text": apart("doubtful" if n < 30 else "slightly", n), "label": ("ham", "spam")[n % 2],
         "source": "mail" if n % 4 < 2 else "phone"}
        for n in range(40)
    ]  # fmt: skip
    made = imported(tmp_path, rows, source="source")
    detect(made)
    return made


def case_of(dataset, external_id):
    return dataset.cases.filter(case_items__item__external_id=external_id).order_by("-id").first()


def answered(dataset, numbers, wrong=lambda n: n % 2 == 0, **kwargs):
    """Erin decides these items; by default every ham proves to be spam."""
    for n in numbers:
        given, other = ("ham", "spam") if n % 2 == 0 else ("spam", "ham")
        said = other if wrong(n) else given
        decide(case_of(dataset, f"i{n}"), erin(dataset), answer(dataset, said), now(), **kwargs)


def queue(dataset):
    return [case.case_items.get().item.external_id for case in dataset.cases.open().in_order()]


def exported(dataset, tmp_path, **asked):
    export(dataset, "cases", tmp_path / "cases.csv", **asked)
    with (tmp_path / "cases.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_decisions_bring_the_class_that_proves_wrong_to_the_front(dataset):
    assert queue(dataset) == [f"i{n}" for n in range(30)]
    answered(dataset, range(10))
    order = reorder(dataset, now())
    assert set(queue(dataset)[:10]) == HAM
    assert order.n_decisions == 10 and order.rates["class"]["ham"][:2] == [5, 5] and order.calibration == []
    assert order.rates["class"]["spam"][:2] == [0, 5] and set(order.rates["source"]) == {"mail", "phone"}
    assert not dataset.cases.exclude(probability=None).exists()


def test_after_every_few_decisions_one_job_puts_the_queue_in_order(dataset):
    answered(dataset, range(4))
    assert not Job.objects.filter(kind="reorder").exists()
    answered(dataset, range(4, 9))
    job = Job.objects.get(kind="reorder")
    assert work_here(job).result == {"learned_order": LearnedOrder.objects.get().pk, "decisions": 9}
    assert queue(dataset)[0] in HAM
    answered(dataset, range(9, 13))
    assert Job.objects.filter(kind="reorder").count() == 1
    answered(dataset, range(13, 14))
    assert Job.objects.filter(kind="reorder").count() == 2


def test_zero_turns_it_off(dataset, settings):
    settings.REORDER_EVERY = 0
    answered(dataset, range(6))
    assert not Job.objects.filter(kind="reorder").exists()


def test_a_new_detection_applies_what_was_learned_at_once(dataset):
    answered(dataset, range(10))
    detect(dataset)
    assert set(queue(dataset)[:10]) == HAM
    assert LearnedOrder.objects.get().detection == dataset.detections.latest()


def test_an_item_is_judged_by_what_was_known_when_it_was_decided(dataset):
    """The second detection sees the expert's labels; what the first said of them still counts."""
    answered(dataset, range(10))
    detection = detect(dataset)
    answered(dataset, range(10, 12))
    learned = learn_from_decisions(dataset, prior_evidence_of(detection))
    assert learned.rates["class"]["ham"][:2] == [6, 6] and learned.n == 12


def test_labels_no_detector_flags_open_a_case_once_decisions_make_them_likely(dataset):
    answered(dataset, range(24), learn=False)
    reorder(dataset, now())
    assert "i30" not in queue(dataset)
    answered(dataset, range(24, 26), learn=False)
    reorder(dataset, now())
    order = queue(dataset)
    likely = [item for item in order if int(item[1:]) >= 30][:5]
    assert set(likely) == {"i30", "i32", "i34", "i36", "i38"}
    assert not Flag.objects.filter(item__external_id__in=likely).exists()
    before = Case.objects.count()
    reorder(dataset, now())
    detect(dataset)
    assert queue(dataset) == order and Case.objects.count() == before


def test_different_means_right_and_no_label_teaches_nothing(dataset):
    answered(dataset, [0])
    decide(case_of(dataset, "i2"), erin(dataset), answer(dataset, "ambiguous"), now())
    decide(case_of(dataset, "i4"), erin(dataset), answer(dataset, "bad_input"), now())
    assert outcomes(dataset)[["wrong"]].to_dict("list") == {"wrong": [True]}


def test_a_decision_taken_back_teaches_nothing(dataset):
    answered(dataset, [0])
    undo(last_decision(dataset.pk, erin(dataset)), erin(dataset), answer(dataset, "ham").token, now())
    assert (
        len(outcomes(dataset)) == 0
        and learn_from_decisions(dataset, prior_evidence_of(dataset.detections.get())).n == 0
    )


def test_before_the_first_detection_there_is_nothing_to_order(tmp_path):
    made = imported(tmp_path, [{"id": "a", "text": "x", "label": "y"}])
    assert reorder(made, now()) is None


def test_decisions_from_a_file_count_in_the_next_export(dataset, tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text("id,say\n" + "".join(f"i{n},spam\n" for n in range(10)))
    erin(dataset)
    import_decisions(dataset, path, erin(dataset), id="id", decision="say", now=now())
    assert LearnedOrder.objects.get().n_decisions == 10 and not Job.objects.filter(kind="reorder").exists()
    ids = [row["item_id"] for row in exported(dataset, tmp_path, everything=True)]
    assert set(ids[:10]) == HAM and set(ids[10:15]) == {f"i{n}" for n in range(30, 40, 2)}


def test_decisions_after_the_last_reorder_count_in_the_export(dataset, tmp_path):
    answered(dataset, range(10), learn=False)
    assert exported(dataset, tmp_path)[0]["item_id"] in HAM and queue(dataset)[0] == "i10"
    assert not LearnedOrder.objects.exists()


@pytest.fixture
def many(monkeypatch, tmp_path):
    """150 items; scores rise with the number, and so does how often a label is wrong."""
    use(monkeypatch, says=Says({f"n{n}": 0.12 + n / 200 for n in range(150)}))
    rows = [{"id": f"i{n}", "text": apart(f"n{n}", n), "label": ("ham", "spam")[n % 2]} for n in range(150)]
    made = imported(tmp_path, rows)
    detect(made)
    return made


def test_from_a_hundred_decisions_on_there_are_probabilities_where_predictions_held(many, tmp_path):
    """Seven of ten labels are wrong, whatever their score, and all kinds are decided."""
    shuffled = [n * 49 % 150 for n in range(100)]
    answered(many, shuffled[:99], wrong=lambda n: n % 10 < 7, learn=False)
    assert reorder(many, now()).calibration == [] and not many.cases.exclude(probability=None).exists()
    assert {row["probability_rests_on"] for row in exported(many, tmp_path, everything=True)} == {""}
    answered(many, shuffled[99:], wrong=lambda n: n % 10 < 7, learn=False)
    order = reorder(many, now())
    held = [one for one in order.support["checks"] if one["holds"]]
    chances = [case.probability for case in many.cases.open().in_order() if case.probability is not None]
    assert len(order.calibration) > 2 and held and len(chances) > 10
    assert all(any(one["low"] <= chance <= one["high"] for one in held) for chance in chances)
    rows = exported(many, tmp_path, everything=True)
    assert [float(row["probability"]) for row in rows if row["probability"]] == pytest.approx(chances, abs=1e-4)
    shown = next(row["probability_rests_on"] for row in rows if row["probability"])
    assert "before they were decided" in shown and "No probability" not in shown
    assert "What share of the 50 labels left is wrong nobody can say without an audit. Of the last 50 labels" in shown
    assert {row["probability_rests_on"] for row in rows[50:]} == {""}


def test_where_nobody_has_looked_there_is_no_probability_and_the_file_says_why(many, tmp_path):
    """The least likely are decided; nothing is known of the likelier ones but a line drawn on."""
    answered(many, range(100), wrong=lambda n: n % 5 * 30 < n, learn=False)
    order = reorder(many, now())
    assert order.calibration and not many.cases.open().exclude(probability=None).exists()
    row = exported(many, tmp_path, everything=True)[0]
    assert row["probability"] == "" and row["probability_rests_on"].startswith("No probability: of labels as likely")


def test_a_case_keeps_its_lease_and_status_when_scores_move(dataset):
    held = lease(dataset, erin(dataset), now())
    for n in range(10, 20):
        decide(case_of(dataset, f"i{n}"), erin(dataset), answer(dataset, "spam"), now() + timedelta(hours=1))
    reorder(dataset, now())
    held.refresh_from_db()
    assert held.leased_to == erin(dataset) and held.status == Case.OPEN
    assert Decision.objects.count() == 10 and CurrentLabel.objects.in_force().count() == 40
