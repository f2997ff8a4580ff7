import re

import pytest
from django.urls import reverse

from annotation.actions.jobs.doorbell import DOORBELL
from annotation.actions.jobs.work import work
from annotation.models import Job
from tests.modeling.small_world import compared, relabelled, trained, trained_like, with_production
from tests.people import leo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = (
    "overview", "findings", "cases", "disagreement", "annotators", "rules", "audit", "queue", "guidelines", "history",
    "runs", "comparisons", "import", "question", "people", "comments", "offline",
)  # fmt: skip


def test_retrain_and_compare_by_mouse(tmp_path, open_page, monkeypatch):
    monkeypatch.setattr(DOORBELL, "ring", lambda job: None)
    dataset = with_production(tmp_path)
    before = trained(dataset)
    relabelled(dataset)
    page = open_page(leo(dataset), reverse("runs", args=[dataset.slug]))
    page.locator("input[name=how][value=like]").check()
    page.get_by_role("button", name="Retrain").click()
    page.wait_for_url("**/jobs/**")
    finish_on(page, "training")
    page.goto(reverse("comparisons", args=[dataset.slug]))
    assert page.locator("#id_before").input_value() == str(before.pk)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/jobs/**")
    finish_on(page, "comparison")
    page.goto(reverse("comparisons", args=[dataset.slug]))
    page.locator(f"main td a[href*='/{dataset.slug}/comparisons/']").first.click()
    page.wait_for_url(re.compile(r"/comparisons/\d+/$"))
    assert "McNemar" in page.locator("main").inner_text()


def finish_on(page, kind):
    """Work the job as a worker would; its page says so by itself."""
    job = Job.objects.get(kind=kind, status="queued")
    assert work(job.pk).status == "done"
    page.locator("progress").wait_for(state="detached")


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_the_screen(tmp_path, open_page, width):
    dataset = with_production(tmp_path)
    before = trained(dataset)
    relabelled(dataset)
    comparison = compared(dataset, before, trained_like(before))
    page = open_page(leo(dataset), reverse("datasets"), viewport={"width": width, "height": 800})
    urls = [reverse(name, args=[dataset.slug]) for name in PAGES]
    urls += [reverse("run", args=[dataset.slug, before.pk]), reverse("comparison", args=[dataset.slug, comparison.pk])]
    for url in urls:
        assert page.goto(url).status == 200
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url


@pytest.mark.parametrize("script", [True, False])
def test_a_link_to_a_part_of_a_run_opens_its_fold(tmp_path, open_page, script):
    run = trained(with_production(tmp_path))
    path = reverse("run", args=[run.dataset.slug, run.pk])
    page = open_page(leo(run.dataset), path, viewport={"width": 1280, "height": 800}, java_script_enabled=script)
    folds = page.locator("details.fold")
    assert folds.count() == 8 and page.locator("details.fold[open]").count() == 0
    assert page.locator("main").bounding_box()["height"] < 1800
    folds.locator("summary", has_text="Slices").click()
    assert page.locator("#slices").is_visible()
    page.goto(f"{path}#calibration")
    page.locator("#calibration").wait_for(state="visible")
    assert page.locator("#calibration svg circle").count() > 1
