from dataclasses import replace

import pytest
from django.urls import reverse

from annotation.actions.jobs.work import work_here
from annotation.actions.snapshot import snapshot
from annotation.models import CurrentLabel, Job, Snapshot, SnapshotRow
from modeling.actions.proving.measure_unlikeness import request_unlikeness
from modeling.core.proving.proof import rows_to_distinguish
from modeling.reading.loop_progress import loop_progress_of, next_step
from modeling.reading.production_sets import production_sets, versions
from modeling.reading.rows_wanted import rows_wanted
from tests import people
from tests.annotation import production_world
from tests.annotation.production_world import both_say, cases, drawn
from tests.modeling import small_world
from tests.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return production_world.world(tmp_path)


@pytest.fixture
def lead(client, dataset):
    client.force_login(people.leo(dataset))
    return client


def shown(client, dataset):
    return text_of(client.get(reverse("production_sets", args=[dataset.slug])))


def test_from_the_draw_to_the_set(lead, dataset):
    assert "Nothing is frozen to prove a gain by" in shown(lead, dataset)
    asked = {"n": 6, "stratified": "source", "answers_each": 2, "name": "March"}
    page = lead.post(reverse("draw_production", args=[dataset.slug]), asked, follow=True)
    said = text_of(page)
    assert "Drawn: 6 items of 40" in said and "6 drawn items wait for answers" in said and "6 without an answer" in said
    first, second, third, *rest = cases(dataset)
    both_say(dataset, first, "access", "payment")
    for case in (second, third):
        both_say(dataset, case, "access", "access")
    said = shown(lead, dataset)
    assert "2 of 6" in said and "1 for an adjudicator" in said and "3 without an answer" in said
    assert "Freeze 2 of 6" in said and "emil 3" in said and "erin 3" in said
    draw = dataset.production_draws.get()
    said = text_of(lead.post(reverse("freeze_production", args=[dataset.slug, draw.pk]), follow=True))
    frozen = dataset.snapshots.get()
    assert f"Set {frozen.pk} holds 2 rows of March" in said and "as frozen" in said and "of 6 drawn" in said
    assert "0 of 10" in said and "@erin, @emil" in said and "none of it by people who also relabelled" in said
    work_here(Job.objects.get(kind="unlikeness"))
    assert "too few rows to tell" in shown(lead, dataset)


def test_what_is_wrong_with_a_draw_is_said_beside_it(lead, dataset):
    url = reverse("draw_production", args=[dataset.slug])
    page = lead.post(url, {"n": 5, "answers_each": 3})
    assert page.status_code == 400 and "support has 2" in text_of(page).replace("&#x27;", "").replace("'", "")
    assert lead.post(url, {"n": 0, "answers_each": 2}).status_code == 400 and not dataset.production_draws.exists()


def test_before_the_first_answer_there_is_nothing_to_freeze(lead, dataset):
    draw = drawn(dataset, 5)
    said = text_of(lead.post(reverse("freeze_production", args=[dataset.slug, draw.pk]), follow=True))
    assert "Nothing is left to freeze" in said and not dataset.snapshots.exists()


def test_rows_needed_are_told_before_the_first_answer(lead, dataset, tmp_path):
    rows = rows_to_distinguish(0.1, 0.01, 10)
    assert f"{rows:,} rows" in shown(lead, dataset) and "Assumed that before and after differ on 10" in shown(
        lead, dataset
    )
    assert rows_wanted(dataset).told_by(rows) == pytest.approx(0.01, abs=0.001)
    dataset.worthwhile = 0.05
    assert rows_wanted(dataset).rows < rows / 15


def test_rows_needed_follow_the_two_newest_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("modeling.reading.rows_wanted.LEAST", 20)
    dataset = small_world.with_production(tmp_path)
    small_world.trained(dataset)
    assert rows_wanted(dataset).runs is None
    small_world.trained(dataset, C="0.0001")
    wanted = rows_wanted(dataset)
    assert wanted.differing is None or wanted.runs is not None and wanted.share == wanted.differing.value


