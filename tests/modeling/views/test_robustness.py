import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from annotation.actions.classes.rename import rename
from annotation.actions.detecting.open_finding import UnableToOpen
from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.actions.queue.decide import decide
from annotation.actions.queue.open_cases import open_cases
from annotation.core.fields import Field
from annotation.models import Case, Finding, Item, Job
from modeling.actions.running.check_robustness import request_robustness
from modeling.actions.running.open_flipped import open_flipped
from modeling.core.telling.robustness import PROBES
from modeling.models import ModelRun
from tests import people
from tests.factories import answer, imported, open_case
from tests.modeling import small_world
from tests.pages import html_of

pytestmark = pytest.mark.django_db


def probed(dataset, run, **more):
    return work_here(request_robustness(dataset, run, background=False, **more))


@pytest.fixture
def world(tmp_path):
    """dataset, run, and a job in which typos flipped some predictions."""
    dataset = small_world.with_production(tmp_path)
    run = small_world.trained(dataset)
    return dataset, run, probed(dataset, run, probes=["typos", "case", "position"])


def of(job, name):
    return next(one for one in job.result["probes"] if one["name"] == name)


def test_it_works(world):
    dataset, run, job = world
    assert (job.result["run"], job.result["rows"], job.result["folds"], job.result["seed"]) == (run.pk, 60, 5, 0)
    typos = of(job, "typos")
    assert typos["n"] == 60 and 0 < typos["flips"] < 60 and typos["low"] < typos["value"] < typos["high"]
    assert len(typos["flipped"]) == typos["flips"] and typos["worst"][0]["item"] == typos["flipped"][0]
    drops = [one["drop"] for one in typos["worst"]]
    assert drops == sorted(drops, reverse=True) and typos["worst"][0]["before"] != typos["worst"][0]["after"]
    assert of(job, "case")["flips"] == 0 and of(job, "position")["n"] == 0 and of(job, "position")["value"] is None
    assert job.result["consistency"]["n"] == 0


def test_only_pool_items_are_probed(world):
    dataset, _, job = world
    pool = set(Item.objects.filter(dataset=dataset, split=Item.POOL).values_list("id", flat=True))
    for one in job.result["probes"]:
        assert set(one["flipped"]) <= pool and {worst["item"] for worst in one["worst"]} <= pool


def test_the_same_question_is_the_same_job_and_the_seed_another(world):
    dataset, run, job = world
    assert request_robustness(dataset, run, probes=["position", "case", "typos"], background=False) == job
    assert request_robustness(dataset, run, probes=["typos"], background=False) != job
    other = probed(dataset, run, probes=["typos", "case", "position"], seed=1)
    assert other != job and of(other, "typos")["flipped"] != of(job, "typos")["flipped"]
    again = probed(dataset, run, probes=["typos", "case", "position"], again=True)
    assert again != job and again.result == job.result


def test_what_cannot_be_probed_is_refused_in_a_sentence(tmp_path):
    rows = [{"id": str(n), "a": n % 7, "label": "late" if n % 7 > 3 else "lost"} for n in range(40)]
    table = imported(tmp_path, rows, "table", text=(), fields=(Field("a", "number"),))
    run = small_world.trained(table)
    with pytest.raises(UnableToWork, match="'table' has nothing these probes could change: they change texts"):
        request_robustness(table, run)
    other = small_world.trained(small_world.pool(tmp_path))
    ModelRun.objects.filter(pk=other.pk).update(converged=False)
    other.refresh_from_db()
    with pytest.raises(UnableToWork, match=f"Run {other.pk} did not converge; its predictions are not worth probing."):
        request_robustness(other.dataset, other)
    assert not Job.objects.filter(kind="robustness").exists()


def test_a_table_is_probed_by_leaving_its_columns_out(client, tmp_path):
    rows = [
        {"id": str(n), "age": n % 11, "size": n % 3, "branch": "ns"[n % 2], "label": "late" if n % 11 > 5 else "lost"}
        for n in range(160)
    ]
    fields = (Field("age", "number"), Field("size", "number"), Field("branch", "category"))
    dataset = imported(tmp_path, rows, "table", text=(), fields=fields)
    run = small_world.trained(dataset)
    result = probed(dataset, run).result
    assert result["probes"] == [] and [one["name"] for one in result["missing"]][0] in ("age", "all numbers")
    age = next(one for one in result["missing"] if one["name"] == "age")
    assert age["lost"]["value"] > 0.2 and age["lost"]["n"] == age["n"] == result["rows"]
    client.force_login(people.leo(dataset))
    page = html_of(client.get(url("robustness", dataset, run)))
    assert f"Without age it is right {100 * age['lost']['value']:.1f} points less often" in page
    assert "What flipped" not in page and '<small class="soft">2 columns</small>' in page


def test_groups_that_experts_confirmed_are_judged_for_consistency(tmp_path):
    dataset = small_world.pool(tmp_path)
    erin = people.erin(dataset)
    decide(open_case(dataset, "r1-20", "r1-22"), erin, answer(dataset, "payment"), timezone.now())
    decide(open_case(dataset, "r1-21", "r1-30"), erin, answer(dataset, "access"), timezone.now())
    run = small_world.trained(dataset)
    same = probed(dataset, run, probes=["case"]).result["consistency"]
    assert same["n"] == 2 and len(same["worst"]) == same["flips"]
    assert all(set(one["classes"]) == {"access", "payment"} for one in same["worst"])
    first = request_robustness(dataset, run, probes=["case"], background=False)
    decide(open_case(dataset, "r1-24", "r1-26"), erin, answer(dataset, "payment"), timezone.now())
    assert request_robustness(dataset, run, probes=["case"], background=False) != first


