"""How often answers to the same item differ, as imported and after relabelling, and who differs from whom.

The units are counted apart: items that two or more annotators labelled, and near-duplicate groups of the newest
detection with two or more labelled members. Both stand in the pool.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from django.db.models import Max

from annotation import bulk, frames
from annotation.core.crowd.agreement import confusion_pairs, disagreement_rate, krippendorff_alpha
from annotation.core.crowd.conflicting_inputs import InputsInConflict, inputs_in_conflict
from annotation.core.crowd.ordered_classes import ordinal_alpha
from annotation.core.crowd.pairwise import Pairwise, pairwise_agreement
from annotation.core.intervals import Interval, wilson
from annotation.models import DECIDED, CurrentLabel, Dataset, GroupMember, Item, Label
from annotation.reading.pool_evidence import state_of
from annotation.reading.sampling.drawn import draw_groups, draw_items
from annotation.reading.sampling.kept import KeptByMark

NO_ANSWER = (CurrentLabel.AMBIGUOUS, CurrentLabel.BAD_INPUT)
SHOWN_PAIRS = 20
# Items of a larger pool on which all this is measured: a share is then known to within 1.4 percent, in a moment.
SAMPLE = 5_000


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
    experts called ambiguous or bad input; they are in no rate, before or after. drawn: items of the sample that all of
    this was measured on, 0 = on all there are.
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
    drawn: int = 0


@dataclass(frozen=True)
class Rates:
    """How often items and near-duplicate groups differ; `drawn` as of a Disagreement."""

    by_items: Rate
    by_groups: Rate
    drawn: int = 0


@dataclass(frozen=True, eq=False)
class _Answers:
    """What is measured: current labels, imported labels, members of groups of the newest detection whose rate is told
    and of those with an item that is measured; ids of the drawn items, None = all."""

    current: pd.DataFrame
    given: pd.DataFrame
    groups: pd.DataFrame
    near: pd.DataFrame
    first: pd.DataFrame
    drawn: np.ndarray | None


def disagreement_now(dataset: Dataset) -> Disagreement:
    """`measure_disagreement`, measured anew only after something it reads was added, and of a sample once a minute."""
    return _disagreement.of(dataset)


def rates_now(dataset: Dataset) -> Rates:
    """The same of `measure_rates`."""
    return _rates.of(dataset)


def measure_rates(dataset: Dataset) -> Rates:
    """The two rates of `measure_disagreement` alone."""
    found = _answers(dataset)
    left_out, decided = _left_out(found), _decided(found)
    before, after = _labelled_members(dataset, _without(found.groups, left_out), found)
    return Rates(
        _item_rate(_without(found.given, left_out), decided), _rate(_as_answers(before), _as_answers(after)),
        _n_drawn(found),
    )  # fmt: skip


def measure_disagreement(dataset: Dataset, seed: int = 0) -> Disagreement:
    """Measure the pool as it is now, or of a large one a random sample.

    Before: labels as imported; for groups each member's first current label. After: an item that an expert decided
    agrees, the expert's answer stands; a group agrees when its members' current labels agree or when every differing
    pair of them was called legitimately different. Rates with Wilson's interval (Wilson 1927), alpha after
    Krippendorff (2011) with a bootstrap over items drawn by `seed`.
    """
    found = _answers(dataset)
    left_out, decided, answers = _left_out(found), _decided(found), found.given
    before, after = _labelled_members(dataset, _without(found.groups, left_out), found)
    near = [_labelled_members(dataset, _without(found.near, left_out), found)] if found.drawn is not None else []
    near_before, near_after = near[0] if near else (before, after)
    pool = found.current.loc[found.current["label"].notna() & ~found.current["item"].isin(left_out), "item"]
    classes = dataset.class_names
    return Disagreement(
        by_items=_item_rate(_without(answers, left_out), decided),
        by_groups=_rate(_as_answers(before), _as_answers(after)),
        inputs_before=_inputs(near_before, pool, found.drawn),
        inputs_after=_inputs(near_after, pool, found.drawn),
        alpha=krippendorff_alpha(answers, seed=seed),
        ordinal=ordinal_alpha(answers, classes, seed=seed) if len(classes) > 2 else None,
        pairwise=pairwise_agreement(answers, classes, seed=seed),
        annotators=_annotators(answers, decided),
        left_out=_in_units(left_out, answers, found.groups),
        drawn=_n_drawn(found),
    )


def _mark(dataset: Dataset) -> str:
    detections = dataset.detections.aggregate(last=Max("id"))
    return f"{state_of(dataset)} {detections['last']}"


_disagreement = KeptByMark(measure_disagreement, _mark, lambda found: found.drawn > 0)
_rates = KeptByMark(measure_rates, _mark, lambda found: found.drawn > 0)


def _answers(dataset: Dataset) -> _Answers:
    drawn = draw_items(dataset, SAMPLE)
    if drawn is None:
        members = _members(dataset, None)
        return _Answers(
            frames.current(dataset, Item.POOL), frames.labels(dataset, Item.POOL, origin=Label.IMPORT), members,
            members, frames.first_current(dataset), None,
        )  # fmt: skip
    newest = dataset.detections.order_by("-id").values_list("id", flat=True).first()
    groups = draw_groups(newest, SAMPLE // 5) if newest else None
    members = _members(dataset, groups.ids.tolist() if groups else None)
    near = _members(dataset, _groups_of(newest, drawn.ids.tolist()) if newest else [])
    items = np.union1d(drawn.ids, pd.concat([members["item"], near["item"]]).to_numpy(dtype=np.int64))
    current = frames.current(dataset, Item.POOL, only=items.tolist())
    given = frames.labels(dataset, Item.POOL, origin=Label.IMPORT, only=drawn.ids.tolist())
    return _Answers(current, given, members, near, frames.first_current(dataset, only=items.tolist()), drawn.ids)


def _n_drawn(found: _Answers) -> int:
    return 0 if found.drawn is None else len(found.drawn)


def _left_out(found: _Answers) -> pd.Series:
    return found.current.loc[found.current["state"].isin(NO_ANSWER), "item"]


def _decided(found: _Answers) -> pd.Series:
    """By item the label that an expert gave it."""
    current = found.current
    held = current["basis"].isin(DECIDED) & (current["state"] == CurrentLabel.LABELLED)
    return current[held].set_index("item")["label"]


def _without(frame: pd.DataFrame, left_out: pd.Series) -> pd.DataFrame:
    return frame[~frame["item"].isin(left_out)]


def _members(dataset: Dataset, groups: Sequence[int] | None) -> pd.DataFrame:
    """group, item, digest: the members of the newest detection's groups, None = of all of them."""
    members = GroupMember.objects.filter(item__split=Item.POOL)
    columns = ("group_id", "item_id", "item__digest")
    found: list[tuple[int, int, str]] = []
    if groups is None:
        newest = dataset.detections.order_by("-id").values("id")[:1]
        found = list(members.filter(group__detection__in=newest).values_list(*columns))
    else:
        with bulk.looked_up():
            for batch in bulk.in_batches(groups, frames.BATCH):
                found += members.filter(group_id__in=batch).values_list(*columns)
    return pd.DataFrame(sorted(found, key=lambda row: row[1]), columns=["group", "item", "digest"])


