"""Open what a rule covers that an expert typed, or ask a lead to.

Nothing here may depend on what the items carry or on what kind of case they wait in, or the answer to "open this" would
tell.
"""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from annotation import bulk
from annotation.actions.detecting.open_finding import UnableToOpen, not_yet_open, open_items_of
from annotation.actions.detecting.open_rule import KIND, MOST_ITEMS, described
from annotation.actions.detecting.write_finding import finding_over, write_finding
from annotation.actions.people.notify import leads_of, notify
from annotation.core.rules.typed_rules import TypedRule, applies
from annotation.models import Dataset, Finding, User
from annotation.reading.experts.routing_rules import rules_of
from annotation.reading.rule_bench import pool_of


@transaction.atomic
def open_or_ask(dataset: Dataset, user: User, rule: TypedRule, label: str, now: datetime) -> tuple[Finding, bool]:
    """All items for which the rule holds, as a finding of `user`, and whether its cases are open.

    Where the dataset's rules let an expert open fewer new cases than it would, nothing is opened and the leads are told
    once. Raises UnableToOpen with what to do, also where only items of one label are wanted: that would tell it.
    """
    if label:
        raise UnableToOpen("Only a lead can narrow a rule to one label; open it for any label.")
    bulk.lock_dataset(dataset)
    pool = pool_of(dataset)
    holds = applies(rule, pool.table, dataset.typed_fields, pool.sources)
    items = pool.frame["item"].to_numpy()[holds].tolist()
    if not items:
        raise UnableToOpen("The rule fits no item; there is nothing to open.")
    if len(items) > MOST_ITEMS:
        raise UnableToOpen(f"The rule fits {len(items):,} items; narrow it to {MOST_ITEMS:,} or fewer.")
    # apart from the same rule of anybody else: whose it is decides whose answers are not blind
    key = f"{KIND}:{rule.key}→@{user.pk}"
    there = finding_over(dataset, key, items)
    finding = there or write_finding(
        described(dataset, user, rule, "", holds, pool.frame["code"].to_numpy(), key), items
    )
    n = not_yet_open([finding]).get(finding.pk, 0)
    if n > rules_of(dataset).rule_most_cases:
        if there is None:
            _ask_leads(finding, user, rule, n, now)
        return finding, False
    open_items_of(finding, now, MOST_ITEMS)
    return finding, True


def _ask_leads(finding: Finding, user: User, rule: TypedRule, n: int, now: datetime) -> None:
    dataset = finding.dataset
    path = reverse("findings", args=[dataset.slug]) + f"#finding-{finding.pk}"
    asks = f"{user.get_username()} asks you to open {n:,} cases, more than an expert may: items of which each "
    notify(dataset, leads_of(dataset), asks + f"{rule.words}. Accept it among the findings.", path, now)
    most = rules_of(dataset).rule_most_cases
    told = f"Your rule would open more than {most:,} cases, so the lead was asked to open it: items of which each "
    notify(dataset, [user.pk], told + f"{rule.words}.", reverse("rules", args=[dataset.slug]), now)
