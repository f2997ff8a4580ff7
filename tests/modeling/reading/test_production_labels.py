"""Who labelled a production set is what was frozen with it."""

import pytest
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.actions.snapshot import snapshot
from annotation.models import Label, Snapshot, SnapshotRow
from modeling.reading.comparing.production_labels import who_labelled
from tests import people
from tests.annotation.production_world import both_say, cases, drawn, world
from tests.factories import answer, open_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return world(tmp_path)


@pytest.fixture
def production(dataset):
    draw = drawn(dataset, 4)
    for case in cases(dataset):
        both_say(dataset, case, "access", "access")
    return snapshot(dataset, Snapshot.PRODUCTION, draw=draw)


def test_answers_to_production_alone_are_no_relabelling(production):
    assert who_labelled(production) == {"annotators": ["@erin", "@emil"], "shared": 0, "share": 0.0}


def test_who_relabels_the_pool_too_is_counted(dataset, production):
    decide(open_case(dataset, "i1"), people.emil(dataset), answer(dataset, "access"), timezone.now())
    assert who_labelled(production)["share"] == 1.0


def test_labels_that_come_later_change_nothing(dataset, production):
    file = dataset.annotators.create(name="later")
    for row in production.rows.all():
        Label.objects.create(item=row.item, annotator=file, label_class=row.label_class, origin=Label.IMPORT)
    assert who_labelled(production)["annotators"] == ["@erin", "@emil"]


def test_a_set_of_before_is_read_today_and_says_so(dataset, production):
    SnapshotRow.objects.filter(snapshot=production).update(annotators=None)
    found = who_labelled(production)
    assert found["live"] and sorted(found["annotators"]) == ["@emil", "@erin"]
