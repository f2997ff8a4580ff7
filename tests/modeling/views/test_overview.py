from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.urls import reverse

from annotation.actions.detecting.detect import request_detection
from annotation.actions.jobs.work import work_here
from annotation.core.intervals import Interval, wilson
from annotation.models import Dataset, Detection, Finding, FindingItem, Item, Job, Ruling
from modeling.figures.words.overview import overview_heading
from modeling.reading import reviewed_labels
from modeling.reading.loop_progress import LoopProgress, loop_progress_of, next_step
from modeling.reading.reviewed_labels import wrong_among_reviewed
from tests import people
from tests.factories import open_case, small_dataset
from tests.modeling import small_world
from tests.pages import html_of, words_of

pytestmark = pytest.mark.django_db
NOBODY = wilson(0, 0)
RUNS = SimpleNamespace(pk=1), SimpleNamespace(pk=2)
# Everything is done once: detected, decided, trained, compared.
DONE = LoopProgress(
    pool=100, production=40, annotators=3, experts=2, detection=SimpleNamespace(n_items=100), open=0, settled=20,
    last_decision=None, runs=2, newest_run=RUNS[1], decided_since=0, comparisons=1, newest_comparison=SimpleNamespace(),
    untried=None, provable=True,
)  # fmt: skip


def get(client, dataset, **extra):
    return client.get(reverse("overview", args=[dataset.slug]), **extra)


def job_of(dataset, kind="demo", **extra):
    return Job.objects.create(kind=kind, dataset=dataset, key=f"{kind}-{dataset.pk}", **extra)


def detected(dataset):
    work_here(request_detection(dataset, background=False))


def with_finding(dataset, *ids):
    detection = Detection.objects.create(
        dataset=dataset, n_items=6, n_groups=0, n_conflicts=0, n_flags=0, n_findings=1, arrays="", seconds=1
    )
    finding = Finding.objects.create(
        dataset=dataset, detection=detection, kind="rule", key="risk>5", title="“risk” more than 5 times → negative",
        reason="…",
        rule={}, n=1186, value=0.97, low=0.959, high=0.978,
    )  # fmt: skip
    for item in Item.objects.filter(dataset=dataset, external_id__in=ids):
        FindingItem.objects.create(finding=finding, item=item)
    return finding


def test_it_works(client, tmp_path):
    dataset, before, after, comparison = small_world.whole_round(tmp_path)
    detected(dataset)
    client.force_login(people.leo(dataset))
    page = html_of(get(client, dataset))
    assert "60 items and 40 from production · 1 annotator · newest model" in words_of(get(client, dataset))
    assert "10 decided" in page and "the last by erin" in page
    difference = comparison.proof["difference"]
    assert f"{100 * difference['value']:+.1f}" in page and "look 1 of 10" in page and "n = 40" in page


def test_an_empty_dataset_asks_for_a_file(client):
    dataset = Dataset.objects.create(slug="empty", name="Empty")
    client.force_login(people.leo(dataset))
    page = html_of(get(client, dataset))
    assert "There is nothing to look at yet" in page and "Everything starts with a file" in page
    assert "The loop" not in page


def test_before_a_detection_the_one_thing_is_a_post(client, tmp_path):
    dataset = small_dataset(tmp_path)
    client.force_login(people.leo(dataset))
    response = get(client, dataset)
    assert "6 items are waiting for their first look" in html_of(response)
    assert response.context["step"].url == "detect" and response.context["step"].posts


def test_the_heading_says_what_experts_found_and_a_finding_keeps_its_place_below(client, tmp_path):
    dataset = small_dataset(tmp_path)
    finding, leo = with_finding(dataset, "s1", "s2"), people.leo(dataset)
    open_case(dataset, "s1")
    client.force_login(leo)
    response = get(client, dataset)
    assert response.context["heading"] == "1 case is open and nobody is there to decide"
    page = html_of(response)
    assert "“risk” more than 5 times → negative" in page and "97.0\u00a0%" in page and "1 open" in page
    Ruling.objects.create(dataset=dataset, key=finding.key, ruling="accepted", lead=leo)
    assert '<span class="tag on">accepted by leo' in html_of(get(client, dataset))