def _groups_of(detection_id: int, items: Sequence[int]) -> list[int]:
    """Ids of the detection's groups with one of the items."""
    found: set[int] = set()
    with bulk.looked_up():
        for batch in bulk.in_batches(items, frames.BATCH):
            members = GroupMember.objects.filter(item_id__in=batch, group__detection=detection_id)
            found.update(members.values_list("group_id", flat=True))
    return sorted(found)


def _in_units(left_out: pd.Series, answers: pd.DataFrame, members: pd.DataFrame) -> int:
    several = answers["item"].value_counts()
    return int((left_out.isin(several.index[several > 1]) | left_out.isin(members["item"])).sum())


def _item_rate(answers: pd.DataFrame, decided: pd.Series) -> Rate:
    """Answers to a decided item all become the expert's: it stays counted, and agrees."""
    standing = answers["item"].map(decided)
    return _rate(answers, answers.assign(label=standing.where(standing.notna(), answers["label"])))


def _labelled_members(dataset: Dataset, members: pd.DataFrame, found: _Answers) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The members with their label as imported, and with that of now; where every differing pair was called
    legitimately different, with one and the same."""
    said, now = (frame.set_index("item")["label"] for frame in (found.first, found.current))
    before = members.assign(label=members["item"].map(said)).dropna(subset="label")
    after = members.assign(label=members["item"].map(now)).dropna(subset="label")
    closed = called_different(after, frames.closed_pairs(dataset))
    return before, after.assign(label=after["label"].mask(after["group"].isin(closed), ""))


def _inputs(members: pd.DataFrame, pool: pd.Series, drawn: np.ndarray | None) -> InputsInConflict:
    """Of the items in `pool`, each its own group where it is none's member; told of those drawn, None = of all."""
    members = members[members["item"].isin(pool)]
    alone = pool[~pool.isin(members["item"])]
    group = pd.concat([members["group"].astype(str), "alone " + alone.astype(str)])
    label = pd.concat([members["label"], pd.Series("", index=alone.index)])
    told = None if drawn is None else np.isin(pd.concat([members["item"], alone]), drawn)
    return inputs_in_conflict(pd.factorize(group)[0], pd.factorize(label)[0], told)


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
