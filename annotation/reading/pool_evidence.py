"""The pool as detectors look at it, out of the database."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from django.conf import settings
from django.db.models import Max, Model, OuterRef, Subquery

from annotation import frames
from annotation.core.artifacts import UnableToLoad, bytes_to_arrays, load_bytes
from annotation.core.judging.evidence import Evidence, build_evidence
from annotation.core.judging.gathered import Gathered
from annotation.core.progress import Report
from annotation.models import (
    DECIDED,
    ClassChange,
    Dataset,
    Decision,
    FileImport,
    ImportTakenBack,
    Item,
    Label,
    PredictionSet,
    Ruling,
)
from annotation.reading.classes.order_then import changed_classes
from annotation.reading.prediction_sets import UnableToAlign, aligned

TAKEN_BACK = (ImportTakenBack, "file_import__dataset")


def state_of(dataset: Dataset) -> str:
    """A mark that changes whenever items, labels, current labels or rulings were added, an import taken back or the
    classes changed. Each part is one look into an index, however many rows there are."""
    newest = (_newest(Ruling, "dataset"), _newest(ClassChange, "dataset"), _newest(*TAKEN_BACK))
    ruling, change, taken_back = Dataset.objects.filter(pk=dataset.pk).values_list(*newest).get()
    parts = [
        Item.objects.filter(dataset=dataset).aggregate(last=Max("id"))["last"],
        newest_label(dataset),
        # whoever settles a current label answered a case or asked for the consensus
        dataset.consensus_runs.aggregate(last=Max("id"))["last"],
        Decision.objects.filter(case__dataset=dataset).order_by("-id").values_list("id", flat=True).first(),
        ruling,
    ]
    return (
        "-".join(map(str, parts))
        + _without(taken_back)
        + _shown_since(dataset)
        + (changed_classes(dataset) if change else "")
    )


def newest_label(dataset: Dataset) -> int | None:
    """The id of the newest label; None before the first. Labels name no dataset, and each annotator belongs to one."""
    last = Label.objects.filter(annotator=OuterRef("pk")).order_by("-id").values("id")[:1]
    return dataset.annotators.annotate(last=Subquery(last)).aggregate(newest=Max("last"))["newest"]


def mark_of_taken_back(dataset: Dataset) -> str:
    """Changes with every import that is taken back, or shown once all of it was there; "" before the first."""
    newest = Dataset.objects.filter(pk=dataset.pk).values_list(_newest(*TAKEN_BACK), flat=True).get()
    return _without(newest) + _shown_since(dataset)


def _shown_since(dataset: Dataset) -> str:
    """Changes with every import whose items were all there before they were shown, and so have no new ids."""
    whole = FileImport.objects.filter(dataset=dataset, state__in=(FileImport.REVEALING, FileImport.WHOLE))
    newest = whole.order_by("-id").values_list("id", "state").first()
    return " with {} {}".format(*newest) if newest else ""


def _without(taken_back: int | None) -> str:
    return f" without {taken_back}" if taken_back else ""


def _newest(model: type[Model], path: str) -> Subquery:
    """For a query of datasets: the id of the newest row, of those whose dataset stands at `path`."""
    return Subquery(model._default_manager.filter(**{path: OuterRef("pk")}).order_by("-id").values("id")[:1])


def pool_frame(dataset: Dataset, only: Sequence[int] | None = None) -> pd.DataFrame:
    """Pool items with their current label: frames.items plus current, label, state, basis and the class's code. only:
    ids of some of them, None = all."""
    current = frames.current(dataset, Item.POOL, only)
    pool = frames.items(dataset, Item.POOL, only).merge(current, on="item", how="left")
    pool["code"] = frames.codes(pool["label"], dataset.class_names)
    return pool


def votes_of(
    dataset: Dataset, pool: pd.DataFrame, only: Sequence[int] | None = None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The annotators' counting labels of the pool as `Evidence.votes`, by position in `pool`, and their names by code.

    An expert's answer is a decision and no vote: experts are shown doubtful items, so that beside annotators they would
    seem to disagree with everybody. only: the ids of the items of `pool` where they are not all.
    """
    labels = frames.labels(dataset, Item.POOL, origin=Label.IMPORT, only=only)
    annotators = tuple(dict.fromkeys(labels["annotator"]))
    votes = pd.DataFrame(
        {
            "item": pd.Index(pool["item"]).get_indexer(labels["item"]),
            "annotator": frames.codes(labels["annotator"], annotators),
            "label": frames.codes(labels["label"], dataset.class_names),
            "seconds": labels["seconds"].astype(float),
            "at": _moments(labels["at"]),
        }
    )
    return votes, annotators


