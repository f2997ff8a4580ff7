"""The model that is live today, named by a lead."""

import pytest
from django.urls import reverse

from modeling.models import ModelInUse
from tests import people
from tests.modeling import small_world
from tests.modeling.actions.test_compare import predictions, production_of
from tests.pages import words_of
from tests.test_commands import refusal, result

pytestmark = pytest.mark.django_db


def test_a_press_on_the_runs_page_and_every_page_says_it(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    first, second = small_world.trained(dataset), small_world.trained(dataset, C="3")
    client.force_login(people.leo(dataset))
    assert "Name it the model in use" in words_of(client.get(reverse("run", args=[dataset.slug, second.pk])))
    url = reverse("in_use", args=[dataset.slug])
    assert client.post(url, {"side": second.pk}).url == reverse("run", args=[dataset.slug, second.pk])
    client.post(url, {"side": second.pk})
    live = ModelInUse.objects.get()
    assert (live.run, live.lead.username) == (second, "leo"), "the same again is no new fact"
    for name in ("overview", "runs", "comparisons"):
        assert f"run {second.pk}" in words_of(client.get(reverse(name, args=[dataset.slug]))).partition(" in use")[2], (
            name
        )
    form = client.get(reverse("comparisons", args=[dataset.slug])).context["form"]
    group, choices = form.fields["before"].choices[0]
    assert group == "The model that is live today" and choices[0][0] == str(second.pk)
    assert form["before"].value() == str(second.pk)
    assert first.pk != second.pk and client.post(url, {"side": "nobody"}).status_code == 302
    assert ModelInUse.objects.count() == 1


def test_a_prediction_set_is_named_and_compared(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    run = small_world.trained(dataset)
    production, items, truth = production_of(dataset)
    theirs = predictions(dataset, "theirs", items, truth)
    client.force_login(people.leo(dataset))
    client.post(reverse("in_use", args=[dataset.slug]), {"side": "theirs"})
    assert ModelInUse.objects.get().predictions.name == "theirs"
    page = client.get(reverse("comparisons", args=[dataset.slug]))
    assert "The model in use since" in words_of(page) and "is theirs" in words_of(page)
    before = page.context["form"]["before"].value()
    sent = {"before": before, "after": run.pk, "production": production.pk}
    assert "/jobs/" in client.post(reverse("compare", args=[dataset.slug]), sent).url
    assert dataset.jobs.get(kind="comparison").params["before"] == "theirs" and theirs is not production


def test_by_command(tmp_path):
    dataset = small_world.pool(tmp_path)
    assert result("in_use", "support") == {"run": None, "predictions": None, "since": None}
    run = small_world.trained(dataset)
    assert result("in_use", "support", "--run", str(run.pk))["run"] == run.pk
    assert result("in_use", "support")["run"] == run.pk
    assert "has no run or prediction set" in refusal("in_use", "support", "--run", "99")


def test_only_leads_name_it(client, tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    for person in (people.erin(dataset), people.olga()):
        client.force_login(person)
        assert client.post(reverse("in_use", args=[dataset.slug]), {"side": run.pk}).status_code == 404
    assert not ModelInUse.objects.exists()
