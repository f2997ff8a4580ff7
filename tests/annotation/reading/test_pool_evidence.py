import pytest
from django.utils import timezone

from annotation.actions.crowd.estimate_consensus import request_consensus
from annotation.actions.detecting.detect import request_detection
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.models import Label
from annotation.reading.pool_evidence import pool_frame, votes_of
from tests.factories import answer, imported, open_case
from tests.people import erin

pytestmark = pytest.mark.django_db


@pytest.fixture
def relabelled(tmp_path):
    """120 items of one annotator each, of which an expert decides sixty the other way."""
    rows = [
        {"id": f"i{n}", "text": f"item {n} {'late parcel' if n % 2 else 'card refused'}", "who": f"ann{n % 3}",
         "label": "post" if n % 2 else "card"}
        for n in range(120)
    ]  # fmt: skip
    dataset = imported(tmp_path, rows, annotator="who")
    for n in range(60):
        said = answer(dataset, "card" if n % 2 else "post")
        decide(open_case(dataset, f"i{n}"), erin(dataset), said, timezone.now())
    return dataset


def test_an_experts_answer_is_no_vote(relabelled):
    votes, annotators = votes_of(relabelled, pool_frame(relabelled))
    assert Label.objects.filter(origin=Label.EXPERT).count() == 60
    assert set(annotators) == {"ann0", "ann1", "ann2"}
    assert len(votes) == 120 and not votes["item"].duplicated().any()


def test_with_one_annotator_an_item_nobody_disagrees(relabelled):
    found = work_here(request_detection(relabelled, background=False)).outcome
    assert "annotator_disagreement" in found["not_applicable"]
    newest = relabelled.detections.latest("id")
    kinds = set(newest.findings.values_list("kind", flat=True))
    assert not kinds & {"annotator_shortcut", "contested_confident"}
    titles = " ".join(newest.findings.values_list("title", flat=True))
    assert "do not agree" not in titles and "disagree" not in titles


def test_the_consensus_counts_annotators_alone(relabelled):
    estimated = work_here(request_consensus(relabelled, background=False)).outcome
    assert (estimated["labels"], estimated["items"], estimated["contested"]) == (120, 120, 0)
    assert estimated["method"] == "majority"
