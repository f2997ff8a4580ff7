import json
import random
from datetime import UTC, datetime, timedelta
from io import StringIO

import numpy as np
import pytest
from django.core.management import call_command
from django.urls import reverse

from annotation.actions.files.import_labels import import_labels
from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.actions.snapshot import snapshot
from annotation.models import Item, Notice, PredictionSet, Snapshot
from modeling.actions.training.train import save_probabilities
from modeling.actions.watching.check_live import UnableToCheck, request_live_check
from modeling.models import LiveAlert, Look, ModelInUse
from tests import people
from tests.factories import imported
from tests.pages import words_of

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 8, 3, 9, tzinfo=UTC)
CLASSES = ("access", "payment")


def weekly(tmp_path, weeks=6, each=60, known=1.0, slug="support"):
    """A dataset whose production came in over weeks from two sources; the outcome of a share `known` is there."""
    draw = random.Random(0)
    rows = [
        {"id": f"w{week}-{n}", "text": " ".join("".join(draw.choices("bdfgklmnprst", k=7)) for _ in range(8)),
         "label": CLASSES[n % 2] if n < known * each else "", "where": ("web", "fax")[n % 4 == 3],
         "came": (MONDAY + timedelta(weeks=week, hours=n)).isoformat()}
        for week in range(weeks) for n in range(each)
    ]  # fmt: skip
    mapping = {"source": "where", "received": "came", "split": "production", "classes": CLASSES}
    return imported(tmp_path, rows, slug, **mapping)


def live_set(dataset, wrong=lambda week, n: n % 10 == 0):
    """A model from elsewhere that is in use, wrong where `wrong` says so."""
    items = list(
        Item.objects.filter(dataset=dataset, split="production").order_by("id").values_list("id", "external_id")
    )
    codes = []
    for _, name in items:
        week, n = map(int, name[1:].split("-"))
        codes.append((n % 2 + int(wrong(week, n))) % 2)
    made = PredictionSet.objects.create(
        dataset=dataset, name="elsewhere", classes=list(CLASSES), n=len(items),
        arrays=save_probabilities(np.array([item for item, _ in items]), np.eye(2)[codes] * 0.8 + 0.1),
    )  # fmt: skip
    return ModelInUse.objects.create(dataset=dataset, predictions=made)


def checked(dataset):
    return work_here(request_live_check(dataset, background=False)).result


def test_a_model_that_holds_is_no_alert(tmp_path):
    dataset = weekly(tmp_path)
    people.leo(dataset)
    live_set(dataset)
    found = checked(dataset)
    assert [one["name"] for one in found["weeks"]][:2] == ["2026-08-03", "2026-08-10"] and len(found["weeks"]) == 6
    assert found["weeks"][3]["accuracy"]["value"] == pytest.approx(0.9) and found["weeks"][3]["labelled"] == 60
    assert found["reference"]["of"] == "first weeks" and found["reference"]["until"] == "2026-08-10"
    assert [one["p"] is None for one in found["weeks"]] == [True, True, False, False, False, False]
    assert {one["name"]: one["received"] for one in found["sources"]} == {"web": 270, "fax": 90}
    assert found["alerts"] == [] and not Notice.objects.exists() and not Look.objects.exists()
    assert found["shifts"] == [] and found["tests"] > 0


def test_leads_are_told_once_that_it_fell(tmp_path):
    dataset = weekly(tmp_path)
    leo, erin = people.leo(dataset), people.erin(dataset)
    live_set(dataset, lambda week, n: n % 10 == 0 or (week == 4 and n % 3 < 2))
    found = checked(dataset)
    assert found["alerts"] == ["week 2026-08-31"]
    told = Notice.objects.get()
    assert told.user == leo and told.user != erin and told.path == f"/d/{dataset.slug}/over-time/"
    assert "fell below its interval in the week of 31 August 2026" in told.text and "of 60 outcomes right" in told.text
    imported(tmp_path, [{"id": "late", "text": "one more came in", "label": "access", "came": MONDAY.isoformat()}],
             dataset.slug, received="came", split="production")  # fmt: skip
    again = checked(dataset)
    assert again["alerts"] == [] and again["unpredicted"] == 1 and Notice.objects.count() == 1
    assert LiveAlert.objects.get().found["labelled"] == 60


def test_outcomes_that_come_late_count_from_then_on(tmp_path):
    dataset = weekly(tmp_path, known=0)
    live_set(dataset)
    found = checked(dataset)
    assert found["reference"] is None and {one["labelled"] for one in found["weeks"]} == {0}
    late = tmp_path / "late.csv"
    lines = [f"w{week}-{n},back office,{CLASSES[n % 2]}" for week in range(3) for n in range(60)]
    late.write_text("\n".join(["item,who,label", *lines]))
    import_labels(dataset, late, item="item", annotator="who", label="label")
    after = checked(dataset)
    assert [one["labelled"] for one in after["weeks"]] == [60, 60, 60, 0, 0, 0]
    assert after["since"]["labelled"] == 60 and after["since"]["accuracy"]["value"] == pytest.approx(0.9)


def test_frozen_sets_count_in_no_week_and_are_what_later_weeks_are_held_to(tmp_path):
    dataset = weekly(tmp_path, weeks=2)
    snapshot(dataset, Snapshot.PRODUCTION)
    live_set(dataset)
    found = checked(dataset)
    assert found["frozen"] == 120 and {one["labelled"] for one in found["weeks"]} == {0}
    assert found["reference"]["of"] == "production sets" and found["reference"]["share"]["value"] == pytest.approx(0.9)
    assert not Look.objects.exists()


def test_nothing_to_check_is_refused(tmp_path):
    dataset = weekly(tmp_path, weeks=1, each=4)
    with pytest.raises(UnableToCheck, match="Nobody has named the model in use"):
        request_live_check(dataset)
    live_set(dataset)
    Item.objects.update(received_at=None)
    with pytest.raises(UnableToWork, match="No production item of 'support' has a date"):
        checked(dataset)


def test_the_page_shows_what_was_found(client, tmp_path):
    dataset = weekly(tmp_path)
    client.force_login(people.leo(dataset))
    address = reverse("over_time", args=[dataset.slug])
    assert "Nobody has named the model in use" in words_of(client.get(address))
    live_set(dataset, lambda week, n: n % 10 == 0 or (week == 4 and n % 3 < 2))
    assert "has not been checked yet" in words_of(client.get(address))
    job = dataset.jobs.get(pk=int(client.post(address).url.rstrip("/").rpartition("/")[2]))
    assert "queued" in words_of(client.get(address))
    work_here(job)
    page = words_of(client.get(address))
    assert "The model in use fell below its interval in the week of 31 August 2026" in page
    assert "31 August 2026 received 60 outcome known 60" in page and "The leads were told 1 time" in page
    assert "On none of 2 sources is it below" in page


def test_the_command_prints_one_line(tmp_path):
    dataset = weekly(tmp_path, weeks=3)
    live_set(dataset)
    said = StringIO()
    call_command("live", dataset.slug, "--json", stdout=said)
    assert len(json.loads(said.getvalue())["weeks"]) == 3
