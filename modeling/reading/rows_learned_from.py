"""The rows a run learned from, with what it says of them out of fold and what is known of each."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from django.conf import settings
from django.db.models import Count, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Length

from annotation import bulk
from annotation.core.artifacts import bytes_to_arrays, load_bytes
from annotation.core.intervals import Interval, wilson
from annotation.models import Dataset, GroupMember, Item, Label, LabelClass
from modeling.core.telling.contested_rows import contested_rows
from modeling.models import ModelRun


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """n rows by item, K classes. item: int (n,), ids, rising. truth: int (n,), the label learned from. probabilities:
    float32 (n, K), out of fold, columns as `classes`."""

    run: ModelRun
    item: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray
    classes: tuple[str, ...]

    @cached_property
    def predicted(self) -> np.ndarray:
        return self.probabilities.argmax(axis=1)


@dataclass(frozen=True, eq=False)
class RunRows(OutOfFold):
    """With what is known of each row. source: str (n,). received: datetime64 (n,), NaT = not known. length: int
    (n,), characters of text, or None where no field is text. group: int (n,), near-copies of the newest detection.
    contested: bool (n,), annotators or near-copies differ, or an expert from them. disagreement: how often two answers
    differ, of `units`.
    """

    source: np.ndarray
    received: np.ndarray
    length: np.ndarray | None
    group: np.ndarray
    contested: np.ndarray
    disagreement: Interval
    units: str


def out_of_fold(run: ModelRun) -> OutOfFold:
    """Raises UnableToLoad where the run's predictions can no longer be read."""
    frame = _frame(run.snapshot.rows.order_by("item_id"), item="item_id", label="label_class_id")
    return _aligned(run, _learned(run, frame))


def rows_of(run: ModelRun) -> RunRows:
    """Raises UnableToLoad where the run's predictions can no longer be read."""
    facts = _learned(run, _facts(run))
    base = _aligned(run, facts)
    group = near_copies(run.dataset, base.item)
    answers, by_item = _answers(run.dataset)
    by_group = _conflicts(group, base.truth)
    rate, units = next(
        ((rate, units) for rate, units in (by_item, by_group) if rate.n), (by_group[0], "no item has two answers")
    )
    return RunRows(
        run, base.item, base.truth, base.probabilities, base.classes, facts["source"].to_numpy(dtype=object),
        facts["received"].to_numpy(dtype="datetime64[ns]"),
        facts["length"].to_numpy(dtype=np.int64) if "length" in facts else None, group,
        contested_rows(base.item, base.truth[np.newaxis], group, answers), rate, units,
    )  # fmt: skip


def _aligned(run: ModelRun, frame: pd.DataFrame) -> OutOfFold:
    """frame: item and label (class id), by item."""
    classes = tuple(run.predictions.classes)
    arrays = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, run.predictions.arrays))
    return OutOfFold(
        run, frame["item"].to_numpy(dtype=np.int64), frame["label"].map(_codes(run)).to_numpy(dtype=np.int64),
        arrays["probability"][np.argsort(arrays["item"], kind="stable")], classes,
    )  # fmt: skip


def _codes(run: ModelRun) -> dict[int, int]:
    """Class id → its code among the run's classes, by what it meant to the run."""
    classes = list(run.predictions.classes)
    meant = run.dataset.classes.as_of(classes)
    names = LabelClass.objects.filter(dataset=run.dataset).values_list("id", "name")
    return {pk: classes.index(then) for pk, name in names if (then := meant.get(name)) is not None}


def _learned(run: ModelRun, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows (item, label as class id, …) that it learned from: none of a class that was none when it was trained."""
    return frame[frame["label"].isin(_codes(run))].reset_index(drop=True)


def _frame(rows: QuerySet, **columns: str) -> pd.DataFrame:
    return pd.DataFrame.from_records(list(rows.values_list(*columns.values())), columns=list(columns))


def _facts(run: ModelRun) -> pd.DataFrame:
    """item, label (class id), source, received and, where a field is text, length; by item. The database counts
    characters and writes out moments: reading all contents, and making an object of every moment, takes seconds."""
    dataset = run.dataset
    fields = {"item": "item_id", "label": "label_class_id", "source": "item__source"}
    rows = run.snapshot.rows.order_by("item_id")
    if Item.objects.filter(dataset=dataset, split__in=Item.HERE, received_at__isnull=False).exists():
        rows = rows.annotate(received=Cast("item__received_at", TextField()))
        fields["received"] = "received"
    texts = [field.name for field in dataset.typed_fields if field.type == "text"]
    if texts:
        lengths = [Coalesce(Length(KeyTextTransform(name, "item__content")), Value(0)) for name in texts]
        rows = rows.annotate(length=sum(lengths[1:], lengths[0]))
        fields["length"] = "length"
    frame = _frame(rows, **fields)
    received = frame.get("received", pd.Series(pd.NaT, index=frame.index))
    return frame.assign(received=pd.to_datetime(received, utc=True, format="ISO8601").dt.tz_localize(None))


def near_copies(dataset: Dataset, item: np.ndarray) -> np.ndarray:
    """int (n,): the near-duplicate group of each item in the newest detection; a negative one of its own where none."""
    newest = dataset.detections.order_by("-id").values("id")[:1]
    members = GroupMember.objects.filter(group__detection__in=newest).values_list("item_id", "group_id")
    of = dict(members.order_by())
    return np.array([of.get(one, -one) for one in item.tolist()], dtype=np.int64)


def _conflicts(group: np.ndarray, truth: np.ndarray) -> tuple[Interval, str]:
    """How many groups of several rows carry different labels."""
    labels = pd.Series(truth).groupby(group)
    several = labels.size() > 1
    return wilson(int(((labels.nunique() > 1) & several).sum()), int(several.sum())), "near-duplicate groups"


def _answers(dataset: Dataset) -> tuple[pd.DataFrame, tuple[Interval, str]]:
    """Counting answers, experts' too, of items where any differ, and how often imported ones do where there are two."""
    given = Label.objects.filter(item__dataset=dataset, item__split=Item.POOL, label_class__isnull=False)
    counted = given.order_by().values("item").annotate(
        annotators=Count("annotator", distinct=True, filter=Q(origin=Label.IMPORT)),
        classes=Count("label_class", distinct=True),
    )  # fmt: skip
    several = list(counted.filter(Q(annotators__gt=1) | Q(classes__gt=1)).values_list("item", "annotators", "classes"))
    doubtful = [item for item, _, classes in several if classes > 1]
    answers: list[tuple[int, int | None, str]] = []
    for batch in bulk.in_batches(doubtful):
        rows = Label.objects.filter(item__in=batch).counting()
        answers += rows.values_list("item_id", "label_class_id", "origin")
    frame = pd.DataFrame(answers, columns=["item", "label", "origin"])
    given_apart = frame[frame["origin"] == Label.IMPORT].groupby("item")["label"].nunique() > 1
    n = sum(annotators > 1 for _, annotators, _ in several)
    return frame, (wilson(int(given_apart.sum()), n), "items with two or more answers")