def test_a_set_that_was_changed_is_told(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    client.force_login(people.leo(dataset))
    frozen = snapshot(dataset, Snapshot.PRODUCTION)
    row = SnapshotRow.objects.filter(snapshot=frozen).first()
    other = dataset.label_classes.exclude(pk=row.label_class_id).first()
    SnapshotRow.objects.filter(pk=row.pk).update(label_class=other)
    said = shown(client, dataset)
    assert "changed" in said and "no longer what was frozen" in said and "labels from files" in said


def test_versions_stand_beside_one_another(client, tmp_path):
    dataset, before, after, comparison = small_world.whole_round(tmp_path)
    first = comparison.snapshot
    row = first.rows.first()
    other = dataset.label_classes.exclude(pk=row.label_class_id).first()
    CurrentLabel.objects.create(item=row.item, label_class=other, state="labelled", basis="import")
    second = snapshot(dataset, Snapshot.PRODUCTION)
    assert second.follows == first
    (family,) = versions(production_sets(dataset))
    assert [one.snapshot for one in family] == [second, first] and [one.put_right for one in family] == [1, 0]
    client.force_login(people.leo(dataset))
    said = shown(client, dataset)
    assert f"since set {first.pk}" in said and "nothing compared on it yet" in said
    assert reverse("comparison", args=[dataset.slug, comparison.pk]) in said


def test_unlike_the_pool(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    frozen = snapshot(dataset, Snapshot.PRODUCTION)
    client.force_login(people.leo(dataset))
    page = client.post(reverse("measure_unlikeness", args=[dataset.slug, frozen.pk]))
    job = Job.objects.get(kind="unlikeness")
    assert page.url == reverse("job", args=[dataset.slug, job.pk])
    found = work_here(job).result
    assert (found["rows"], found["pool"], found["sources"], found["classes"]) == (40, 60, ["phone", "web"], [])
    assert found["told_apart"]["n"] == 40 and 0 <= found["told_apart"]["low"] < found["told_apart"]["high"] <= 1
    assert request_unlikeness(frozen, background=False) == job
    said = shown(client, dataset)
    assert "told apart" in said and "sources the pool lacks: phone, web" in said
    assert "production sets" in text_of(client.get(reverse("job", args=[dataset.slug, job.pk])))


def test_open_cases_of_a_draw_are_a_list_of_their_own(lead, dataset):
    draw = drawn(dataset, 3)
    url = reverse("cases", args=[dataset.slug])
    links = [reverse("case", args=[dataset.slug, case.pk]) for case in cases(dataset)]
    listed, others = text_of(lead.get(url, {"draw": draw.pk})), text_of(lead.get(url))
    assert links and all(link in listed and link not in others for link in links)
    assert "Only cases of the draw draw 1" in listed and f"?draw={draw.pk}" in shown(lead, dataset)


def test_an_expert_opens_the_pages_of_what_they_are_asked_about(client, dataset):
    """An address that fails would tell an item of production from one of the pool; others of production stay closed."""
    drawn(dataset, 3)
    client.force_login(people.erin(dataset))
    asked = cases(dataset)[0].case_items.get().item
    other = dataset.items.filter(split="production").exclude(case_items__isnull=False).first()
    codes = [client.get(reverse("similar", args=[dataset.slug, one.pk])).status_code for one in (asked, other)]
    assert codes == [200, 404]


def test_where_production_has_no_label_the_overview_leads_to_the_draw(dataset):
    now = loop_progress_of(dataset)
    assert (now.production, now.provable) == (40, False)
    drawn(dataset, 2)
    case = cases(dataset)[0]
    both_say(dataset, case, "access", "access")
    later = loop_progress_of(dataset)
    assert later.provable and (later.open, later.settled, later.last_decision) == (0, 0, None)
    blank = replace(later, detection=object(), runs=1, open=0, provable=False)
    assert next_step(blank).url == "production_sets"
