"""The exported model: it predicts what the run predicts, and its card tells the facts."""

import io
import json
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from django.conf import settings

from annotation import frames
from annotation.core.artifacts import load_bytes
from modeling.actions.proving.set_costs import set_costs
from modeling.actions.running.export_model import card_of, packed
from modeling.core.fitting.model_artifacts import load_model
from modeling.core.fitting.training import predict
from modeling.core.proving.scoring import scores
from modeling.models import ModelRun
from tests.modeling import small_world
from tests.test_commands import refusal, result

pytestmark = pytest.mark.django_db


def exported(tmp_path, run):
    path = tmp_path / "model.zip"
    output = result("export_model", "support", run.pk, path)
    assert output["file"] == str(path) and output["bytes"] == path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def own_probabilities(run):
    frame = frames.snapshot_rows(run.snapshot)
    table = frames.content_table(frame["content"], run.dataset.typed_fields)
    return table, predict(load_model(load_bytes(settings.ARTIFACTS_DIR, run.artifact)), table, run.dataset.class_names)


def test_an_exported_linear_model_predicts_the_same_without_second_look(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    parts = exported(tmp_path, run)
    assert set(parts) == {"model.skops", "card.json", "card.md"}
    table, expected = own_probabilities(run)
    (tmp_path / "model.skops").write_bytes(parts["model.skops"])
    table.to_json(tmp_path / "table.json")
    script = f"""
import numpy as np, pandas as pd, skops.io, sys
sys.path = [folder for folder in sys.path if folder not in ("", {str(settings.BASE_DIR)!r})]
model = skops.io.load("model.skops", trusted=[])
np.save("out.npy", model.predict_proba(pd.read_json("table.json")))
assert not [name for name in sys.modules if name.split(".")[0] in ("annotation", "modeling", "django")]
import json; print(json.dumps(model.classes_.tolist()))
"""
    done = subprocess.run([sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    order = [run.dataset.class_names.index(name) for name in json.loads(done.stdout)]
    assert np.array_equal(np.load(tmp_path / "out.npy"), expected[:, order])


def test_an_exported_network_predicts_the_same_in_second_look(tmp_path):
    dataset = small_world.pool(tmp_path)
    output = result("train", "support", "--learner", "mlp", "--set", "layers=8", "max_epochs=30", "components=8")
    run = ModelRun.objects.get(pk=output["run"])
    parts = exported(tmp_path, run)
    assert set(parts) == {"model.zip", "card.json", "card.md"}
    table, expected = own_probabilities(run)
    assert np.array_equal(predict(load_model(parts["model.zip"]), table, dataset.class_names), expected)
    assert "modeling.core.fitting.model_artifacts import load_model" in parts["card.md"].decode()


def test_the_five_lines_of_the_card_run(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    parts = exported(tmp_path, run)
    (tmp_path / "model.skops").write_bytes(parts["model.skops"])
    lines = re.search(r"```python\n(.*?)```", parts["card.md"].decode(), re.DOTALL).group(1)
    assert lines.count("\n") <= 5
    done = subprocess.run([sys.executable, "-I", "-c", lines], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "access" in done.stdout, done.stderr


def test_the_card_gives_data_scores_and_limits(tmp_path):
    dataset, before, after, comparison = small_world.whole_round(tmp_path, ambiguous=3)
    card = card_of(after)
    assert card["data_sha256"] == after.snapshot.sha256 and card["rows"] == 57
    assert sum(card["rows_by_class"].values()) == 57 and card["resolved"] == after.resolved
    by = {one["name"]: one for one in card["metrics"]}
    stored = after.metrics["validation"]
    assert by["accuracy"]["value"] == pytest.approx(stored["accuracy"]) and by["accuracy"]["n"] == 57
    assert by["macro F1"]["value"] == pytest.approx(stored["macro_f1"])
    assert by["balanced accuracy"]["value"] == pytest.approx(stored["balanced_accuracy"])
    assert by["log loss"]["value"] == pytest.approx(stored["log_loss"], rel=1e-4)
    for one in card["metrics"]:
        assert one["low"] <= one["value"] <= one["high"]
    [compared] = card["comparisons"]
    assert (compared["verdict"], compared["side"], compared["look"]) == (comparison.verdict, "after", 1)
    assert compared["labelled_by"] == ["import"] and compared["n"] == 40
    assert "It has not learned from items of the pool that were called ambiguous: 3." in card["limits"]
    assert "Production has sources it has not seen: phone, web." in card["limits"]
    text = packed_text(after)
    for fact in (card["data_sha256"], card["parameter_hash"], comparison.verdict, "look 1 of 10", "labelled by import"):
        assert fact in text


def test_what_was_chosen_on_the_rows_and_what_it_costs_is_stated(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path), C="cv")
    set_costs(run.dataset, pairs=[("access", "payment", 5)])
    priced = result("cost", "support", "--run", run.pk)
    card, text = card_of(run), packed_text(run)
    assert "Chosen on these very rows, which flatters its scores a little: C." in card["limits"]
    assert card["costs"]["threshold"] == priced["threshold"] and card["costs"]["unit"] == "EUR"
    assert "| class of least expected cost |" in text and "The threshold: access from a probability of" in text
    assert {"skops", "pandas", "scikit-learn"} <= set(card["environment"])


def packed_text(run):
    with zipfile.ZipFile(io.BytesIO(packed(run))) as archive:
        assert json.loads(archive.read("card.json")) == card_of(run)
        return archive.read("card.md").decode()


def test_the_same_run_is_the_same_file(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    assert packed(run) == packed(run)


def test_a_run_that_proves_nothing_says_so_first(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    ModelRun.objects.filter(pk=run.pk).update(converged=False, at_chance=True, solver_status="Stopped early.")
    limits = card_of(ModelRun.objects.get(pk=run.pk))["limits"]
    assert limits[0] == "The solver did not converge: Stopped early. Do not use it." and "chance" in limits[1]
    assert "It has not been compared on production" in packed_text(run)


def test_what_cannot_be_written_is_a_sentence(tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    assert "name a file that ends in .zip" in refusal("export_model", "support", run.pk, tmp_path / "model.skops")
    assert "has no run" in refusal("export_model", "support", "77", tmp_path / "model.zip")
    assert "can't be written" in refusal("export_model", "support", run.pk, tmp_path / "nowhere" / "model.zip")
    (settings.ARTIFACTS_DIR / run.artifact).unlink()
    assert "cannot be read" in refusal("export_model", "support", run.pk, tmp_path / "model.zip")
    assert not (tmp_path / "model.zip").exists()


def test_scores_by_hand():
    truth, probabilities = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.1, 0.9]])
    by = {one.name: one for one in scores(truth, probabilities)}
    assert by["accuracy"].value == 0.75 and by["balanced accuracy"].value == 0.75
    # F1 of the first class 2/3, of the second 4/5
    assert by["macro F1"].value == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert by["log loss"].value == pytest.approx(-np.log([0.9, 0.4, 0.8, 0.9]).mean())