def test_what_experts_found_wrong_counts_labels_they_changed(tmp_path):
    dataset = small_world.pool(tmp_path)
    assert wrong_among_reviewed(dataset)[0].n == 0
    small_world.relabelled(dataset, outcomes=2)
    wrong, of_last = wrong_among_reviewed(dataset)
    # of ten decisions two were no label, and each of the others changed one
    assert (wrong.n, wrong.value, of_last) == (8, 1.0, False)


def test_of_very_many_reviewed_labels_the_last_are_told_of(tmp_path, monkeypatch):
    dataset = small_world.pool(tmp_path)
    small_world.relabelled(dataset, outcomes=2)
    monkeypatch.setattr(reviewed_labels, "LAST", 5)
    wrong, of_last = wrong_among_reviewed(dataset)
    assert (wrong.n, of_last) == (5, True)
    assert "of the last 5 labels" in overview_heading(9, True, 3, 8, wrong, 1, of_last=of_last)


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        ((0, False, 0, 0, NOBODY, 0), "There is nothing to look at yet"),
        ((9, False, 0, 0, NOBODY, 0), "9 items are waiting for their first look"),
        ((9, True, 3, 0, NOBODY, 0), "3 cases are open and nobody is there to decide"),
        ((9, True, 1, 0, NOBODY, 1), "1 case is open, and experts have given no label yet"),
        ((9, True, 3, 8, Interval(0.25, 0.071, 0.591, 8), 1),
         "Experts found 2 of the 8 labels they reviewed wrong (25.0\u00a0%, 7.1–59.1); 3 cases are open"),
        ((9, True, 0, 8, Interval(0.25, 0.071, 0.591, 8), 1),
         "Experts found 2 of the 8 labels they reviewed wrong (25.0\u00a0%, 7.1–59.1); no case is open"),
        ((9, True, 0, 2, NOBODY, 1), "All 2 cases are decided"),
        ((9, True, 0, 0, NOBODY, 1), "Nothing is suspected among 9 items"),
    ],
)  # fmt: skip
def test_how_a_dataset_stands(standing, words):
    assert overview_heading(*standing) == words


