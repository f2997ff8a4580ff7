"""What experts decided on the pool, how long it took, what of it changed a label, and the labels after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from annotation import bulk
from annotation.core.intervals import Interval
from annotation.core.order.audit_draw import ErrorRate
from annotation.models import Audit, CurrentLabel, Dataset, Decision, class_now, name_now
from annotation.reading.audit_answers import error_rates
from modeling.core.watching.returns import Spent, usable_seconds


def decisions_made(dataset: Dataset) -> pd.DataFrame:
    """decision, case, expert, at, seconds, changed, fixed, in the order in which they were made: standing answers that
    settled a case of the pool. seconds: as `usable_seconds`; changed: it named another class than an item had before
    any expert; fixed: so did the last answer to its case, counted with that answer alone."""
    standing = Decision.objects.settling().filter(case__dataset=dataset)
    rows = Decision.items.through.objects.filter(decision__in=standing).order_by("decision_id", "item_id")
    columns = ("decision_id", "item_id", "decision__case_id", "decision__expert__username", "decision__created_at",
               "decision__seconds", "decision__outcome", class_now("decision__label_class"))  # fmt: skip
    names = ["decision", "item", "case", "expert", "at", "seconds", "outcome", "said"]
    frame = pd.DataFrame(list(rows.values_list(*columns)), columns=names)
    # what named a class that became none says nothing of today's labels
    frame = frame[(frame["outcome"] != Decision.LABEL) | frame["said"].notna()]
    before = frame["item"].map(_before_experts(frame["item"].tolist())).astype(float)
    other = (frame["outcome"] == Decision.LABEL) & before.notna() & (frame["said"].astype(float) != before)
    made = frame.assign(changed=other).groupby("decision", sort=True).agg(
        case=("case", "first"), expert=("expert", "first"), at=("at", "first"), seconds=("seconds", "first"),
        changed=("changed", "any"),
    ).reset_index()  # fmt: skip
    made["seconds"] = usable_seconds(made["seconds"].astype(float).to_numpy())
    made["changed"] = made["changed"].astype(bool)
    made["fixed"] = made["changed"] & ~made["case"].duplicated(keep="last")
    return made


def _before_experts(items: Sequence[int]) -> dict[int, int | None]:
    """item → the class it had before any expert decided on it."""
    labels: dict[int, int | None] = {}
    for batch in bulk.in_batches(sorted(set(items))):
        rows = CurrentLabel.objects.filter(item__in=batch).undecided().order_by("id")
        labels.update(rows.values_list("item_id", class_now()))
    return labels


def labels_along(dataset: Dataset, made: pd.DataFrame, cuts: Sequence[int], now: pd.Series) -> pd.DataFrame:
    """One row per item of `now`, its label by item; one column per cut: the class named by its label after so many of
    the decisions `made`, None or nan = it had none. What files and annotators said counts at every cut."""
    place = {decision: number for number, decision in enumerate(made["decision"].tolist())}
    touched = CurrentLabel.objects.filter(item__dataset=dataset).exclude(decision=None).values("item")
    rows = CurrentLabel.objects.filter(item__in=touched).order_by("id")
    found = pd.DataFrame(
        list(rows.values_list("item_id", "decision_id", name_now())), columns=["item", "decision", "label"]
    )
    # what is not among the standing decisions was never there, or was taken back by the row that follows it
    after = found["decision"].map(place).fillna(-1)
    decided = now.index.isin(found["item"])
    along = {}
    for cut in cuts:
        labels = found[after < cut].drop_duplicates("item", keep="last").set_index("item")["label"]
        along[cut] = now.where(~decided, labels.reindex(now.index))
    return pd.DataFrame(along, index=now.index)


@dataclass(frozen=True)
class Period:
    """From one audit draw to the next. by: expert → spent. before, after: share of labels wrong when it began and when
    the next began, None where nobody drew or answered an audit then."""

    start: datetime | None
    end: datetime | None
    spent: Spent
    by: dict[str, Spent]
    before: ErrorRate | None
    after: ErrorRate | None

    @property
    def fallen(self) -> Interval | None:
        """How far the share of wrong labels fell, in [−1, 1]; limits of either add up in squares (Newcombe 1998)."""
        if not self.before or not self.after:
            return None
        was, now = self.before.rate, self.after.rate
        fall = was.value - now.value
        below = ((was.value - was.low) ** 2 + (now.high - now.value) ** 2) ** 0.5
        above = ((was.high - was.value) ** 2 + (now.value - now.low) ** 2) ** 0.5
        return Interval(fall, fall - below, fall + above, was.n + now.n)


def periods_of(dataset: Dataset, made: pd.DataFrame) -> list[Period]:
    """The labelling periods that have decisions or an audit, the first first; one where nobody drew any."""
    audits = error_rates(dataset)
    starts: list[tuple[Audit, ErrorRate] | None] = [None, *audits]
    found = []
    for at, begun in enumerate(starts):
        following = audits[at] if at < len(audits) else None
        start, end = begun and begun[0].created_at, following and following[0].created_at
        own = _between(made, start, end)
        if len(own) or begun:
            found.append(Period(start, end, spent_on(own), by_expert(own), _answered(begun), _answered(following)))
    return found


def _between(made: pd.DataFrame, start: datetime | None, end: datetime | None) -> pd.DataFrame:
    """Those made from `start` on and before `end`; None = without a limit."""
    if start:
        made = made[made["at"] >= start]
    return made[made["at"] < end] if end else made


def _answered(audit: tuple[Audit, ErrorRate] | None) -> ErrorRate | None:
    return audit[1] if audit and audit[1].answered else None


def by_expert(made: pd.DataFrame) -> dict[str, Spent]:
    """Who decided most first. An error that two experts named counts for both."""
    parts = {str(name): part for name, part in made.groupby("expert")}
    spent = {name: Spent(len(part), int(part["changed"].sum()), _seconds(part)) for name, part in parts.items()}
    return dict(sorted(spent.items(), key=lambda one: -one[1].decisions))


def spent_on(made: pd.DataFrame) -> Spent:
    """Of all together; an error that two experts named is one."""
    return Spent(len(made), int(made["fixed"].sum()), _seconds(made))


def _seconds(made: pd.DataFrame) -> float:
    """Of nothing 0; nan where no decision says how long it took."""
    return float(np.sum(made["seconds"].to_numpy(dtype=float)))
