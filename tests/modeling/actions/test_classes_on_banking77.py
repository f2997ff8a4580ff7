"""Rename, merge, split, retire and take back on banking77, with decisions, a snapshot, runs and a comparison: what each
shows before and after. `pytest -s` prints the table."""

import pandas as pd
import pytest
from django.utils import timezone

from annotation.actions.classes.merge import merge
from annotation.actions.classes.rename import rename
from annotation.actions.classes.retire import retire
from annotation.actions.classes.split import split
from annotation.actions.classes.undo import undo
from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.actions.queue.decide import decide
from annotation.actions.snapshot import snapshot
from annotation.models import CurrentLabel, Decision, Item, Label, Snapshot
from annotation.reading.frozen_rows import frozen_rows
from modeling.actions.proving.compare import request_comparison
from modeling.actions.training.train import request_training
from modeling.models import Comparison, ModelRun
from tests import people
from tests.factories import answer, imported, open_case
from tests.shared import needs_shared, shared

pytestmark = [pytest.mark.django_db, needs_shared]

INTENTS = ("card_arrival", "card_delivery_estimate", "lost_or_stolen_card", "top_up_failed", "pending_top_up",
           "exchange_rate", "age_limit", "country_support")  # fmt: skip
POOL, PRODUCTION = 40, 15


@pytest.fixture
def dataset(tmp_path):
    table = pd.read_csv(shared("banking77/banking77.csv"))
    table = table[table["label"].isin(INTENTS)]
    parts = {"pool": ("train", POOL), "production": ("test", PRODUCTION)}
    for split_name, (of, n) in parts.items():
        some = table[table["split"] == of].groupby("label").head(n).reset_index(drop=True)
        rows = [{"id": f"{of}{at}", "text": one.text, "label": one.label} for at, one in enumerate(some.itertuples())]
        found = imported(tmp_path, rows, split=split_name)
    return found


def trained(dataset, C, **more):
    job = work_here(request_training(dataset, learner="logistic", pairs={"C": C}, background=False, **more))
    return ModelRun.objects.get(pk=job.result["run"])


def compared(dataset, before, after, production):
    try:
        job = work_here(request_comparison(dataset, str(before.pk), str(after.pk), production, background=False))
    except UnableToWork as refusal:
        return str(refusal)
    return Comparison.objects.get(pk=job.result["comparison"]).proof


def words(proof):
    if isinstance(proof, str):
        return f"refused: {proof}"
    left = f", {proof['rows_of_no_class']} rows of no class" if proof["rows_of_no_class"] else ""
    told = f"; {' '.join(proof['carried_over'])}" if proof["carried_over"] else ""
    return f"{proof['before']['accuracy']:.3f} → {proof['after']['accuracy']:.3f} of {proof['n']}{left}{told}"


def test_what_each_shows_before_and_after(dataset, capsys):
    now, erin = timezone.now, people.erin(dataset)
    lines = []
    for external_id in list(dataset.items.filter(split=Item.POOL).values_list("external_id", flat=True)[:3]):
        decide(open_case(dataset, external_id), erin, answer(dataset, "card_arrival"), now())
    frozen, first, second = snapshot(dataset, Snapshot.PRODUCTION), trained(dataset, "1"), trained(dataset, "10")
    of_then = compared(dataset, first, second, frozen)
    said = (list(Label.objects.order_by("id").values_list("label_class__name", flat=True)),
            list(Decision.objects.order_by("id").values_list("label_class__name", flat=True)))  # fmt: skip

    def told(what):
        held = CurrentLabel.objects.in_force().filter(item__dataset=dataset)
        labelled = held.filter(state="labelled").count()
        changed = held.filter(basis="class change").count()
        kept = Comparison.objects.order_by("id").first().proof == {**of_then}
        labels, decisions = said
        same = list(Label.objects.order_by("id").values_list("label_class__name", flat=True))[: len(labels)] == labels
        same &= list(Decision.objects.values_list("label_class__name", flat=True).order_by("id"))[:3] == decisions
        assert kept and same and len(frozen_rows(frozen)) == frozen.n_rows
        assert set(first.predictions.classes) == set(INTENTS)
        lines.append((what, len(dataset.class_names), labelled, changed, dataset.cases.open().count()))

    def proved(what, after=None):
        lines.append((what, words(compared(dataset, first, after or trained(dataset, "10"), frozen))))

    told("before")
    lines.append(("two runs, before any change", words(of_then)))
    rename(dataset, "card_arrival", "where_is_my_card", None, now())
    told("card_arrival renamed where_is_my_card")
    proved("a run of before it with one of after it")
    assert "is read as" in lines[-1][1]
    merge(dataset, ["top_up_failed", "pending_top_up"], "top_up", None, now())
    told("top_up_failed, pending_top_up merged into top_up")
    merged = trained(dataset, "10", snapshot=first.snapshot)
    proved("a run of before it with one of after it", merged)
    assert len(merged.predictions.classes) == 7
    change = split(dataset, "lost_or_stolen_card", ["lost_card", "stolen_card"], None, now())
    told("lost_or_stolen_card split in two")
    proved("a run of before it with one of after it")
    assert "refused" in lines[-1][1] and "was split on" in lines[-1][1]
    undo(dataset, change.pk, None, now())
    told("the split taken back")
    proved("a run of before all with one of now")
    change = retire(dataset, "age_limit", None, now())
    told("age_limit retired")
    proved("a run of before it with one of after it")
    assert "was retired on" in lines[-1][1]
    undo(dataset, change.pk, None, now())
    told("the retirement taken back")
    undo(dataset, None, None, now())
    undo(dataset, None, None, now())
    told("merge and rename taken back")
    assert set(dataset.class_names) == set(INTENTS)
    lines.append(("the first two runs once more", words(compared(dataset, first, second, frozen))))
    with capsys.disabled():
        print("\nclasses | labelled now | of basis class change | open cases")
        for what, *rest in lines:
            print(f"{what}: {' | '.join(map(str, rest))}")
