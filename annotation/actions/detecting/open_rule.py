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
    finding = there or _written(dataset, user, rule, label, items, holds, codes)
    open_items_of(finding, now, MOST_ITEMS)
    return finding


def _key(rule: TypedRule, label: str) -> str:
    return f"{KIND}:{rule.key}→{label}"


def _written(
    dataset: Dataset, user: User, rule: TypedRule, label: str, items: list[int], holds: np.ndarray, codes: np.ndarray
) -> Finding:
    shares = judge(holds, codes, len(dataset.class_names))
    class_code = dataset.class_names.index(label) if label else shares[0].label
    share = wilson(int((codes[holds] == class_code).sum()), int(holds.sum()))
    name = dataset.class_names[class_code]
    finding = Finding(
        dataset=dataset, author=user, kind=KIND, key=_key(rule, label), rule=rule.as_json() | {"label": label},
        title=f"{quoted(name)} where the item {rule.words}" if label else f"Items of which each {rule.words}",
        reason=(
            f"A rule typed by {user.get_username()}: {round(share.value * share.n):,} of the {share.n:,} labelled "
            f"items for which it holds carry {quoted(name)}."
        ),
        n=share.n, value=share.value, low=share.low, high=share.high,
    )  # fmt: skip
    return write_finding(finding, items)
