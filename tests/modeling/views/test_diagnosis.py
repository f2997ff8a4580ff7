import pytest
from django.urls import reverse

from annotation.actions.jobs.work import work_here
from annotation.actions.snapshot import snapshot
from annotation.models import Job, Snapshot
from modeling.actions.proving.diagnose import request_diagnosis
from modeling.figures.words.diagnosis import heading
from modeling.models import Diagnosis
from tests import people
from tests.modeling import small_world
from tests.pages import html_of

pytestmark = pytest.mark.django_db


def diagnosed(tmp_path):
    dataset = small_world.with_production(tmp_path)
    run, production = small_world.trained(dataset), snapshot(dataset, Snapshot.PRODUCTION)
    work_here(request_diagnosis(run, production, background=False))
    return dataset, Diagnosis.objects.get()


def test_it_works(client, tmp_path):
    dataset, one = diagnosed(tmp_path)
    client.force_login(people.leo(dataset))
    page = html_of(client.get(reverse("diagnosis", args=[dataset.slug])))
    assert heading(one.found) in page and "40 rows in 40 groups" in page and "they do not add up" in page
    for title in ("Labels", "Coverage", "Regularization", "More data of the same kind", "Nobody can fix"):
        assert f"{title}: why" in page
    assert html_of(client.get(reverse("one_diagnosis", args=[dataset.slug, one.pk]))).count("<svg") == page.count(
        "<svg"
    )


def test_without_a_run_or_a_production_set_it_says_what_is_needed(client, tmp_path):
    dataset = small_world.pool(tmp_path)
    client.force_login(people.leo(dataset))
    page = html_of(client.get(reverse("diagnosis", args=[dataset.slug])))
    assert "Nothing has been diagnosed yet" in page and "It takes a logistic regression run" in page


def test_a_lead_asks_for_one(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    run, production = small_world.trained(dataset), snapshot(dataset, Snapshot.PRODUCTION)
    client.force_login(people.leo(dataset))
    answer = client.post(reverse("diagnose", args=[dataset.slug]), {"run": run.pk, "production": production.pk})
    job = Job.objects.get(kind="diagnosis")
    assert answer.status_code == 302 and answer.url == reverse("job", args=[dataset.slug, job.pk])


def test_a_refusal_is_said_on_the_page(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    run, production = small_world.trained(dataset), snapshot(dataset, Snapshot.PRODUCTION)
    Snapshot.objects.filter(pk=production.pk).update(n_rows=3)
    client.force_login(people.leo(dataset))
    answer = client.post(reverse("diagnose", args=[dataset.slug]), {"run": run.pk, "production": production.pk})
    assert answer.status_code == 400 and "cannot tell one cause from another" in html_of(answer)


def test_the_doubted_rows_are_opened_from_the_page(client, tmp_path):
    dataset, one = diagnosed(tmp_path)
    one.found["labels"]["doubted"] = list(one.run.snapshot.rows.values_list("item_id", flat=True)[:3])
    one.save()
    client.force_login(people.leo(dataset))
    answer = client.post(reverse("open_doubted", args=[dataset.slug, one.pk]), follow=True)
    assert "3 cases opened" in html_of(answer) and dataset.cases.count() == 3


@pytest.mark.parametrize("person", [people.erin, lambda dataset: people.olga()])
def test_it_is_for_leads(client, tmp_path, person):
    dataset = small_world.pool(tmp_path)
    client.force_login(person(dataset))
    assert client.get(reverse("diagnosis", args=[dataset.slug])).status_code in (403, 404)
