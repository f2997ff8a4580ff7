import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from annotation.actions.jobs.work import work_here
from annotation.actions.snapshot import snapshot
from annotation.core.intervals import Interval
from annotation.models import Job, Snapshot
from modeling.actions.watching import measure_returns
from modeling.core.watching.returns import Spent
from modeling.figures.words.returns import hours_words, stop_sentence
from modeling.models import ReturnCurve, StopRule
from tests import people
from tests.modeling import small_world
from tests.pages import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(measure_returns, "ENOUGH", 5)
    monkeypatch.setattr("modeling.views.returns.ENOUGH", 5)


@pytest.fixture
def lead(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    client.force_login(people.leo(dataset))
    client.dataset, client.address = dataset, reverse("returns", args=[dataset.slug])
    return client


def test_before_any_decision_it_says_so(lead):
    page = words_of(lead.get(lead.address))
    assert "No expert has decided anything yet" in page and "Train a run first" in page


def test_it_is_measured_from_the_page_and_shown(lead):
    run = small_world.trained(lead.dataset)
    small_world.relabelled(lead.dataset)
    production = snapshot(lead.dataset, Snapshot.PRODUCTION)
    assert "10 decisions fixed 10 labels; what that brought is not measured yet" in words_of(lead.get(lead.address))
    asked = {"change": "measure", "run": run.pk, "production": production.pk}
    answered = lead.post(lead.address, asked)
    job = Job.objects.get(kind="returns")
    assert answered.url == reverse("job", args=[lead.dataset.slug, job.pk])
    assert "It is being measured" in words_of(lead.get(lead.address))
    work_here(job)
    page = words_of(lead.get(lead.address))
    assert "100 decisions gained" in page and "look 1 of 10 planned" in page and "40 rows" in page
    assert ReturnCurve.objects.get().found["points"][5]["decisions"] == 10


def test_a_lead_sets_the_rule(lead):
    assert lead.post(lead.address, {"change": "rule", "points": "0.5"}).status_code == 302
    assert StopRule.objects.get().least_gain == 0.005
    assert "100 decisions must gain 0.5 points" in words_of(lead.get(lead.address))
    for typed in ("0", "-1", "", "nan", "many"):
        assert lead.post(lead.address, {"change": "rule", "points": typed}).status_code == 400
    assert StopRule.objects.count() == 1 and lead.post(lead.address, {"change": "x"}).status_code == 404


def test_the_sentence_says_what_to_do_and_what_it_costs():
    gain = Interval(0.002, -0.001, 0.004, 500).as_json()
    ahead = {"cases": 100, "gain": gain, "reach": gain, "per_error": gain, "errors": gain}
    said = stop_sentence(ahead, 0.005, Spent(60, 30, 720))
    assert said == (
        "Stop: the next 100 decisions should gain +0.2 points (−0.1 to +0.4), less than the 0.5 per 100 you ask "
        "for; they would cost about 20 minutes"
    )
    assert stop_sentence(ahead, 0.003, Spent(0, 0, 0.0)).startswith("Cannot tell yet:")
    # of half as many decisions half as much is asked
    assert stop_sentence({**ahead, "cases": 50}, 0.007, Spent(0, 0, 0.0)).startswith("Cannot tell yet:")
    assert [hours_words(one) for one in (1, 89, 3600, 9000, float("nan"))] == [
        "1 second", "89 seconds", "60 minutes", "2.5 hours", "unknown",
    ]  # fmt: skip


def test_the_command_prints_one_line_and_sets_the_rule(tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    small_world.relabelled(dataset)
    said = StringIO()
    call_command("returns", dataset.slug, "--run", str(run.pk), "--least-gain", "0.4", "--json", stdout=said)
    found = json.loads(said.getvalue())
    assert found["scored_on"] == "out of fold" and StopRule.objects.get().least_gain == 0.004