def test_flipped_items_open_as_cases_of_a_finding_once(world):
    dataset, _, job = world
    leo, now = people.leo(dataset), timezone.now()
    decided = of(job, "typos")["flipped"][0]
    case = open_case(dataset, Item.objects.get(pk=decided).external_id)
    decide(case, people.erin(dataset), answer(dataset, "access"), now)
    finding, opened = open_flipped(job, "typos", leo, now)
    flips = of(job, "typos")["flips"]
    assert finding.covered.count() == flips and opened == flips - 1
    assert dataset.cases.open().filter(kind=Case.REVIEW).count() == opened
    assert (finding.n, finding.author, finding.kind) == (60, leo, "robustness")
    again, more = open_flipped(job, "typos", leo, now)
    assert again == finding and more == 0 and Finding.objects.filter(kind="robustness").count() == 1
    open_cases(dataset, [], now)  # a later detection that suspects nothing
    assert dataset.cases.open().count() == opened
    with pytest.raises(UnableToOpen, match="The probe 'case' flipped no item"):
        open_flipped(job, "case", leo, now)


def url(name, dataset, run, *more):
    return reverse(name, args=[dataset.slug, run.pk, *more])


def test_the_page_before_and_after(client, world):
    dataset, run, job = world
    client.force_login(people.leo(dataset))
    page = html_of(client.get(url("robustness", dataset, run)))
    typos = of(job, "typos")
    assert f"flips {100 * typos['value']:.1f}\u00a0% of 60 predictions" in page
    assert f"Open {typos['flips']} items as cases" in page and "nothing to change" in page
    assert "<ins>" in page and "no such group yet" in page
    assert url("robustness", dataset, run) in html_of(client.get(url("run", dataset, run)))
    other = small_world.trained(dataset, C="3")
    fresh = html_of(client.get(url("robustness", dataset, other)))
    assert f"How easily a prediction of run {other.pk} flips is not known yet" in fresh


def test_a_press_is_a_job_and_what_was_done_leads_back(client, world):
    dataset, run, job = world
    client.force_login(people.leo(dataset))
    response = client.post(url("check_robustness", dataset, run), {"probe": ["typos"], "seed": "0"})
    made = Job.objects.filter(kind="robustness").order_by("-id").first()
    assert response.url == reverse("job", args=[dataset.slug, made.pk]) and made.created_by.username == "leo"
    data = {"probe": ["typos", "case", "position"], "seed": "0"}
    assert client.post(url("check_robustness", dataset, run), data).url == url("robustness", dataset, run)
    work_here(made)
    shown = html_of(client.get(reverse("job", args=[dataset.slug, made.pk])))
    assert f"Run {run.pk} is probed on 60 rows it had not seen" in shown


@pytest.mark.parametrize(
    ("data", "sentence"),
    [({"seed": "-1"}, "not a seed; give a whole number"), ({"seed": "0", "probe": "mirror"}, "There is no probe")],
)
def test_a_wrong_question_is_a_sentence_on_the_page(client, world, data, sentence):
    dataset, run, _ = world
    client.force_login(people.leo(dataset))
    shown = html_of(client.post(url("check_robustness", dataset, run), data, follow=True))
    assert sentence in shown and Job.objects.filter(kind="robustness").count() == 1


def test_one_press_opens_the_suggested_cases(client, world):
    dataset, run, job = world
    client.force_login(people.leo(dataset))
    response = client.post(url("open_flipped", dataset, run, job.pk, "typos"))
    finding = Finding.objects.get(kind="robustness")
    assert response.url == f"{reverse('findings', args=[dataset.slug])}#finding-{finding.pk}"
    page = html_of(client.get(response.url))
    assert PROBES["typos"] in page and "Predictions that a change of no meaning flips" in page
    assert f"{of(job, 'typos')['flips']} cases opened, as a finding of yours." in page
    shown = html_of(client.post(url("open_flipped", dataset, run, job.pk, "case"), follow=True))
    assert "flipped no item; there is nothing to open" in shown


def test_experts_outsiders_and_other_datasets_see_nothing(client, world, tmp_path):
    dataset, run, job = world
    for person in (people.erin(dataset), people.olga()):
        client.force_login(person)
        assert client.get(url("robustness", dataset, run)).status_code == 404
        assert client.post(url("check_robustness", dataset, run)).status_code == 404
        assert client.post(url("open_flipped", dataset, run, job.pk, "typos")).status_code == 404
    other = small_world.pool(tmp_path, "other")
    client.force_login(people.leo(other))
    assert client.get(url("robustness", other, run)).status_code == 404


def test_by_command(world):
    dataset, run, job = world
    out = StringIO()
    call_command("robustness", dataset.slug, "--run", str(run.pk), "--probe", "typos", "case", "position", "--json",
                 stdout=out, stderr=StringIO())  # fmt: skip
    assert out.getvalue().count("\n") == 1 and json.loads(out.getvalue()) == job.result
    with pytest.raises(CommandError, match="There is no probe 'mirror'"):
        call_command("robustness", dataset.slug, "--run", str(run.pk), "--probe", "mirror")
    with pytest.raises(CommandError, match="has no run or prediction set '99'"):
        call_command("robustness", dataset.slug, "--run", "99")


def test_a_run_is_probed_by_its_own_classes_whatever_they_are_called_now(world):
    dataset, run, _ = world
    rename(dataset, "access", "entry", None, timezone.now())
    job = probed(dataset, run, probes=["case"], seed=5)
    assert job.result["rows"] == run.snapshot.n_rows
