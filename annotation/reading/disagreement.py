"""How often answers to the same item differ, as imported and after relabelling, and who differs from whom.

The units are counted apart: items that two or more annotators labelled, and near-duplicate groups of the newest
detection with two or more labelled members. Both stand in the pool.
"""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd
from django.db.models import Max

from annotation import frames
from annotation.core.crowd.agreement import confusion_pairs, disagreement_rate, krippendorff_alpha
from annotation.core.crowd.conflicting_inputs import InputsInConflict, inputs_in_conflict
from annotation.core.crowd.ordered_classes import ordinal_alpha
from annotation.core.crowd.pairwise import Pairwise, pairwise_agreement
from annotation.core.intervals import Interval, wilson
from annotation.models import DECIDED, CurrentLabel, Dataset, Decision, GroupMember, Item, Label
from annotation.reading.pool_evidence import state_of

NO_ANSWER = (CurrentLabel.AMBIGUOUS, CurrentLabel.BAD_INPUT)
SHOWN_PAIRS = 20


@dataclass(frozen=True)
class ConfusedPair:
    """Two labels given to one unit. `before`: their share of the units that differed as imported, in [0, 1]; `after`:
    how many units still carry both."""

    label: str
    other: str
    before: Interval
    count: int
    after: int


@dataclass(frozen=True)
class Rate:
    """The disagreement rate of one kind of unit, in [0, 1] with Wilson's 95 % interval, and its confused pairs."""

    before: Interval
    after: Interval
    pairs: tuple[ConfusedPair, ...]


@dataclass(frozen=True)
class AnnotatorRate:
    """`labels`: items the annotator answered. `reversed`: share of those that experts decided otherwise, in [0, 1];
    its `n` counts only items an expert gave a label to, so it says nothing of items nobody looked at."""

    name: str
    labels: int
    reversed: Interval


@dataclass(frozen=True)
class Disagreement:
    """Both rates, Krippendorff's alpha of the imported labels, and the annotators, those experts judged most first.

    `inputs_before`, `inputs_after`: the share of all labelled items that stand in a group in conflict. `ordinal`: alpha
    with classes in their order, None of two. `pairwise`: who agrees with whom. `left_out` counts the units' items that
    experts called ambiguous or bad input; they are in no rate, before or after.
    """

    by_items: Rate
    by_groups: Rate
    inputs_before: InputsInConflict
    inputs_after: InputsInConflict
    alpha: Interval
    ordinal: Interval | None
    pairwise: Pairwise
    annotators: tuple[AnnotatorRate, ...]
    left_out: int


def disagreement_now(dataset: Dataset) -> Disagreement:
    """`measure_disagreement`, measured anew only after something it reads was added."""
    decisions = Decision.objects.filter(case__dataset=dataset).aggregate(last=Max("id"))
    detections = dataset.detections.aggregate(last=Max("id"))
    mark = f"{dataset.created_at.isoformat()} {state_of(dataset)} {decisions['last']} {detections['last']}"
    return _kept(dataset.pk, mark)


@lru_cache(maxsize=16)
def _kept(dataset_id: int, mark: str) -> Disagreement:
    return measure_disagreement(Dataset.objects.get(pk=dataset_id))


def measure_disagreement(dataset: Dataset, seed: int = 0) -> Disagreement:
    """Measure the pool as it is now.

    Before: labels as imported; for groups each member's first current label. After: an item that an expert decided
    agrees, the expert's answer stands; a group agrees when its members' current labels agree or when every differing
    pair of them was called legitimately different. Rates with Wilson's interval (Wilson 1927), alpha after
    Krippendorff (2011) with a bootstrap over items drawn by `seed`.
    """
    current = frames.current(dataset, Item.POOL)
    left_out = current.loc[current["state"].isin(NO_ANSWER), "item"]
    decided = current[current["basis"].isin(DECIDED) & (current["state"] == CurrentLabel.LABELLED)].set_index("item")[
        "label"
    ]
    answers = frames.labels(dataset, Item.POOL, origin=Label.IMPORT)
    members = _members(dataset)
    before, after = _labelled_members(dataset, members[~members["item"].isin(left_out)], current)
    pool = current.loc[current["label"].notna() & ~current["item"].isin(left_out), "item"]
    classes = dataset.class_names
    return Disagreement(
        by_items=_item_rate(answers[~answers["item"].isin(left_out)], decided),
        by_groups=_rate(_as_answers(before), _as_answers(after)),
        inputs_before=_inputs(before, pool),
        inputs_after=_inputs(after, pool),
        alpha=krippendorff_alpha(answers, seed=seed),
        ordinal=ordinal_alpha(answers, classes, seed=seed) if len(classes) > 2 else None,
        pairwise=pairwise_agreement(answers, classes, seed=seed),
        annotators=_annotators(answers, decided),
        left_out=_in_units(left_out, answers, members),
    )


