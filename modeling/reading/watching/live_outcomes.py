"""What came in from production with a date, what is known of it by now, and the model that is live."""

import pandas as pd
from django.db.models import Max

from annotation import frames
from annotation.models import CurrentLabel, Dataset, Item, Job, Snapshot, SnapshotRow
from annotation.reading.pool_evidence import mark_of_taken_back
from modeling.figures.words.recipes import recipe_words
from modeling.models import LiveAlert, ModelInUse

KIND = "live_check"


def model_words(live: ModelInUse) -> str:
    """Run 7: logistic regression, L2, C = 3; or the name of a set."""
    if live.run:
        return f"run {live.run.pk}: {recipe_words(live.run.recipe.learner, live.run.resolved)}"
    return live.predictions.name if live.predictions else ""


def production_outcomes(dataset: Dataset) -> pd.DataFrame:
    """item, source, received, content, label and frozen of every production item by when it was received: label, the
    class of its current label or None; frozen: it is a row of a production set."""
    items = frames.items(dataset, Item.PRODUCTION)
    current = frames.current(dataset, Item.PRODUCTION)
    known = current[current["state"] == CurrentLabel.LABELLED].set_index("item")["label"]
    rows = SnapshotRow.objects.filter(snapshot__dataset=dataset, snapshot__purpose=Snapshot.PRODUCTION)
    frozen = set(rows.values_list("item_id", flat=True))
    items["received"] = pd.to_datetime(items["received"], utc=True)
    labelled = items.assign(label=items["item"].map(known), frozen=items["item"].isin(frozen))
    return labelled.sort_values(["received", "item"], kind="stable", ignore_index=True)


def state_of_outcomes(dataset: Dataset) -> str:
    """Changes whenever an item comes in, an outcome comes or changes, or a production set is frozen."""
    last = Item.objects.filter(dataset=dataset, split=Item.PRODUCTION).aggregate(last=Max("id"))["last"]
    sets = dataset.snapshots.filter(purpose=Snapshot.PRODUCTION).count()
    return f"items to {last}, labels to {_last_label(dataset)}, {sets} sets{mark_of_taken_back(dataset)}"


def _last_label(dataset: Dataset) -> int:
    labels = CurrentLabel.objects.filter(item__dataset=dataset, item__split=Item.PRODUCTION)
    return labels.aggregate(last=Max("id"))["last"] or 0


def newest_check(live: ModelInUse) -> Job | None:
    """The newest that was done for this model."""
    done = live.dataset.jobs.filter(kind=KIND, status=Job.DONE, params__in_use=live.pk)
    return done.order_by("-id").first()


def checking(dataset: Dataset) -> Job | None:
    return dataset.jobs.unfinished().filter(kind=KIND).order_by("-id").first()


def outcomes_since(check: Job) -> int:
    """Outcomes of production that came, or changed, after the check was asked for."""
    since = CurrentLabel.objects.filter(item__dataset=check.own_dataset, item__split=Item.PRODUCTION)
    return since.filter(created_at__gt=check.created_at).count()


def alerts_of(live: ModelInUse) -> list[LiveAlert]:
    return list(live.alerts.order_by("-id"))
