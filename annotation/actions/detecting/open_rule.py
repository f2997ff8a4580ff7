"""Open the items a rule typed by hand applies to, as a queue."""

from datetime import datetime

import numpy as np
from django.db import transaction

from annotation import bulk
from annotation.actions.detecting.open_finding import UnableToOpen, open_items_of
from annotation.actions.detecting.write_finding import finding_over, write_finding
from annotation.core.intervals import wilson
from annotation.core.rules.typed_rules import TypedRule, applies, judge
from annotation.core.wording import quoted
from annotation.models import DECIDED, Dataset, Finding, User
from annotation.reading.rule_bench import pool_of

KIND = "rule"
# A rule for more than this is no hunch: nobody will look at so many.
MOST_ITEMS = 20_000


@transaction.atomic
def open_queue(dataset: Dataset, user: User, rule: TypedRule, label: str, now: datetime) -> Finding:
    """The labelled items for which the rule holds, as a finding of `user` with a case for each that has none.

    label: only items that carry this class, "" = any. Items on which experts decided are left as they are. The same
    rule over the same items is the same finding. Raises UnableToOpen with what to do.
    """
    bulk.lock_dataset(dataset)
    pool = pool_of(dataset)
    codes = pool.frame["code"].to_numpy()
    holds = applies(rule, pool.table, dataset.typed_fields, pool.sources) & (codes >= 0)
    decided = pool.frame["basis"].isin(DECIDED).to_numpy()
    wanted = holds & ~decided
    if label:
        wanted &= codes == dataset.class_names.index(label)
    items = pool.frame["item"].to_numpy(dtype=np.int64)[wanted].tolist()
    if not items:
        raise UnableToOpen("The rule fits no labelled item that is still undecided; there is nothing to open.")
    if len(items) > MOST_ITEMS:
        raise UnableToOpen(f"The rule fits {len(items):,} items; narrow it to {MOST_ITEMS:,} or fewer.")
    there = finding_over(dataset, _key(rule, label), items)
    finding = there or write_finding(described(dataset, user, rule, label, holds, codes, _key(rule, label)), items)
    open_items_of(finding, now, MOST_ITEMS)
    return finding


def _key(rule: TypedRule, label: str) -> str:
    return f"{KIND}:{rule.key}→{label}"


def described(
    dataset: Dataset, user: User, rule: TypedRule, label: str, holds: np.ndarray, codes: np.ndarray, key: str
) -> Finding:
    """The finding of a rule, not stored. holds: bool (n,); codes: class of the current label, int (n,), −1 = none."""
    labelled = holds & (codes >= 0)
    shares = judge(labelled, codes, len(dataset.class_names))
    class_code = dataset.class_names.index(label) if label else shares[0].label if shares else 0
    share = wilson(int((codes[labelled] == class_code).sum()), int(labelled.sum()))
    name = dataset.class_names[class_code]
    told = share if share.n else wilson(0, 1)  # a share is wanted; of no labelled item it says nothing
    return Finding(
        dataset=dataset, author=user, kind=KIND, key=key, rule=rule.as_json() | {"label": label},
        title=f"{quoted(name)} where the item {rule.words}" if label else f"Items of which each {rule.words}",
        reason=(
            f"A rule typed by {user.get_username()}: {round(told.value * share.n):,} of the {share.n:,} labelled "
            f"items for which it holds carry {quoted(name)}."
        ),
        n=share.n, value=told.value, low=told.low, high=told.high,
    )  # fmt: skip
