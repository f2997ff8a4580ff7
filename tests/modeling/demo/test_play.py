import json
import stat

import pytest

from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.models import Dataset, Decision, Detection, Item, Job, Label, Membership, Snapshot
from modeling.core.fitting.training import FEATURES
from modeling.demo import play as playing
from modeling.demo.dataset import demo_logins, request_demo, reset_demo
from modeling.demo.filings import generate
from modeling.demo.play import says
from modeling.models import Comparison, ModelRun
from tests.factories import small_dataset
from tests.modeling import small_world

pytestmark = pytest.mark.django_db
POOL, PRODUCTION, DECISIONS = 90, 60, 12
ARMS = ["before", "regularization", "random", "second_look", "quarantine"]


@pytest.fixture(autouse=True)
def small(monkeypatch, settings, tmp_path):
    """A demo of few filings, decisions and features, in a folder of its own."""
    settings.DATA_DIR, settings.UPLOADS_DIR = tmp_path, tmp_path
    monkeypatch.setattr(playing, "generate", lambda seed: generate(seed, n_pool=POOL, n_production=PRODUCTION))
    monkeypatch.setattr(playing, "BUDGET", DECISIONS)
    monkeypatch.setitem(FEATURES, "max_features", 60)


def play(seed=0):
    return work_here(request_demo(seed, background=False)).result


def test_the_whole_loop_ends_in_its_bars_and_is_played_once():
    result = play()
    assert [bar["name"] for bar in result["bars"]] == ARMS and result["seeds"] == 1
    for bar in result["bars"]:
        assert set(bar) == {"seed", "name", "accuracy", "low", "high", "n"} and (bar["seed"], bar["n"]) == (
            0,
            PRODUCTION,
        )
        assert 0 <= bar["low"] <= bar["accuracy"] <= bar["high"] <= 1
    bars = {bar["name"]: bar["accuracy"] for bar in result["bars"]}
    assert result["before"]["accuracy"] == pytest.approx(bars["before"])
    assert result["after"]["accuracy"] == pytest.approx(bars["second_look"])
    assert result["looks"] == 1 and result["verdict"] in ("better", "worse", "not distinguishable", "refused")
    dataset = Dataset.objects.get()
    assert dataset.synthetic and dataset.slug == "filings" and Item.objects.count() == POOL + PRODUCTION
    assert Decision.objects.standing().count() == DECISIONS and Detection.objects.count() == 2
    assert set(Job.objects.exclude(kind="demo").values_list("parent__kind", flat=True)) == {"demo"}
    assert play() == result and Decision.objects.count() == DECISIONS and Comparison.objects.count() == 1


@pytest.mark.parametrize("step", ["decide", "_compare"])
def test_a_second_attempt_goes_on_where_the_first_one_died(monkeypatch, step):
    steps, real = [], getattr(playing, step)
    allowed = 7 if step == "decide" else 0

    def dies(*args, **kwargs):
        steps.append(step)
        if len(steps) > allowed:
            raise RuntimeError("the machine went off")
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(playing, step, dies)
        with pytest.raises(UnableToWork, match="the machine went off"):
            play()
    assert Decision.objects.standing().count() == (7 if step == "decide" else DECISIONS)
    result = play()
    assert Decision.objects.standing().count() == DECISIONS and [bar["name"] for bar in result["bars"]] == ARMS
    assert ModelRun.objects.filter(like=None).count() == 2 and Comparison.objects.count() == 1
    rows = Snapshot.objects.filter(purpose=Snapshot.TRAINING).order_by("id").first()
    assert ModelRun.objects.order_by("id").first().snapshot == rows


def test_two_attempts_end_as_one_would_and_so_does_a_reset(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(playing, "_random_arm", lambda *args: 1 / 0)
        with pytest.raises(UnableToWork):
            play()
    resumed = play()
    reset_demo()
    assert not Decision.objects.exists() and not Comparison.objects.exists() and not ModelRun.objects.exists()
    fresh = play()
    assert [bar["accuracy"] for bar in resumed["bars"]] == [bar["accuracy"] for bar in fresh["bars"]]


def test_the_people_are_there_at_once_and_their_passwords_for_the_owner_only(client, tmp_path):
    request_demo(0, background=False)
    path = tmp_path / "demo_logins.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [(login["username"], login["role"]) for login in demo_logins()] == [("erin", "expert"), ("leo", "lead")]
    assert demo_logins() == json.loads(path.read_text())
    assert all(client.login(username=login["username"], password=login["password"]) for login in demo_logins())
    assert Membership.objects.filter(dataset__slug="filings").count() == 3 and not Item.objects.exists()


def test_a_second_seed_keeps_the_passwords():
    request_demo(0, background=False)
    first = demo_logins()
    request_demo(1, background=False)
    assert demo_logins() == first and set(Dataset.objects.values_list("slug", flat=True)) == {"filings", "filings-1"}


def test_passwords_are_no_longer_readable_by_others_even_if_the_file_was(tmp_path):
    path = tmp_path / "demo_logins.json"
    path.write_text("[]")
    path.chmod(0o644)
    request_demo(0, background=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_reset_deletes_the_demo_and_nothing_else(tmp_path):
    mine = small_dataset(tmp_path)
    named_alike = [small_dataset(tmp_path, slug) for slug in ("filings-own", "filings-7")]
    Dataset.objects.filter(slug="filings-own").update(synthetic=True)
    run = small_world.trained(small_world.pool(tmp_path, "pool"))
    kept = Label.objects.count(), Item.objects.count()
    for seed in (0, 1):
        request_demo(seed, background=False)
    reset_demo()
    assert set(Dataset.objects.values_list("slug", flat=True)) == {"support", "filings-own", "filings-7", "pool"}
    assert (Label.objects.count(), Item.objects.count()) == kept and ModelRun.objects.get() == run
    assert not Job.objects.filter(kind="demo").exists()
    assert {mine.pk, *(one.pk for one in named_alike)} <= set(Dataset.objects.values_list("pk", flat=True))


def test_the_simulated_expert_is_wrong_for_one_in_twenty_and_always_for_the_same_items():
    answers = [says(0, f"F{number}", "neutral") for number in range(4000)]
    assert answers == [says(0, f"F{number}", "neutral") for number in range(4000)]
    # Binomial with n = 4000 and p = .05: 200 ± 4 standard deviations of 13.8.
    assert 145 < answers.count("negative") < 255
    assert [says(1, f"F{number}", "neutral") for number in range(4000)] != answers
