"""A detection builds on what the one before worked out, and comes to the same groups without it."""

from pathlib import Path

import pytest
from django.conf import settings

from annotation.core.detectors.near_duplicate_conflict import NearDuplicateConflict
from annotation.core.fields import Field
from annotation.core.likeness import text_index
from annotation.models import Detection, GroupMember
from tests.annotation.actions.fake_detectors import detect, use
from tests.factories import imported

pytestmark = pytest.mark.django_db
ORDER = "the order of {} has not arrived at my address and nobody answers the phone, please look into it soon"


def rows(first, last):
    words = ("monday", "tuesday", "friday", "sunday")
    return [{"id": f"i{n}", "text": f"{ORDER.format(words[n % 4])} {'abcdefgh'[n // 4] * 40}", "label": "late"}
            for n in range(first, last)]  # fmt: skip


@pytest.fixture
def sketched(monkeypatch):
    """How many texts each detection sketches."""
    counts = []
    sketch = text_index.sketch
    monkeypatch.setattr(text_index, "sketch", lambda texts, seed: counts.append(len(texts)) or sketch(texts, seed))
    return counts


@pytest.fixture
def dataset(monkeypatch, tmp_path):
    use(monkeypatch, near_duplicate_conflict=NearDuplicateConflict())
    return imported(tmp_path, rows(0, 12))


def groups(detection):
    pairs = GroupMember.objects.filter(group__detection=detection).values_list("group__digest", "item__external_id")
    return sorted(pairs)


def test_only_what_is_new_is_worked_on(dataset, tmp_path, sketched):
    detect(dataset)
    imported(tmp_path, rows(12, 16))
    again = detect(dataset)
    assert sketched == [12, 4]
    Detection.objects.update(index="")
    assert groups(detect(dataset, again=True)) == groups(again)
    assert sketched[2:] == [16]
    assert len(groups(again)) == 16


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"nothing")])
def test_a_missing_or_damaged_index_is_made_anew(dataset, tmp_path, sketched, damage):
    first = detect(dataset)
    damage(Path(settings.ARTIFACTS_DIR) / first.index)
    imported(tmp_path, rows(12, 16))
    again = detect(dataset)
    assert sketched == [12, 16]
    assert len(groups(again)) == 16


def test_rows_without_text_leave_no_index(monkeypatch, tmp_path):
    use(monkeypatch, near_duplicate_conflict=NearDuplicateConflict())
    table = [{"id": n, "age": 20 + n, "label": "good"} for n in range(5)]
    typed = imported(tmp_path, table, "credit", text=(), fields=(Field("age", "number"),))
    assert detect(typed, again=True).index == ""
    assert detect(typed, again=True).index == ""
