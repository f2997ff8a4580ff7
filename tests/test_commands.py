import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from annotation.actions.jobs.doorbell import DOORBELL
from annotation.models import CurrentLabel, Dataset, Item, Job, Label, Membership, Snapshot
from modeling.models import ModelRun
from tests.annotation.actions.fake_detectors import Says, use
from tests.factories import small_dataset
from tests.modeling import small_world
from tests.people import erin

pytestmark = pytest.mark.django_db
GOOD = "id,text,label\na,one text,late\nb,another,lost\n"


def run(*args):
    """What the command printed."""
    out = StringIO()
    call_command(*map(str, args), stdout=out, stderr=StringIO())
    return out.getvalue()


def result(*args):
    """The one line of JSON, read."""
    printed = run(*args, "--json")
    assert printed.endswith("\n") and printed.count("\n") == 1
    return json.loads(printed)


def refusal(*args):
    """The one sentence of the error."""
    with pytest.raises(CommandError) as refused:
        run(*args)
    sentence = str(refused.value)
    assert "\n" not in sentence and "Traceback" not in sentence
    return sentence


def file(tmp_path, content=GOOD, name="items.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def imports(path, *more, slug="d"):
    return ("import_items", slug, path, "--text", "text", "--label", "label", "--id", "id", *more)


@pytest.fixture
def quick(monkeypatch):
    """One detector that suspects a few of the small dataset."""
    use(monkeypatch, says=Says({"charged": 0.9, "reset": 0.6}))


def test_a_round_by_commands_prints_one_line_each(tmp_path, quick):
    dataset = small_dataset(tmp_path)
    erin(dataset)
    detected = result("detect", "support")
    parts = {"detection", "items", "groups", "flags", "findings", "cases", "failed", "not_applicable"}
    assert set(detected) == parts and detected["failed"] == {}
    cases = tmp_path / "cases.csv"
    assert result("export_cases", "support", cases) == {"rows": 2, "file": str(cases), "notes": []}
    assert result("export_cases", "support", cases, "--all")["rows"] == 6
    decided = file(tmp_path, "id,said\ns4,payment\ns3,:ambiguous\n", "decisions.csv")
    asked = ("import_decisions", "support", decided, "--expert", "erin", "--id", "id", "--decision", "said")
    assert (
        result(*asked) == {"decisions": 2, "already_here": 0, "ids_changed": 0, "notes": []}
        and result(*asked)["already_here"] == 2
    )
    frozen = result("snapshot", "support", "--purpose", "training")
    assert set(frozen) == {"snapshot", "sha256", "rows", "left_out"} and frozen["rows"] == 5
    assert result("export_labels", "support", tmp_path / "labels.jsonl")["rows"] == 6


def test_train_and_compare_print_one_line_each(tmp_path):
    dataset = small_world.with_production(tmp_path)
    trained = result("train", "support", "--learner", "logistic", "--set", "C=1", "l1_ratio=0")
    assert set(trained) == {"run", "snapshot", "status", "converged", "resolved", "parameter_hash"}
    again = result("train", "support", "--like", trained["run"])
    production = result("snapshot", "support", "--purpose", "production")["snapshot"]
    compared = result("compare", "support", "--before", trained["run"], "--after", again["run"],
                      "--production", production)  # fmt: skip
    assert compared["verdict"] == "not distinguishable" and compared["n"] == 40 and compared["looks"] == 1
    assert ModelRun.objects.filter(snapshot__dataset=dataset).count() == 2


def test_recipes_sweep_growth_and_runs_print_one_line_each(tmp_path, monkeypatch):
    small_world.pool(tmp_path)
    built = result("recipes", "support", "--build", "plain", "--learner", "logistic", "--set", "C=1")
    assert built["name"] == "plain" and built["settings"]["C"] == 1.0
    clone = result("recipes", "support", "--build", "sparse", "--clone", "plain", "--set", "l1_ratio=1")
    assert result("recipes", "support", "--diff", "plain", "sparse") == {"l1_ratio": ["0", "1"]}
    assert [one["name"] for one in result("recipes", "support")["recipes"]] == ["plain", "sparse"]
    trained = result("train", "support", "--recipe", clone["recipe"])
    assert ModelRun.objects.get(pk=trained["run"]).recipe_id == clone["recipe"]
    asked = ("sweep", "support", "--recipe", "plain", "--learner", "logistic", "--grid", "C=3,30", "--seeds", "1")
    swept = result(*asked)
    assert (swept["fits"], swept["done"], len(swept["recipes"])) == (3, 3, 3) and swept["simplest"]
    assert result(*asked) == swept
    grown = result("capacity", "support", "--grows", "ngrams")
    assert len(grown["points"]) == 6 and grown["earlier"] is None
    table = result("runs", "support", "--sort=-accuracy", "--converged", "yes")["runs"]
    assert len(table) == ModelRun.objects.filter(at_chance=False).count() and ModelRun.objects.count() == 10
    assert [run["accuracy"] for run in table] == sorted((run["accuracy"] for run in table), reverse=True)
    assert result("runs", "support", "--recipe", "plain", "--out", tmp_path / "runs.jsonl")["rows"] == 1


def test_a_job_is_cancelled_by_its_number(tmp_path, monkeypatch):
    monkeypatch.setattr(DOORBELL, "ring", lambda job: None)
    small_world.pool(tmp_path)
    asked = ("sweep", "support", "--learner", "logistic", "--grid", "C=1,3", "--background")
    job = result(*asked)["job"]
    assert result("cancel", "support", job) == {"job": job, "status": "cancelled"}
    assert f"Job {job} is cancelled already" in refusal("cancel", "support", job)
    assert result(*asked)["job"] != job


def test_without_json_it_is_a_line_per_figure(tmp_path):
    lines = run(*imports(file(tmp_path))).splitlines()
    assert "items: 2" in lines and "labels: 2" in lines and "notes: []" in lines


def test_a_dry_run_says_what_it_would_write_and_writes_nothing(tmp_path):
    said = result(*imports(file(tmp_path), "--dry-run"))
    assert said.pop("new_labels")["sentence"].endswith("there is no dataset 'd' yet.")
    assert said == {"items": 2, "labels": 2, "encoding": "utf-8", "notes": [], "rejected": 0, "written": False}
    assert not Dataset.objects.exists() and not Job.objects.exists()


def test_in_the_background_only_a_job_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(DOORBELL, "ring", lambda job: None)
    assert result(*imports(file(tmp_path), "--background")) == {"job": Job.objects.get().pk, "status": "queued"}
    assert not Item.objects.exists()


def test_done_before_is_said_on_stderr_and_answered_all_the_same(tmp_path, quick, capsys):
    small_dataset(tmp_path)
    first = result("detect", "support")
    assert result("detect", "support") == first and "did exactly this before" in capsys.readouterr().err
    assert result("detect", "support", "--again")["detection"] != first["detection"]


def test_a_missing_user_is_made_and_the_password_printed_once(tmp_path):
    small_dataset(tmp_path)
    made = result("add_member", "support", "nora", "--role", "expert", "--link", "ann1")
    assert set(made) == {"user", "role", "password"} and len(made["password"]) >= 12
    assert result("add_member", "support", "nora", "--role", "lead") == {"user": "nora", "role": "lead"}
    assert Membership.objects.get().role == "lead"
    assert "no labels by 'ann9'" in refusal("add_member", "support", "nils", "--role", "expert", "--link", "ann9")
    assert Membership.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,body,label\na,one,late\n", "Column 'text': the file has no such column"),
        ("", "is empty"),
        ("id,text,label\n", "has a header but no rows"),
        ("id,text,label\na,one,late\nb,two,lost,more\n", "Row 3"),
        ("id,text,label\na,one,late\nb,two\n", "Row 3"),
        ("id,text,label\na,o\0ne,late\n", "NUL"),
        ("id,text,label\na,one,late\na,two,late\n", "Row 3, column 'id'"),
        ("id,text,label\na,one,late\nb,\"two,late\n", "Row 3"),
        ("id,text,text,label\na,one,two,late\n", "stands twice"),
        (b"PK\x03\x04 and so on", "not the .csv its name says"),
        ("id,text,label\n,one,late\n", "Row 2, column 'id'"),
    ],
)  # fmt: skip
def test_a_bad_file_writes_nothing_and_says_where(tmp_path, content, said):
    assert said in refusal(*imports(file(tmp_path, content)))
    assert not Dataset.objects.exists() and not Item.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "more", "said"),
    [
        ("items.xlsx", GOOD, (), "is damaged or is none"),
        ("items.csv.gz", GOOD, (), "gz"),
        ("items.csv", GOOD.replace("one", "größer").encode("latin-1"), ("--encoding", "utf-8"), "utf-8"),
        ("items.csv", GOOD.replace("one", "größer"), ("--encoding", "latin-1"), "declared as latin-1 but is"),
        ("items.csv", GOOD, ("--encoding", "klingon"), "'klingon' is not known"),
        ("items.csv", GOOD, ("--class", "late"), "Row 3, column 'label'"),
        ("items.csv", GOOD, ("--field", "id:date"), "is not NAME:TYPE"),
        ("items.csv", GOOD, ("--field", "price:number"), "Column 'price': the file has no such column"),
        ("items.csv", GOOD, ("--received", "label"), "named as label and as received"),
    ],
)
def test_a_file_that_is_not_as_declared_writes_nothing(tmp_path, name, content, more, said):
    assert said in refusal(*imports(file(tmp_path, content, name), *more))
    assert not Dataset.objects.exists() and not Item.objects.exists()


