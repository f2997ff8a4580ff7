"""What is settled of production changes nothing that reads the pool."""

import numpy as np
import pytest
from django.utils import timezone

from annotation.actions.detecting import detect
from annotation.actions.exporting.export import export
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.actions.queue.draw_audit import draw_audit
from annotation.actions.queue.reorder import reorder
from annotation.models import Flag
from annotation.reading.audit_answers import newest_error_rate
from annotation.reading.casework.listing import list_cases
from annotation.reading.disagreement import measure_disagreement
from annotation.reading.experts.measured_skill import measure_experts
from annotation.reading.findings import findings_of
from annotation.reading.labels_left import left_in_words
from annotation.reading.learned_order import learn_from_decisions, newest_detection, outcomes, prior_evidence_of
from tests.annotation.production_world import both_say, cases, drawn, world
from tests.factories import answer, open_case
from tests.people import emil, erin

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    made = world(tmp_path)
    work_here(detect.request_detection(made, background=False))
    draw_audit(made, size=5, now=timezone.now())
    for n in range(8):
        case = open_case(made, f"i{n}")
        decide(case, (erin, emil)[n % 2](made), answer(made, "access"), timezone.now(), learn=False)
    return made


def seen(dataset, tmp_path):
    """All that pages and jobs read of the pool."""
    detection = newest_detection(dataset)
    learned = learn_from_decisions(dataset, prior_evidence_of(detection))
    order = reorder(dataset, timezone.now())
    rate = newest_error_rate(dataset)
    path = tmp_path / "cases.csv"
    export(dataset, "cases", path, everything=True)
    skill = measure_experts(dataset)
    return {
        "chance": learned.chance.round(9).tolist(), "n": learned.n, "outcomes": outcomes(dataset).to_csv(),
        "order": (order.n_decisions, order.rates, order.worth, order.support), "left": left_in_words(dataset),
        "audit": rate and rate[1], "file": path.read_text(), "disagreement": repr(measure_disagreement(dataset)),
        "findings": [(one.finding.pk, one.open, one.decided, one.reversed) for one in findings_of(dataset)],
        "skill": skill and (skill.n_answers, repr(skill.skill)),
        "listed": [row.case.pk for row in list_cases(dataset, timezone.now()).rows],
        "flags": list(Flag.objects.order_by("id").values_list("item_id", "detector", "score")),
    }  # fmt: skip


def test_nothing_of_the_pool_changes(dataset, tmp_path):
    before = seen(dataset, tmp_path)
    drawn(dataset, 12)
    first, *rest = cases(dataset)
    for case in rest:
        both_say(dataset, case, "access", "access")
    both_say(dataset, first, "access", "payment")
    after = seen(dataset, tmp_path)
    assert before["n"] == 8 and before["skill"] is not None
    assert {name for name in before if before[name] != after[name]} == set()


def test_detectors_flag_the_same(dataset):
    def flags():
        newest = newest_detection(dataset)
        rows = Flag.objects.filter(detection=newest).order_by("item_id", "detector").values_list(
            "item_id", "detector", "score"
        )  # fmt: skip
        return [(item, detector, round(score, 9)) for item, detector, score in rows]

    work_here(detect.request_detection(dataset, background=False, again=True))
    before = flags()
    drawn(dataset, 12)
    for case in cases(dataset):
        both_say(dataset, case, "access", "access")
    work_here(detect.request_detection(dataset, background=False, again=True))
    assert before and flags() == before and np.isfinite([score for *_, score in before]).all()