def _members(dataset: Dataset) -> pd.DataFrame:
    """group, item, digest: the members of the newest detection's groups."""
    newest = dataset.detections.order_by("-id").values("id")[:1]
    rows = GroupMember.objects.filter(group__detection__in=newest, item__split=Item.POOL).order_by("item_id")
    found = list(rows.values_list("group_id", "item_id", "item__digest"))
    return pd.DataFrame(found, columns=["group", "item", "digest"])


def _in_units(left_out: pd.Series, answers: pd.DataFrame, members: pd.DataFrame) -> int:
    several = answers["item"].value_counts()
    return int((left_out.isin(several.index[several > 1]) | left_out.isin(members["item"])).sum())


def _item_rate(answers: pd.DataFrame, decided: pd.Series) -> Rate:
    """Answers to a decided item all become the expert's: it stays counted, and agrees."""
    standing = answers["item"].map(decided)
    return _rate(answers, answers.assign(label=standing.where(standing.notna(), answers["label"])))


def _labelled_members(
    dataset: Dataset, members: pd.DataFrame, current: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The members with their label as imported, and with that of now; where every differing pair was called
    legitimately different, with one and the same."""
    first = frames.first_current(dataset)
    before = members.assign(label=members["item"].map(first.set_index("item")["label"])).dropna(subset="label")
    after = members.assign(label=members["item"].map(current.set_index("item")["label"])).dropna(subset="label")
    closed = called_different(after, frames.closed_pairs(dataset))
    return before, after.assign(label=after["label"].mask(after["group"].isin(closed), ""))


def _inputs(members: pd.DataFrame, pool: pd.Series) -> InputsInConflict:
    """Of the items in `pool`, each its own group where it is none's member."""
    members = members[members["item"].isin(pool)]
    alone = pool[~pool.isin(members["item"])]
    group = pd.concat([members["group"].astype(str), "alone " + alone.astype(str)])
    label = pd.concat([members["label"], pd.Series("", index=alone.index)])
    return inputs_in_conflict(pd.factorize(group)[0], pd.factorize(label)[0])


def _as_answers(members: pd.DataFrame) -> pd.DataFrame:
    """A group is what is judged, its members are those who answer."""
    return pd.DataFrame({"item": members["group"], "annotator": members["item"], "label": members["label"]})


def called_different(members: pd.DataFrame, closed: set[tuple[str, str]]) -> set[int]:
    """Groups (of group, digest, label rows) of which every pair of members with different labels is among `closed`.

    Pairs are counted, not listed: a group of thousands has millions.
    """
    if not closed:
        return set()
    distinct = members[["group", "digest", "label"]].drop_duplicates()
    sizes = distinct.groupby(["group", "label"]).size()
    total = sizes.groupby("group").sum()
    differing = (total**2 - (sizes**2).groupby("group").sum()) // 2
    pairs = pd.DataFrame(sorted(closed), columns=["digest", "other_digest"])
    other = distinct.rename(columns={"digest": "other_digest", "label": "other_label"})
    found = distinct.merge(pairs, on="digest").merge(other, on=["group", "other_digest"])
    # one content under two labels meets itself both ways round
    same = found["digest"] == found["other_digest"]
    found = found[(found["label"] != found["other_label"]) & (~same | (found["label"] < found["other_label"]))]
    called = found.groupby("group").size().reindex(differing.index, fill_value=0)
    return set(differing.index[(differing > 0) & (called == differing)])


def _rate(before: pd.DataFrame, after: pd.DataFrame) -> Rate:
    first, last = disagreement_rate(before), disagreement_rate(after)
    return Rate(first, last, _pairs(before, after, round(first.value * first.n) if first.n else 0))


def _pairs(before: pd.DataFrame, after: pd.DataFrame, differing: int) -> tuple[ConfusedPair, ...]:
    """The commonest pairs as imported, then those that came up since."""
    first, last = _counts(before), _counts(after)
    commonest = sorted(first | last, key=lambda pair: (-first.get(pair, 0), -last.get(pair, 0), pair))
    return tuple(
        ConfusedPair(*pair, wilson(first.get(pair, 0), differing), first.get(pair, 0), last.get(pair, 0))
        for pair in commonest[:SHOWN_PAIRS]
    )


def _counts(frame: pd.DataFrame) -> dict[tuple[str, str], int]:
    """How many units carry both labels, by pair."""
    pairs = confusion_pairs(frame, top=len(frame))
    return dict(zip(zip(pairs["label"], pairs["other"], strict=True), pairs["count"].tolist(), strict=True))


def _annotators(answers: pd.DataFrame, decided: pd.Series) -> tuple[AnnotatorRate, ...]:
    answer = answers["item"].map(decided)
    judged = answers.assign(judged=answer.notna(), reversed=answer.notna() & (answer != answers["label"]))
    table = judged.groupby("annotator").agg(
        labels=("item", "size"), judged=("judged", "sum"), reversed=("reversed", "sum")
    )
    table = table.sort_values(["judged", "labels"], ascending=False, kind="stable")
    return tuple(AnnotatorRate(row.Index, row.labels, wilson(row.reversed, row.judged)) for row in table.itertuples())
