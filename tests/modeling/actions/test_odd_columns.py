"""Whatever a file calls its columns: imported, judged, learned from, described, predicted with and shown."""

import csv
import random

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.core.fields import Field
from annotation.models import Case, Flag, Job
from modeling.actions.running.describe_run import request_description
from modeling.actions.training.sweep import grid_specs, request_sweep
from modeling.actions.training.train import request_training
from modeling.models import ModelRun
from modeling.reading.of_runs.coefficients import weights_of_run
from tests import people
from tests.factories import answer, imported
from tests.modeling.small_world import FILLERS, WORDS
from tests.pages import words_of
from tests.test_commands import result

pytestmark = pytest.mark.django_db
TEXTS = ("ticket__body", "text: “words”")
CATEGORIES = (
    "verbose", "remainder", "label", "kind", "Kind", "__class__", '"quoted" it\'s', "🙂", "x" * 200, "two  words",
    "new\nline", "{}", "%s", "<b>bold</b>", "predicted", "reason", "text: “words” (characters)", "embedding a/b.npy",
)  # fmt: skip
NUMBERS = ("n_jobs", "7", "0", "item", "words, projected, 1")
FIELDS = (
    *(Field(name, "text") for name in TEXTS), *(Field(name, "category") for name in CATEGORIES),
    *(Field(name, "number") for name in NUMBERS),
)  # fmt: skip


def rows(n, seed):
    draw, made = random.Random(seed), []
    for number in range(n):
        truth, other = ("access", "payment") if number % 2 else ("payment", "access")
        text = " ".join(draw.sample(WORDS[truth], 2) + draw.sample(FILLERS, 5) + [f"ref{seed}{number}"])
        said = {"key": f"r{seed}-{number}", "class of it": other if number < 4 else truth}
        said |= dict(zip(TEXTS, (text, " ".join(draw.sample(FILLERS, 4))), strict=True))
        said |= {name: draw.choice(["north", "south", *[""] * 8]) for name in CATEGORIES}
        said["verbose"] = "north" if truth == "access" else "south"
        said |= {name: draw.choice([1, 40, *[""] * 8]) for name in NUMBERS}
        made.append(said)
    return made


@pytest.fixture
def dataset(tmp_path):
    chosen = {"text": (), "fields": FIELDS, "label": "class of it", "id": "key"}
    return imported(tmp_path, rows(48, 1), **chosen)


def trained(dataset, learner, **pairs):
    return ModelRun.objects.get(pk=work_here(request_training(dataset, learner=learner, pairs=pairs, background=False))
                                .result["run"])  # fmt: skip


def test_columns_of_any_name_go_all_the_way(client, tmp_path, dataset):
    result("detect", dataset.slug)
    assert Flag.objects.filter(item__dataset=dataset).exists()
    run = trained(dataset, "logistic", C="1")
    weights = weights_of_run(run).weights
    assert {name for names in weights.columns for name in names} == {field.name for field in FIELDS}
    assert f"{TEXTS[0]}: “login”" in weights.names and "verbose = north" in weights.names
    networks = trained(dataset, "mlp", layers="8")
    assert work_here(request_description(run, background=False)).status == Job.DONE
    for one in (run, networks):
        out = tmp_path / f"out{one.pk}.jsonl"
        path = tmp_path / "new.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, ["key", *TEXTS, *CATEGORIES, *NUMBERS], extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows(8, 2))
        told = result("predict", dataset.slug, path, out, "--run", one.pk, "--id", "key")
        assert sum(told["predicted"].values()) == 8
    specs = grid_specs(dataset, "logistic", {}, {"C": ["1", "10"]})
    assert work_here(request_sweep(dataset, specs, 1, background=False)).status == Job.DONE
    result("export_model", dataset.slug, run.pk, tmp_path / "model.zip")
    pages_show(client, dataset, run)


def pages_show(client, dataset, run):
    case = dataset.cases.filter(status=Case.OPEN).first()
    erin = people.erin(dataset)
    client.force_login(erin)
    said = words_of(client.get(reverse("queue", args=[dataset.slug])))
    assert "ticket__body" in said and "{}" in said and "<b>bold</b>" in said
    decide(case, erin, answer(dataset, "access"), timezone.now())
    assert client.get(reverse("history", args=[dataset.slug]), {"words": "north"}).status_code == 200
    client.force_login(people.leo(dataset))
    for name, args in [
        ("cases", []), ("findings", []), ("rules", []), ("overview", []), ("disagreement", []), ("routing", []),
        ("experts", []), ("over_time", []), ("case", [case.pk]), ("run", [run.pk]),
        ("coefficients", [run.pk]), ("download_coefficients", [run.pk]),
        ("predict", [run.pk]), ("robustness", [run.pk]), ("download_cases", []), ("download_model", [run.pk]),
    ]:  # fmt: skip
        response = client.get(reverse(name, args=[dataset.slug, *args]))
        assert response.status_code == 200, (name, response.status_code)
        getattr(response, "getvalue", lambda: b"")()
    rows = client.get(reverse("run_rows", args=[dataset.slug, run.pk]), {"which": "wrong"}, follow=True)
    assert rows.status_code == 200