def test_an_unknown_label_names_the_row_and_leaves_the_dataset_as_it_was(tmp_path):
    small_dataset(tmp_path)
    counts = Item.objects.count(), Label.objects.count(), CurrentLabel.objects.count()
    said = refusal(*imports(file(tmp_path, "id,text,label\nn,new,access\nm,newer,refund\n"), slug="support"))
    assert "Row 3, column 'label'" in said and "'refund'" in said
    assert (Item.objects.count(), Label.objects.count(), CurrentLabel.objects.count()) == counts


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("import_items", "d", "nowhere.csv", "--text", "text"), "There is no file nowhere.csv"),
        (("import_items", "a b", __file__, "--text", "text"), "'a b' can't be a dataset's slug"),
        (("detect", "nothing"), "There is no dataset 'nothing'. Datasets here: support"),
        (("detect", "support", "--only", "magic"), "There is no detector 'magic'"),
        (("export_cases", "support", "/tmp/x.csv"), "has no detection yet; run detect first"),
        (("export_labels", "support", "/tmp/x.xls"), "ends in '.xls'"),
        (("import_decisions", "support", "nowhere.csv", "--expert", "nobody", "--id", "i", "--decision", "d"),
         "There is no user 'nobody'"),
        (("import_labels", "support", "nowhere.csv", "--item", "i", "--annotator", "a", "--label", "l"),
         "cannot be opened"),
        (("snapshot", "support", "--purpose", "production"), "no labelled production items"),
        (("snapshot", "support", "--purpose", "training", "--labels-of", "9"), "has no snapshot 9"),
        (("snapshot", "support", "--purpose", "both"), "invalid choice: 'both'"),
        (("train", "support", "--learner", "forest"), "There is no learner 'forest'"),
        (("train", "support", "--learner", "logistic", "--set", "C"), "--set 'C' is not KEY=VALUE"),
        (("train", "support", "--learner", "logistic", "--set", "depth=3"), "has no setting 'depth'"),
        (("train", "support", "--recipe", "fancy"), "has no recipe 'fancy'. Named recipes: none yet; ids work too."),
        (("train", "support", "--recipe", "fancy", "--set", "C=1"), "has no recipe 'fancy'"),
        (("sweep", "support", "--grid", "C=1,2"), "name it by --learner"),
        (("sweep", "support", "--learner", "logistic", "--grid", "C=1"), "give two different ones or more"),
        (("sweep", "support", "--learner", "logistic", "--grid", "C=1,0"), "C=0 is not possible"),
        (("capacity", "support", "--snapshot", "9"), "has no snapshot 9"),
        (("recipes", "support", "--build", "x", "--learner", "forest"), "There is no learner 'forest'"),
        (("recipes", "support", "--diff", "a", "b"), "has no recipe 'a'"),
        (("runs", "support", "--out", "/tmp/runs.csv"), "has no run like that yet; train one first"),
        (("cancel", "support", "99"), "has no job 99. Its jobs that are not over: none."),
        (("train", "support", "--like", "7"), "has no run or prediction set '7'"),
        (("train", "support"), "one of the arguments --learner --like --recipe is required"),
        (("compare", "support", "--before", "1", "--after", "2", "--production", "3"), "has no snapshot 3"),
    ],
)  # fmt: skip
def test_an_error_is_one_sentence(tmp_path, command, said):
    small_dataset(tmp_path)
    assert said in refusal(*command)
    assert not Snapshot.objects.exists() and not Job.objects.exclude(kind="import").exists()