def test_jobs_under_way_are_polled_and_the_page_is_renewed_when_they_end(client, tmp_path):
    dataset = small_dataset(tmp_path)
    job = job_of(dataset, "training", status=Job.RUNNING, stage="fitting", progress=0.42)
    job_of(dataset, "export", status=Job.DONE)
    client.force_login(people.leo(dataset))
    page = html_of(get(client, dataset))
    assert f'hx-get="{reverse("overview", args=[dataset.slug])}"' in page
    assert reverse("job", args=[dataset.slug, job.pk]) in page
    part = get(client, dataset, headers={"HX-Request": "true"})
    assert "fitting" in html_of(part) and "42\u00a0%" in html_of(part).replace("&nbsp;", "\u00a0")
    assert "<html" not in html_of(part) and "Export" not in html_of(part)
    Job.objects.filter(pk=job.pk).update(status=Job.DONE)
    assert get(client, dataset, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert 'id="jobs"' not in html_of(get(client, dataset))


def test_while_the_next_thing_is_already_running_it_is_watched(client, tmp_path):
    dataset = small_dataset(tmp_path)
    job_of(dataset, "detection", status=Job.RUNNING, progress=0.5)
    client.force_login(people.leo(dataset))
    page = html_of(get(client, dataset))
    assert "The detection is 50&nbsp;% done; what comes next depends on it." in page


def demo(tmp_path, **job):
    dataset = small_dataset(tmp_path)
    Dataset.objects.filter(pk=dataset.pk).update(synthetic=True)
    job_of(dataset, "demo", **job)
    return dataset


def test_a_playing_demo_shows_how_far_it_is(client, tmp_path):
    dataset = demo(tmp_path, status=Job.RUNNING, stage="relabelling", progress=0.6)
    client.force_login(people.leo(dataset))
    page = html_of(get(client, dataset))
    assert "The demo is playing by itself" in page and "relabelling" in page and "60&nbsp;%" in page


def test_a_failed_demo_says_why(client, tmp_path):
    dataset = demo(tmp_path, status=Job.FAILED, error="The disk is full.")
    client.force_login(people.leo(dataset))
    assert "The demo stopped: The disk is full." in html_of(get(client, dataset))


def test_a_finished_demo_shows_its_four_bars_in_order(client, tmp_path):
    arms = ("second_look", 0.767), ("random", 0.705), ("before", 0.673), ("regularization", 0.675)
    bars = [{"seed": 0, "name": name, "accuracy": v, "low": v - 0.02, "high": v + 0.02, "n": 1500} for name, v in arms]
    difference = {"metric": "accuracy", "value": 0.094, "low": 0.077, "high": 0.111}
    dataset = demo(tmp_path, status=Job.DONE, result={"bars": bars, "difference": difference})
    client.force_login(people.leo(dataset))
    response = get(client, dataset)
    marks = response.context["chart"].marks
    assert [(mark.bar.name, mark.bar.value) for mark in marks] == [
        ("Before", 0.673), ("Better regularization alone", 0.675), ("500 random reviews", 0.705),
        ("Second Look", 0.767),
    ]  # fmt: skip
    page = html_of(response)
    assert "+9.4 points (+7.7 to +11.1); the same number of reviews at random reach 70.5\u00a0%" in page
    assert page.count("<circle") == 4 and page.count("74.7–78.7") == 2


def test_only_leads_come_in(client, tmp_path):
    dataset = small_dataset(tmp_path)
    assert get(client, dataset).status_code == 302
    for person in (people.erin(dataset), people.olga(), people.otto()):
        client.force_login(person)
        assert get(client, dataset).status_code == 404
    assert get(client, dataset, headers={"HX-Request": "true"}).status_code == 404


@pytest.mark.parametrize(
    ("changes", "url", "words"),
    [
        ({"pool": 0}, "import", "Everything starts with a file"),
        ({"detection": None}, "detect", "No detector has looked at 100 items"),
        ({"runs": 0, "open": 9}, "runs", "nothing to prove later"),
        ({"untried": RUNS, "open": 9}, "comparisons", "Run 2 has learned from labels that run 1 did not have"),
        ({"open": 9, "decided_since": 8}, "cases", "9 cases are open"),
        ({"open": 1, "experts": 0}, "people", "1 case is open and nobody is there to decide"),
        ({"production": 0, "provable": False, "untried": RUNS}, "import", "Import production items"),
        ({"open": 9, "decided_since": 9}, "runs", "Decisions since run 2 froze its rows: 9."),
        ({"decided_since": 1}, "runs", "only the labels differ"),
        ({"pool": 130}, "detect", "30 items came after the last detection"),
        ({}, "import", "No case is open and the newest run is compared."),
    ],
)
def test_the_one_thing_to_do_next(changes, url, words):
    step = next_step(replace(DONE, **changes))
    assert step.url == url and words in step.sentence


def test_the_next_thing_all_the_way_round(tmp_path):
    dataset = small_world.with_production(tmp_path)
    steps = [next_step(loop_progress_of(dataset)).url]
    detected(dataset)
    steps.append(next_step(loop_progress_of(dataset)).url)
    before = small_world.trained(dataset)
    small_world.relabelled(dataset)
    dataset.cases.open().update(status="withdrawn")
    steps.append(next_step(loop_progress_of(dataset)).action)
    after = small_world.trained_like(before)
    step = next_step(loop_progress_of(dataset))
    assert step.query == f"?before={before.pk}&after={after.pk}"
    small_world.compared(dataset, before, after)
    steps.append(next_step(loop_progress_of(dataset)).action)
    assert steps == ["detect", "runs", "Retrain", "Import items"]
    assert loop_progress_of(dataset).decided_since == 0
