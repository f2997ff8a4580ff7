"""Any file of the house through a run: by command, with costs, whole or not at all."""

import csv
import gzip
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.core.fields import Field
from annotation.core.files.tables import read_table
from modeling.actions.proving.set_costs import set_costs
from modeling.actions.running import predict_file
from modeling.actions.running.predict_file import columns_of
from modeling.core.proving.prediction_rules import PredictionRule
from tests.factories import imported
from tests.modeling import small_world
from tests.test_commands import file, refusal, result

pytestmark = pytest.mark.django_db
TWO = "id,text\nn1,reset my password please\nn2,the card was charged twice\n"


@pytest.fixture
def run(tmp_path):
    return small_world.trained(small_world.pool(tmp_path))


def read(path):
    table = read_table(path)
    return [dict(zip(table.columns, row, strict=True)) for row in zip(*table.cells.values(), strict=True)]


def test_each_row_gets_its_class_and_every_probability(tmp_path, run):
    out = tmp_path / "out.csv"
    output = result("predict", "support", file(tmp_path, TWO), out, "--run", run.pk, "--id", "id")
    assert output == {
        "rows": 2, "run": run.pk, "predicted": {"payment": 1, "access": 1}, "notes": [], "rejected": 0,
        "file": str(out),
    }  # fmt: skip
    rows = read(out)
    assert [(row["id"], row["predicted"]) for row in rows] == [("n1", "access"), ("n2", "payment")]
    for row in rows:
        assert set(row) == {"id", "predicted", "access", "payment"}
        assert float(row["access"]) + float(row["payment"]) == pytest.approx(1, abs=1e-5)
        assert float(row[row["predicted"]]) > 0.5


@pytest.mark.parametrize("name", ["in.csv", "in.tsv", "in.jsonl", "in.csv.gz", "in.parquet"])
@pytest.mark.parametrize("out", ["out.csv", "out.tsv", "out.jsonl.gz", "out.parquet"])
def test_every_form_of_the_house_goes_in_and_out(tmp_path, run, name, out):
    rows = list(csv.DictReader(TWO.splitlines()))
    contents = {
        "in.csv": TWO, "in.tsv": TWO.replace(",", "\t"), "in.jsonl": "\n".join(map(json.dumps, rows)),
        "in.csv.gz": gzip.compress(TWO.encode()),
    }  # fmt: skip
    if name == "in.parquet":
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
        path = tmp_path / name
    else:
        path = file(tmp_path, contents[name], name)
    assert result("predict", "support", path, tmp_path / out, "--run", run.pk, "--id", "id")["rows"] == 2
    assert [row["predicted"] for row in read(tmp_path / out)] == ["access", "payment"]


def test_the_file_written_is_one_that_import_predictions_takes(tmp_path, run):
    rows = small_world.rows(60, 1)
    path = file(tmp_path, "id,text\n" + "".join(f"{row['id']},{row['text']}\n" for row in rows))
    result("predict", "support", path, tmp_path / "p.csv", "--run", run.pk, "--id", "id")
    output = result("import_predictions", "support", tmp_path / "p.csv", "--name", "mine", "--id", "id")
    assert (output["items"], output["of"]) == (60, 60)


def test_without_an_id_rows_go_by_their_number_and_unused_columns_are_named(tmp_path, run):
    path = file(tmp_path, "text,channel,who\nreset my password,mail,ann\n\ncard charged twice,mail,bob\n")
    output = result("predict", "support", path, tmp_path / "out.csv", "--run", run.pk)
    assert [row["id"] for row in read(tmp_path / "out.csv")] == ["2", "4"]
    assert output["notes"] == ["The model does not read columns 'channel', 'who'."]


def test_a_missing_field_is_a_sentence_with_what_was_meant(tmp_path, run):
    out = tmp_path / "out.csv"
    asked = ("predict", "support", file(tmp_path, "id,Text\na,b\n"), out, "--run", run.pk, "--id", "id")
    assert refusal(*asked) == (
        "Column 'text': the file has no such column (did you mean 'Text'?); it has 'id', 'Text'."
    )
    assert not out.exists()


def test_a_bad_row_writes_nothing_and_is_named_and_the_good_ones_go_on_request(tmp_path, run):
    path = file(tmp_path, "id,text\nn1,reset my password\nn2,\n,card\n")
    out, bad = tmp_path / "out.csv", tmp_path / "bad.csv"
    asked = ("predict", "support", path, out, "--run", run.pk, "--id", "id", "--rejected", bad)
    sentence = refusal(*asked)
    assert sentence.startswith("Row 3, column 'text': the cell is empty") and "1 more row has a fault" in sentence
    assert not out.exists() and [row["row"] for row in read(bad)] == ["3", "4"]
    assert result(*asked, "--accept-good")["rejected"] == 2
    assert [row["id"] for row in read(out)] == ["n1"]