def test_labels_by_command(tmp_path):
    small_dataset(tmp_path)
    path = file(tmp_path, "item,who,said\ns1,ann2,payment\ns2,ann2,DOUBT\n", "labels.csv")
    asked = ("import_labels", "support", path, "--item", "item", "--annotator", "who", "--label", "said")
    assert "Row 3, column 'said'" in refusal(*asked) and Label.objects.count() == 6
    done = result(*asked, "--abstain", "DOUBT")
    assert (done["labels"], done["abstentions"], done["contested"]) == (2, 1, 1)


def test_predictions_of_two_models_are_compared_by_their_names(tmp_path):
    dataset = small_world.with_production(tmp_path)
    rows = list(dataset.items.filter(split="production").values_list("external_id", "labels__label_class__name"))
    for name, wrong in (("theirs", 20), ("ours", 0)):
        truth = [(label == "access") == (at >= wrong) for at, (_, label) in enumerate(rows)]
        sure = ["0.1,0.9" if right else "0.9,0.1" for right in truth]
        content = "".join(f"{one},{said}\n" for (one, _), said in zip(rows, sure, strict=True))
        path = file(tmp_path, f"id,payment,access\n{content}", f"{name}.csv")
        asked = ("import_predictions", "support", path, "--name", name, "--id", "id", "--split", "production")
        assert result(*asked) == {
            "predictions": name,
            "items": 40,
            "of": 40,
            "written": True,
            "notes": [],
            "rejected": 0,
        }
    frozen = result("snapshot", "support", "--purpose", "production")["snapshot"]
    proof = result("compare", "support", "--before", "theirs", "--after", "ours", "--production", frozen)
    assert (proof["before"]["accuracy"], proof["after"]["accuracy"], proof["n"]) == (0.5, 1.0, 40)


def test_a_database_without_tables_is_one_sentence(monkeypatch):
    def fails(slug):
        raise OperationalError("no such table: annotation_dataset")

    monkeypatch.setattr("annotation.management.commands.detect.dataset_by_slug", fails)
    assert refusal("detect", "d") == "The database has no tables yet, or old ones. Run make up, or manage.py migrate."


@pytest.mark.parametrize("seed", ["-1", "x", "1.5", str(2**31)])
@pytest.mark.parametrize("command", ["audit nobody", "consensus nobody", "detect nobody", "train nobody --like 1"])
def test_a_seed_nothing_can_be_drawn_by_is_refused_at_once(command, seed):
    with pytest.raises(CommandError, match="is not a seed; give a whole number from 0 to 2147483647"):
        call_command(*command.split(), f"--seed={seed}")