def pool_table(dataset: Dataset, pool: pd.DataFrame) -> pd.DataFrame:
    """The fields of the pool's items. Their content is taken out of `pool`: it takes more memory than all the rest."""
    return frames.content_table(pool.pop("content"), dataset.typed_fields)


def gather(
    dataset: Dataset, pool: pd.DataFrame, seed: int, report: Report, gathered: Gathered | None = None
) -> Evidence:
    """The evidence for the pool's items, by position in `pool`, of which the content is taken out. gathered: as in
    `build_evidence`."""
    table = pool_table(dataset, pool)
    votes, annotators = votes_of(dataset, pool)
    production = frames.items(dataset, Item.PRODUCTION)["content"]
    return build_evidence(
        table, dataset.typed_fields, dataset.class_names, pool["code"].to_numpy(), votes, annotators, seed, report,
        decided=pool["basis"].isin(DECIDED).to_numpy(),
        sources=pool["source"].fillna("").to_numpy(dtype=object), received=_moments(pool["received"]).to_numpy(),
        production=frames.content_table(production, dataset.typed_fields) if len(production) else None,
        reversed=_reversed(dataset, pool),
        closed=closed_positions(dataset, pool), index={} if gathered else earlier_index(dataset), gathered=gathered,
    )  # fmt: skip


def with_predictions(evidence: Evidence, pool: pd.DataFrame, predictions: PredictionSet) -> Evidence:
    """The evidence with the set's probabilities for the items it covers, the built-in model's for all others."""
    theirs = aligned(predictions, pool["item"].to_numpy(dtype=np.int64), evidence.classes)
    covered = ~np.isnan(theirs[:, 0])
    if not covered.any():
        raise UnableToAlign(f"The prediction set {predictions.name!r} has no item of the pool; choose another one.")
    ours = evidence.probabilities
    if ours is None:  # no field says anything: those not covered may be any class
        ours = np.full(theirs.shape, 1 / theirs.shape[1])
    return replace(evidence, probabilities=np.where(covered[:, None], theirs, ours), overlap=None)


def _reversed(dataset: Dataset, pool: pd.DataFrame) -> np.ndarray | None:
    """Bool (n,): the decision gave another class than the item carried at first; None where nobody has decided."""
    decided = pool["basis"].isin(DECIDED)
    if not decided.any():
        return None
    first = frames.first_current(dataset).set_index("item")["label"].reindex(pool["item"]).to_numpy(dtype=object)
    return (decided & pool["label"].notna() & pd.notna(first) & (pool["label"] != first)).to_numpy(dtype=bool)


def closed_positions(dataset: Dataset, pool: pd.DataFrame) -> np.ndarray:
    """Positions int (p, 2) of the contents that experts called legitimately different and the pool holds."""
    position = dict(zip(pool["digest"][::-1], reversed(range(len(pool))), strict=True))
    pairs = [pair for pair in sorted(frames.closed_pairs(dataset)) if position.keys() >= set(pair)]
    return np.array([[position[digest] for digest in pair] for pair in pairs], dtype=np.int64).reshape(-1, 2)


def earlier_index(dataset: Dataset) -> dict[str, np.ndarray]:
    """What the newest grouping of the dataset's texts left for the next, empty where it is missing or damaged."""
    newest = dataset.detections.exclude(index="").order_by("-id").first()
    try:
        return bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, newest.index)) if newest else {}
    except UnableToLoad:
        return {}


def _moments(column: pd.Series) -> pd.Series:
    """Moments in UTC as datetime64 without a zone, NaT where there is none."""
    return pd.to_datetime(column, utc=True).dt.tz_localize(None)