@pytest.mark.parametrize("content", ["id,text\nn1,reset\nn2,a,b\n", "id,text\nn1,\n"])
def test_where_no_row_is_good_or_one_is_torn_nothing_is_written(tmp_path, run, content):
    out = tmp_path / "out.csv"
    refusal("predict", "support", file(tmp_path, content), out, "--run", run.pk, "--id", "id")
    assert not out.exists() and not list(tmp_path.glob(".out*"))


def test_what_is_not_there_is_a_sentence(tmp_path, run):
    path, out = file(tmp_path, TWO), tmp_path / "out.csv"
    assert "has no run or prediction set '99'" in refusal("predict", "support", path, out, "--run", "99")
    assert refusal("predict", "support", tmp_path / "no.csv", out, "--run", run.pk).startswith("There is no file")
    assert "but no rows" in refusal("predict", "support", file(tmp_path, "id,text\n", "e.csv"), out, "--run", run.pk)
    assert "name a file that ends in" in refusal("predict", "support", path, tmp_path / "out.xls", "--run", run.pk)
    assert "Nobody has said what errors cost" in refusal("predict", "support", path, out, "--run", run.pk, "--costs")
    assert "is not CLASS=P" in refusal("predict", "support", path, out, "--run", run.pk, "--threshold", "access=2")


def test_a_run_that_did_not_converge_says_so(tmp_path, run):
    type(run).objects.filter(pk=run.pk).update(converged=False, at_chance=True, solver_status="Stopped early.")
    output = result("predict", "support", file(tmp_path, TWO), tmp_path / "out.csv", "--run", run.pk, "--id", "id")
    assert output["notes"] == [
        f"Run {run.pk} did not converge: Stopped early.",
        f"Run {run.pk} is no better than chance out of fold; its predictions say nothing.",
    ]


def test_costs_choose_the_class_that_costs_least(tmp_path, run):
    set_costs(run.dataset, pairs=[("payment", "access", 1000)])
    out = tmp_path / "out.csv"
    path = file(tmp_path, TWO)
    result("predict", "support", path, out, "--run", run.pk, "--id", "id", "--costs")
    assert [row["predicted"] for row in read(out)] == ["payment", "payment"]
    result("predict", "support", path, out, "--run", run.pk, "--id", "id", "--threshold", "access=0.01")
    assert [row["predicted"] for row in read(out)] == ["access", "access"]


def test_numbers_and_categories_are_read_as_they_were_imported(tmp_path):
    rows = [
        {"id": f"c{n}", "age": str(20 + n % 40), "branch": "xy"[n % 2], "label": ("yes", "no")[n % 2]}
        for n in range(60)
    ]  # fmt: skip
    fields = (Field("age", "number"), Field("branch", "category"))
    run = small_world.trained(imported(tmp_path, rows, "credit", text=(), fields=fields))
    path = file(tmp_path, "id,branch,age\na,x,30\nb,y,\nc,unseen,1e9\n")
    assert result("predict", "credit", path, tmp_path / "out.csv", "--run", run.pk, "--id", "id")["rows"] == 3
    assert [row["predicted"] for row in read(tmp_path / "out.csv")][:2] == ["yes", "no"]
    asked = ("predict", "credit", file(tmp_path, "branch,age\nx,old\n", "b.csv"), tmp_path / "o.csv", "--run", run.pk)
    assert refusal(*asked).startswith("Row 2, column 'age': 'old' is not a number")


def test_columns_give_way_to_classes_of_their_name():
    assert list(columns_of(["id", "other"])) == ["second_look_id", "predicted", "id", "other"]


def test_a_threshold_leaves_the_others_to_the_likeliest():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.3, 0.5]])
    assert PredictionRule(threshold=(2, 0.3)).predicted(probabilities).tolist() == [0, 2, 2]
    assert PredictionRule(threshold=(2, 0.6)).predicted(probabilities).tolist() == [0, 1, 1]
    assert PredictionRule().predicted(probabilities).tolist() == [0, 1, 2]


def test_the_file_to_predict_is_never_written_over(tmp_path, run):
    path = file(tmp_path, TWO)
    assert "name another one to write" in refusal("predict", "support", path, path, "--run", run.pk)
    assert path.read_text() == TWO


def test_a_file_that_grows_while_it_is_read_is_not_predicted_in_part(tmp_path, run, monkeypatch):
    path = file(tmp_path, TWO)
    checked = predict_file._check

    def growing(source, dataset, id):
        found = checked(source, dataset, id)
        path.write_text(TWO + "n3,one more line\n")
        return found

    monkeypatch.setattr(predict_file, "_check", growing)
    said = refusal("predict", "support", path, tmp_path / "out.csv", "--run", run.pk, "--id", "id")
    assert "had 2 rows when it was checked and 3" in said and not (tmp_path / "out.csv").exists()
