"""A runner computes first and writes last: while the transaction that ends a job is open, every expert waits for it."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings as site
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from annotation import bulk
from annotation.actions.crowd.estimate_consensus import request_consensus
from annotation.actions.datasets.erase import request_erasure
from annotation.actions.detecting import pieces
from annotation.actions.detecting.detect import request_detection
from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.files.uploads import keep_upload
from annotation.actions.jobs import work as engine
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import work_here
from annotation.actions.opinions.ask_opinions import request_opinions
from annotation.actions.opinions.switch import switch_on
from annotation.actions.queue import reorder
from annotation.actions.snapshot import snapshot
from annotation.core.files.parsing_items import ItemMapping
from annotation.core.intervals import wilson
from annotation.models import Dataset, Item, Job, Ruling, Snapshot
from modeling.actions.proving.attribute import request_attribution
from modeling.actions.proving.compare import request_comparison
from modeling.actions.proving.diagnose import request_diagnosis
from modeling.actions.proving.measure_unlikeness import request_unlikeness
from modeling.actions.proving.price_run import request_pricing
from modeling.actions.proving.set_costs import set_costs
from modeling.actions.running.check_robustness import request_robustness
from modeling.actions.running.describe_run import request_description
from modeling.actions.running.predict_file import request_prediction
from modeling.actions.training.capacity import GROWTHS, Growth, request_capacity
from modeling.actions.training.learning_curve import request_curve
from modeling.actions.training.sweep import grid_specs, request_sweep
from modeling.actions.training.train import request_training
from modeling.actions.watching import measure_returns
from modeling.actions.watching.check_live import request_live_check
from modeling.actions.watching.measure_returns import request_returns
from modeling.core.fitting.training import FEATURES
from modeling.core.learners import learner_settings
from modeling.demo import play
from modeling.demo.dataset import request_demo
from modeling.demo.filings import generate
from modeling.models import ModelInUse
from tests import people
from tests.annotation.views.expert_page import finding_over
from tests.factories import imported, open_case
from tests.modeling import small_world

pytestmark = pytest.mark.django_db

# Where mathematics, models and files are at home: nothing of it may run while the lock is held.
CORES = tuple(str(site.BASE_DIR / app / "core") for app in ("annotation", "modeling"))
LIBRARIES = ("numpy", "pandas", "scipy", "sklearn", "numba", "skops", "rapidfuzz", "pyarrow")
# Which look a comparison is, and so what it may conclude, is known under the lock alone: a few numbers compared.
# Titles and keys are cut to the length of their columns where they are written.
LIGHT = {
    *("proof.at_look", "proof._verdict", "proof.as_json", "proof.<dictcomp>"),
    *("wording.fitting_key", "wording.fitting_title", "wording.short"),
    "log_ids.request_name",
}
# An import reads its file a second time as it writes, part by part: its memory stays the same however long the file
# is, and reading is a fifteenth of the time its rows take to insert.
READS_AS_IT_WRITES = {"import"}


class Watch:
    """Every call of a core or of a library of arrays while a job is being ended."""

    def __init__(self) -> None:
        self.ending = ""
        self.heavy: dict[str, set[str]] = {}

    def __call__(self, frame, event, arg):
        if event == "call":
            path = frame.f_code.co_filename
            called = f"{Path(path).stem}.{frame.f_code.co_name}"
            in_core = path.startswith(CORES) and called not in LIGHT
            if in_core or any(f"/site-packages/{name}/" in path for name in LIBRARIES):
                self.heavy[self.ending].add(called)
        elif event == "c_call":
            owner = getattr(arg, "__module__", None) or type(getattr(arg, "__self__", None)).__module__
            if owner.split(".")[0] in LIBRARIES:
                self.heavy[self.ending].add(f"{owner}.{arg.__name__}")


@pytest.fixture
def watch(monkeypatch):
    """Watches the transactions that end jobs; `heavy` is kind → what was called that should not be."""
    watching, finish = Watch(), engine._finish

    def watched(job, *args):
        watching.ending = job.kind
        watching.heavy.setdefault(job.kind, set())
        sys.setprofile(watching)
        try:
            finish(job, *args)
        finally:
            sys.setprofile(None)

    monkeypatch.setattr(engine, "_finish", watched)
    return watching


def an_import(tmp_path):
    path = tmp_path / "new.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "text", "label"])
        writer.writeheader()
        writer.writerows(small_world.rows(20, 3))
    mapping = ItemMapping(text=("text",), label="label", id="id")
    return request_import(import_params("new", "New", path, mapping), background=False)


def a_detection(tmp_path):
    dataset = small_world.pool(tmp_path)
    twins = [{"id": f"t{n}", "text": "the very same words of a customer, again", "label": label}
             for n, label in enumerate(("access", "payment", "access"))]  # fmt: skip
    imported(tmp_path, twins)
    work_here(request_detection(dataset, background=False))
    small_world.relabelled(dataset)
    return request_detection(dataset, background=False)


def a_consensus(tmp_path):
    rows = [{**row, "who": who} for row in small_world.rows(20, 1, 6) for who in ("ann", "bob")]
    for row in rows[::6]:
        row["label"] = "access"
    return request_consensus(imported(tmp_path, rows, annotator="who"), apply=True, background=False)


def an_order(tmp_path):
    dataset = small_world.pool(tmp_path)
    work_here(request_detection(dataset, background=False))
    small_world.relabelled(dataset)
    return enqueue("reorder", dataset, {"after": 0}, background=False)


def a_training(tmp_path):
    return request_training(small_world.pool(tmp_path), learner="logistic", background=False)


def a_training_fold(tmp_path):
    frozen = snapshot(small_world.pool(tmp_path), Snapshot.TRAINING)
    params = {"settings": learner_settings("logistic", {}), "snapshot": frozen.pk, "fold": 0}
    return enqueue("training_fold", frozen.dataset, params, background=False)


def a_detection_piece(tmp_path):
    dataset = small_world.pool(tmp_path)
    with pytest.MonkeyPatch.context() as many:
        many.setattr(pieces, "MANY", 0)
        whole = engine.work(request_detection(dataset, background=False).pk)
    return whole.parts.order_by("id").first()


def a_comparison(tmp_path):
    """With rows that left the training rows, labels in quarantine and costs: all of its parts are worked out."""
    dataset = small_world.with_production(tmp_path)
    before = small_world.trained(dataset)
    small_world.relabelled(dataset, outcomes=2)
    finding = finding_over(dataset, "r1-20", "r1-21")
    Ruling.objects.create(dataset=dataset, key=finding.key, finding=finding, ruling="quarantined",
                          lead=people.leo(dataset))  # fmt: skip
    set_costs(dataset, pairs=[("access", "payment", 5)])
    after = small_world.trained_like(before)
    production = snapshot(dataset, Snapshot.PRODUCTION)
    return request_comparison(dataset, str(before.pk), str(after.pk), production, background=False)


def an_attribution(tmp_path):
    dataset = small_world.with_production(tmp_path)
    before = small_world.trained(dataset, C="1000")
    small_world.relabelled(dataset)
    after = small_world.trained(dataset)
    return request_attribution(dataset, before, after, snapshot(dataset, Snapshot.PRODUCTION), background=False)


def a_run(tmp_path):
    return small_world.trained(small_world.pool(tmp_path))


def a_sweep(tmp_path):
    specs = grid_specs(None, "logistic", {}, {"C": ("0.1", "1")})
    return request_sweep(small_world.pool(tmp_path), specs, 1, background=False)


def a_diagnosis(tmp_path):
    dataset = small_world.with_production(tmp_path)
    return request_diagnosis(small_world.trained(dataset), snapshot(dataset, Snapshot.PRODUCTION), background=False)


def a_pricing(tmp_path):
    run = a_run(tmp_path)
    set_costs(run.dataset, pairs=[("access", "payment", 5)])
    return request_pricing(run, background=False)


def an_unlikeness(tmp_path):
    production = snapshot(small_world.with_production(tmp_path), Snapshot.PRODUCTION)
    return request_unlikeness(production, background=False)


def returns_of_decisions(tmp_path):
    """With a detection and open cases, so that the next decisions are projected, and a production set that is read."""
    dataset = small_world.with_production(tmp_path)
    work_here(request_detection(dataset, background=False))
    run = small_world.trained(dataset)
    small_world.relabelled(dataset)
    open_case(dataset, "r1-20")
    return request_returns(run, snapshot(dataset, Snapshot.PRODUCTION), background=False)


def a_live_check(tmp_path):
    dataset = small_world.with_production(tmp_path)
    people.leo(dataset)
    run = small_world.trained(dataset)
    Item.objects.filter(split=Item.PRODUCTION).update(received_at=timezone.now())
    ModelInUse.objects.create(dataset=dataset, run=run)
    return request_live_check(dataset, background=False)


def a_prediction(tmp_path):
    run = a_run(tmp_path)
    upload = keep_upload("new.csv", [b"text\nmy login is locked\n"], run.dataset, people.leo(run.dataset), {})
    return request_prediction(run, upload)


def an_erasure(tmp_path):
    return request_erasure(small_world.pool(tmp_path), "support", None, background=False)


def a_second_opinion(tmp_path):
    """From a server that is not there: what is written is a round without opinions."""
    dataset = small_world.pool(tmp_path)
    open_case(dataset, "r1-20")
    switch_on(dataset, people.leo(dataset), "127.0.0.1", timezone.now())
    return request_opinions(dataset, cases=1, calls=1, tokens=10_000, background=False)


ASKED = {
    "import": an_import,
    "detection": a_detection,
    "consensus": a_consensus,
    "reorder": an_order,
    "training": a_training,
    "training_fold": a_training_fold,
    "detection_piece": a_detection_piece,
    "comparison": a_comparison,
    "diagnosis": a_diagnosis,
    "attribution": an_attribution,
    "demo": lambda tmp_path: request_demo(0, background=False),
    "sweep": a_sweep,
    "capacity": lambda tmp_path: request_capacity(small_world.pool(tmp_path), background=False),
    "learning_curve": lambda tmp_path: request_curve(a_run(tmp_path), background=False),
    "description": lambda tmp_path: request_description(a_run(tmp_path), background=False),
    "robustness": lambda tmp_path: request_robustness((run := a_run(tmp_path)).dataset, run, background=False),
    "pricing": a_pricing,
    "unlikeness": an_unlikeness,
    "returns": returns_of_decisions,
    "live_check": a_live_check,
    "prediction": a_prediction,
    "second_opinion": a_second_opinion,
    "erasure": an_erasure,
}


@pytest.fixture(autouse=True)
def small(monkeypatch, settings, tmp_path):
    settings.DATA_DIR, settings.UPLOADS_DIR = tmp_path, tmp_path
    settings.LLM_URL, settings.LLM_MODEL, settings.LLM_HOSTS = "http://127.0.0.1:9/v1", "m", ["127.0.0.1"]
    monkeypatch.setattr(play, "generate", lambda seed: generate(seed, n_pool=60, n_production=40))
    monkeypatch.setattr(play, "BUDGET", 4)
    monkeypatch.setitem(FEATURES, "max_features", 300)
    monkeypatch.setitem(GROWTHS, "words", Growth(**GROWTHS["words"].__dict__ | {"sizes": (5, 200)}))
    monkeypatch.setattr(reorder, "ENOUGH", 1)
    monkeypatch.setattr(bulk, "compact", lambda tables: True)  # no table is written anew inside a test's transaction
    monkeypatch.setattr(measure_returns, "ENOUGH", 5)


def test_every_kind_of_job_is_held_to_it():
    autodiscover_modules("runners")
    assert set(ASKED) == set(engine.JOB_RUNNERS)


@pytest.mark.parametrize("kind", ASKED)
def test_nothing_is_worked_out_while_the_lock_is_held(kind, tmp_path, watch):
    assert work_here(ASKED[kind](tmp_path)).status == Job.DONE and kind in watch.heavy
    called = {one for one, found in watch.heavy.items() if found}
    assert called <= READS_AS_IT_WRITES, watch.heavy
    assert kind in called or kind not in READS_AS_IT_WRITES, "an exception that is none any longer"


def arrays():
    return {"sum": int(np.arange(3).sum())}


def mathematics():
    return {"share": wilson(1, 2).value}


@pytest.mark.parametrize("write", [arrays, mathematics])
def test_the_watch_sees_what_it_is_there_for(write, watch, monkeypatch):
    monkeypatch.setitem(engine.JOB_RUNNERS, "test", lambda job, report: write)
    work_here(enqueue("test", Dataset.objects.create(slug="d", name="D"), {}, background=False))
    assert watch.heavy["test"]
