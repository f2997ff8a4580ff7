import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from annotation.actions.jobs.work import work_here
from annotation.models import Case, Finding, Job
from modeling.actions.running.open_rows import open_rows
from modeling.actions.training.learning_curve import request_curve
from modeling.actions.training.train import request_training
from modeling.models import ModelRun
from modeling.reading import run_description
from modeling.reading.items_behind_figures import RowsAsked, list_rows
from modeling.reading.rows_learned_from import rows_of
from modeling.reading.run_description import as_json, describe, description_of
from tests import people
from tests.factories import imported, open_case
from tests.modeling import small_world
from tests.pages import html_of

pytestmark = pytest.mark.django_db


def page_of(client, run, name="run", **query):
    client.force_login(people.leo(run.dataset))
    return client.get(reverse(name, args=[run.dataset.slug, run.pk]), query)


def printed(*arguments):
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    [line] = out.getvalue().splitlines()
    return json.loads(line)


def test_it_works(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    page = html_of(page_of(client, run))
    for part in ("calibration", "confusion", "slices", "confident", "memorized", "learning-curve", "settings"):
        assert f'<div id="{part}"' in page
    assert page.count('<details class="card fold">') == 8 and "<details open" not in page
    assert "No label it learned from has been corrected since" in page
    assert "What more labels would bring is not measured yet" in page


def test_the_command_says_what_the_page_shows(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    described = printed("describe_run", "support", "--run", str(run.pk))
    for part, shown in json.loads(json.dumps(description_of(run))).items():
        assert described[part] == shown
    assert described["train"] == run.metrics["train"] and described["learning_curve"] is None
    page = page_of(client, run)
    pairs = described["confusion"]["pairs"]
    assert sum(one["count"] for one in pairs) == described["confusion"]["wrong"]
    assert page.context["confusion"]["pairs"][0][0]["count"] == pairs[0]["count"]
    accuracy = described["validation"]["accuracy"]
    assert described["confusion"]["wrong"] == round(60 * (1 - accuracy))
    assert described["calibration"]["before"]["loss"] == pytest.approx(described["validation"]["log_loss"], abs=1e-5)


def test_no_such_run_is_one_sentence(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    for name in ("describe_run", "learning_curve"):
        described = rf"'support' has no run or prediction set '99'. Its newest runs: {run.pk}\."
        with pytest.raises(CommandError, match=described):
            call_command(name, "support", "--run", "99")


def test_what_is_known_of_each_row(tmp_path):
    rows = [
        {"id": f"i{n}", "text": text, "label": label, "who": who, "from": "web", "at": f"2024-0{n % 3 + 1}-05"}
        for n, (text, label) in enumerate(small_texts(30)) for who in ("ann", "bob")
    ]  # fmt: skip
    rows[1]["label"] = "payment" if rows[0]["label"] == "access" else "access"
    dataset = imported(tmp_path, rows, annotator="who", source="from", received="at")
    open_case(dataset, "i1")
    found = rows_of(small_world.trained(dataset))
    # i0 ties and has no label; it is contested but no row
    assert len(found.item) == 29 and not found.contested.any()
    assert (found.disagreement.value, found.disagreement.n) == (1 / 30, 30)
    assert found.length.tolist() == [len(text) for text, _ in small_texts(30)][1:]
    assert set(found.source) == {"web"} and found.received.min().astype("datetime64[M]").astype(str) == "2024-01"


def small_texts(n):
    return [(row["text"], row["label"]) for row in small_world.rows(n, 7)]


def test_an_expert_who_differs_makes_a_row_contested_and_its_label_corrected(tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    assert description_of(run)["memorized"]["corrected"] == 0
    small_world.relabelled(dataset)
    described = describe(run)
    assert described.rows.contested.sum() == small_world.FLIPPED == len(described.recall.item)
    memory = described.recall.memory
    assert memory.fitted.n == 10 and memory.fitted.value >= memory.held_out.value
    # C = 1 on ten wrong labels of sixty: it holds on to what it was taught
    assert memory.fitted.value + memory.corrected_share.value == pytest.approx(1)
    after = small_world.trained_like(run)
    assert description_of(after)["memorized"]["corrected"] == 0


def test_before_again_counts_what_was_corrected_since_the_labels_it_carries(tmp_path):
    _, _, _, comparison = small_world.whole_round(tmp_path, ambiguous=2)
    again = comparison.before_run
    assert again.snapshot.labels_of
    assert description_of(again)["memorized"]["corrected"] == small_world.FLIPPED - 2


def test_a_model_that_is_gone_is_named_and_the_rest_stands(client, tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    small_world.relabelled(dataset)
    ModelRun.objects.filter(pk=run.pk).update(artifact="0" * 64 + ".skops")
    page = html_of(page_of(client, run))
    assert "10 labels were corrected since; whether it had learned them cannot be said" in page
    assert 'id="calibration"' in page
    run.predictions.arrays = "0" * 64 + ".npz"
    run.predictions.save()
    page = page_of(client, run)
    assert page.status_code == 200 and "What this run predicted for rows it had not seen cannot be read" in html_of(
        page
    )
    assert page_of(client, run, "run_rows", which="confident").status_code == 302


def test_many_rows_wait_for_a_job(client, tmp_path, monkeypatch):
    monkeypatch.setattr(run_description, "LIVE", 10)
    run = small_world.trained(small_world.pool(tmp_path))
    assert "Describe this run" in html_of(page_of(client, run))
    asked = client.post(reverse("describe_run", args=[run.dataset.slug, run.pk]))
    job = Job.objects.get(kind="description")
    assert asked.url == reverse("job", args=[run.dataset.slug, job.pk])
    work_here(job)
    assert "Run 1 is described" in html_of(client.get(asked.url)).replace(f"Run {run.pk}", "Run 1")
    page = html_of(page_of(client, run))
    assert "Describe this run" not in page and "Describe again" in page and 'id="slices"' in page
    assert page_of(client, run, "run_rows", which="confident").status_code == 200


def cell_of(run):
    """The largest cell off the diagonal, and its count."""
    top = description_of(run)["confusion"]["pairs"][0]
    return RowsAsked("cell", top["label"], top["predicted"]), top["count"]


def test_a_cell_opens_its_rows_page_by_page(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    choice, n = cell_of(run)
    whole = list_rows(run, choice)
    assert whole.n == n == len(whole.lines) and whole.after == ""
    assert {(line.label, line.predicted) for line in whole.lines} == {(choice.given, choice.predicted)}
    confidence = [line.confidence for line in whole.lines]
    assert confidence == sorted(confidence, reverse=True)
    read, after = [], ""
    while True:
        page = list_rows(run, choice, after, size=2)
        read += [line.item.pk for line in page.lines]
        after = page.after
        if not after:
            break
    assert read == [line.item.pk for line in whole.lines]
    assert list_rows(run, choice, "no key").lines == whole.lines


def test_equal_confidence_loses_no_row_between_pages(tmp_path, monkeypatch):
    run = small_world.trained(small_world.pool(tmp_path))
    found = rows_of(run)
    found.probabilities[:] = [0.75, 0.25]
    monkeypatch.setattr("modeling.reading.items_behind_figures.out_of_fold", lambda run: found)
    choice, read, after = RowsAsked("cell", run.predictions.classes[1], run.predictions.classes[0]), [], ""
    while after or not read:
        page = list_rows(run, choice, after, size=7)
        read += [line.item.pk for line in page.lines]
        after = page.after
        if not after:
            break
    assert read == found.item[found.truth == 1].tolist() and page.n == len(read)


def test_rows_become_cases_once(client, tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    choice, n = cell_of(run)
    client.force_login(people.leo(dataset))
    url = reverse("open_run_rows", args=[dataset.slug, run.pk])
    data = {"which": "cell", "given": choice.given, "predicted": choice.predicted}
    first = client.post(url, data, follow=True)
    finding = Finding.objects.get(kind="run_rows")
    assert f"{n} case" in html_of(first) and finding.author.username == "leo"
    assert finding.covered.count() == n and Case.objects.open().of_finding(finding.pk).count() == n
    again = client.post(url, data, follow=True)
    assert "All of these rows had an open case already" in html_of(again)
    assert Finding.objects.filter(kind="run_rows").count() == 1
    listed = html_of(page_of(client, run, "run_rows", **data))
    assert listed.count('">case ') == n
    assert "Rows a model run points to" in html_of(client.get(reverse("findings", args=[dataset.slug])))


def test_what_experts_decided_is_not_opened_again(client, tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    small_world.relabelled(dataset)
    leo = people.leo(dataset)
    memorized = RowsAsked("memorized")
    page = list_rows(run, memorized)
    assert page.n == len(description_of(run)["memorized"]["items"]) > 0
    assert all(line.decided and line.now and line.now != line.label for line in page.lines)
    client.force_login(leo)
    url = reverse("open_run_rows", args=[dataset.slug, run.pk])
    response = client.post(url, {"which": "memorized"}, follow=True)
    assert "Experts have decided on all of these rows" in html_of(response)
    assert not Finding.objects.filter(kind="run_rows").exists()


def test_a_list_that_does_not_exist(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    for query in ({}, {"which": "other"}, {"which": "cell", "given": "access", "predicted": "nothing"}):
        response = page_of(client, run, "run_rows", **query)
        assert response.status_code == 302 and response.url == reverse("run", args=[run.dataset.slug, run.pk])


def test_an_open_audit_case_is_not_shown(tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    choice, _ = cell_of(run)
    line = list_rows(run, choice).lines[0]
    case = open_case(dataset, line.item.external_id)
    assert list_rows(run, choice).lines[0].case == case.pk
    Case.objects.filter(pk=case.pk).update(kind=Case.AUDIT)
    assert list_rows(run, choice).lines[0].case is None


def test_the_learning_curve_by_button_and_by_command(client, tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    client.force_login(people.leo(dataset))
    asked = client.post(reverse("learning_curve", args=[dataset.slug, run.pk]))
    job = Job.objects.get(kind="learning_curve")
    assert asked.url == reverse("job", args=[dataset.slug, job.pk]) and job.created_by.username == "leo"
    assert "It is being measured" in html_of(page_of(client, run))
    described = printed("learning_curve", "support", "--run", str(run.pk))
    assert Job.objects.filter(kind="learning_curve").count() == 1
    assert described["run"] == run.pk and [one["share"] for one in described["points"]] == [0.4, 0.7, 1.0]
    # all labels, the folds of the run: the run's own out-of-fold accuracy
    assert described["points"][-1]["accuracy"] == pytest.approx(run.metrics["validation"]["accuracy"])
    assert described["points"][-1]["rows"] == 48 and not described["expected"]["fits"]
    page = html_of(page_of(client, run))
    assert "How accuracy grows with labels follows no law" in page and "labelled rows learned from" in page
    assert "The learning curve of run" in html_of(client.get(asked.url))
    assert printed("describe_run", "support", "--run", str(run.pk))["learning_curve"] == described


def test_a_network_has_a_curve_too(tmp_path):
    dataset = small_world.pool(tmp_path)
    pairs = {"layers": "8", "max_epochs": "40", "components": "10"}
    run = small_world._run(request_training(dataset, learner="mlp", pairs=pairs, background=False))
    ModelRun.objects.filter(pk=run.pk).update(converged=True)
    run.refresh_from_db()
    described = work_here(request_curve(run, background=False)).result
    assert described["points"][-1]["accuracy"] == pytest.approx(run.metrics["validation"]["accuracy"])


def test_a_run_that_did_not_converge_has_no_curve(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    ModelRun.objects.filter(pk=run.pk).update(converged=False)
    assert "Measure the learning curve" not in html_of(page_of(client, run))
    response = client.post(reverse("learning_curve", args=[run.dataset.slug, run.pk]), follow=True)
    assert "did not converge; a curve of it would say nothing" in html_of(response)
    assert not Job.objects.filter(kind="learning_curve").exists()


def test_only_leads_come_in_and_only_by_post_is_anything_done(client, tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    posts = [reverse(name, args=[dataset.slug, run.pk]) for name in ("open_run_rows", "learning_curve", "describe_run")]
    rows = reverse("run_rows", args=[dataset.slug, run.pk])
    for person in (people.erin(dataset), people.olga(), people.otto()):
        client.force_login(person)
        assert client.get(rows).status_code == 404
        assert all(client.post(url).status_code == 404 for url in posts)
    client.force_login(people.leo(dataset))
    assert all(client.get(url).status_code == 405 for url in posts)
    other = small_world.pool(tmp_path, "other")
    client.force_login(people.leo(other))
    assert client.get(reverse("run_rows", args=["other", run.pk])).status_code == 404


def test_production_takes_no_part(tmp_path):
    dataset, _, after, _ = small_world.whole_round(tmp_path)
    described = as_json(describe(after))
    pool = set(after.snapshot.rows.values_list("item_id", flat=True))
    assert described["n"] == len(pool) == 60 and set(described["confident"]["items"]) <= pool
    levels = {one["level"] for one in described["slices"] if one["kind"] == "source"}
    assert levels <= {"web", "phone", "no source"}


def test_opening_rows_of_another_choice_is_another_finding(tmp_path):
    dataset = small_world.pool(tmp_path)
    run, leo = small_world.trained(dataset), people.leo(dataset)
    choice, _ = cell_of(run)
    right = RowsAsked("cell", choice.given, choice.given)
    keys = {open_rows(run, one, leo, run.created_at)[0].key for one in (choice, right)}
    assert len(keys) == 2
