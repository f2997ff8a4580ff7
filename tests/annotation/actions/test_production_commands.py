"""A draw and its set by command, one line of JSON each."""

import pytest

from annotation.models import ProductionItem, SnapshotRow
from tests.annotation.production_world import both_say, cases, world
from tests.test_commands import refusal, result

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return world(tmp_path)


def test_it_works(dataset):
    asked = ("draw_production", "support", "--n", 20, "--stratified", "source", "--name", "March", "--seed", 3)
    said = result(*asked)
    assert (said["draw"], said["items"], said["drawn"], said["answers_each"]) == ("March", 40, 20, 2)
    assert [one["name"] for one in said["strata"]] == ["phone", "web"] and ProductionItem.objects.count() == 20
    both_say(dataset, cases(dataset)[0], "access", "access")
    frozen = result("snapshot", "support", "--purpose", "production", "--draw", "March")
    assert (frozen["draw"], frozen["rows"], frozen["left_out"]["without_label"]) == ("March", 1, 19)
    assert SnapshotRow.objects.get().annotators


def test_what_is_refused(dataset):
    assert "3 answers" in refusal("draw_production", "support", "--answers", 3)
    assert "no draw 'May'" in refusal("snapshot", "support", "--purpose", "production", "--draw", "May")
    assert "--purpose production" in refusal("snapshot", "support", "--purpose", "training", "--draw", "May")
