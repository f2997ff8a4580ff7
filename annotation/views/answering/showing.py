"""What an expert's page is made of: the case to answer and those ready behind it, the strip, the counts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from annotation.access import Request, id_behind, shown_finding, shown_id
from annotation.actions.queue.lease import hand_out
from annotation.actions.queue.take_back_skip import last_skip
from annotation.actions.queue.undo import last_decision
from annotation.models import Case, Dataset, Decision, Finding, LabelClass, User
from annotation.reading.answering.asked import n_others_at_work
from annotation.reading.experts.digits import on_digits, own_keys
from annotation.reading.experts.members import Member, members_by_case
from annotation.reading.experts.readiness import decided_today, readiness
from annotation.reading.experts.reveal import Question, question_of, reveal
from annotation.reading.experts.routing_rules import rules_of

# So many cases are on a page as it comes: the one shown and those ready behind it. An idle page asks for more, a few at
# a time, so that it can go on without the network; where others are at work, all of them together never hold more than
# a quarter of what is open.
AHEAD, MOST_AHEAD, A_FEW = 3, 20, 4
OTHERS_SHARE = 4
FEW = 20
# So many open cases are counted and no more, and those of many once in so many seconds by each web process: counting
# 100,000 costs the database more than all else an answer asks it.
MANY, MOST_SAID, MOST_COUNTED, COUNT_KEPT = 200, 1_000, 10_000, 20.0
_counted: dict[tuple[int, datetime], tuple[float, int]] = {}


@dataclass(frozen=True)
class OpenCase:
    """A case as its page shows it. `draft`: the answer that was taken back, to begin from."""

    case: Case
    members: Sequence[Member]
    token: UUID
    draft: Decision | None
    question: Question | None

    @property
    def ticked(self) -> frozenset[int]:
        """Ids of the items the answer is for to begin with: without those in which a negation differs, or might."""
        if self.draft and self.draft.outcome != Decision.DIFFERENT:
            return frozenset(item.pk for item in self.draft.items.all())
        return frozenset(member.item.pk for member in self.members if not member.doubtful)

    @property
    def unread(self) -> bool:
        """Whether an item differs in a language whose negations are not known."""
        return any(member.unread for member in self.members)

    @property
    def beginning(self) -> str:
        """What is filled in to begin with, as JSON for the browser; "" is nothing."""
        if self.draft is None:
            return ""
        reasons = [str(reason.pk) for reason in self.draft.reasons.all()]
        unsure = self.draft.confidence == "unsure"
        return json.dumps({"note": self.draft.note, "unsure": unsure, "reasons": reasons})


@dataclass(frozen=True)
class Outcome:
    """What became of what the browser sent. done: the name it gave that; refusal: why it was not recorded, and `theirs`
    whether its case can still be answered; first: the case to show next."""

    done: str = ""
    refusal: str = ""
    theirs: bool = False
    first: Case | None = None


NOTHING_SENT = Outcome()


def show(request: Request, dataset: Dataset, finding: Finding | None, outcome: Outcome = NOTHING_SENT) -> HttpResponse:
    """Hand out the next cases and show them: the page, or the parts of it that change."""
    now, user = timezone.now(), request.user
    counts = _counts(dataset, user, finding, now)
    known = _known(request)
    cases = hand_out(dataset, user, now, _how_many(request, dataset, known, counts["n_open"], now), _pk(finding))
    last = last_decision(dataset.pk, user)
    skipped = last_skip(dataset.pk, user, last)
    context = {
        "dataset": dataset, "finding": finding, "query": query_of(finding), "outcome": outcome, "now": now,
        "last": reveal(dataset, last), "skipped": skipped, **counts,
        "lease_seconds": int(settings.LEASE_MINUTES * 60), "case": cases[0] if cases else None,
        "cases": _opened(dataset, [case for case in cases if case.pk not in known], user),
        "gone": _gone(dataset, user, known - {case.pk for case in cases}, now),
    }  # fmt: skip
    if not cases:
        context["n_with_others"] = (
            narrowed(dataset, finding).filter(leased_to__isnull=False, leased_until__gt=now).count()
        )
        context["bar"] = _bar(dataset, user, now)
    if not request.htmx:
        context |= _answers(dataset, user)
    page = "_parts" if request.htmx else "queue"
    return render(request, f"annotation/expert/{page}.html", context, status=409 if outcome.refusal else 200)


def _bar(dataset: Dataset, user: User, now: datetime) -> str:
    """Why nothing is handed out to `user`, whatever is open; "" where nothing stands in the way."""
    cap = rules_of(dataset).load_cap
    if bar := readiness(dataset, user).bar:
        return bar
    if cap is not None and decided_today(dataset, user, now) >= cap:
        return f"You have given the {cap} answers a day that the lead asks for."
    return ""


def query_of(finding: Finding | None) -> str:
    return f"?finding={shown_finding(finding.pk)}" if finding else ""


def narrowed(dataset: Dataset, finding: Finding | None) -> QuerySet[Case]:
    cases = dataset.cases.open()
    return cases.of_finding(finding.pk) if finding else cases


def _pk(finding: Finding | None) -> int | None:
    return finding.pk if finding else None


def _known(request: Request) -> set[int]:
    """Ids of the cases the browser has, as it says."""
    said = request.GET.get("have", "") if request.method == "GET" else request.POST.get("have", "")
    known = set()
    for one in said.split(",")[: 3 * MOST_AHEAD]:
        try:
            known.add(id_behind(one))
        except ValueError:
            continue
    return known


def _how_many(request: Request, dataset: Dataset, known: set[int], n_open: int, now: datetime) -> int:
    asked = (request.GET if request.method == "GET" else request.POST).get("more", "")
    more = min(int(asked), A_FEW) if asked.isdecimal() and len(asked) < 4 else AHEAD
    wanted = len(known) + more
    if wanted <= AHEAD:
        return max(1, wanted)
    n_others = n_others_at_work(dataset, request.user, now)
    most = max(AHEAD, n_open // (OTHERS_SHARE * (n_others + 1))) if n_others else MOST_AHEAD
    return min(wanted, most, MOST_AHEAD)


def roughly(n: int) -> str:
    """199 → about 190. An exact count that an answer leaves as it was would tell that it answered a check."""
    if n < FEW:
        return f"fewer than {FEW}"
    if n >= MOST_SAID:
        return f"{MOST_SAID:,} or more"
    unit = 10 ** (len(str(n)) - 2) if n >= 100 else 10
    return f"about {n // unit * unit:,}"


def _exactly(n: int) -> str:
    return f"{n:,}" if n < MOST_SAID else roughly(n)


def _counts(dataset: Dataset, user: User, finding: Finding | None, now: datetime) -> dict[str, Any]:
    n_open = narrowed(dataset, finding)[:MOST_COUNTED].count() if finding else _n_open(dataset)
    # no check comes in the queue of a finding
    n_today = decided_today(dataset, user, now)
    said = {"n_today": n_today, "n_open": n_open, "n_open_said": _exactly(n_open)}
    return said | {"open": _exactly(n_open) if finding else roughly(n_open)}


def _n_open(dataset: Dataset) -> int:
    key = (dataset.pk, dataset.created_at)
    at, n = _counted.get(key, (0.0, 0))
    if n < MANY or monotonic() - at > COUNT_KEPT:
        n = dataset.cases.open()[:MOST_COUNTED].count()
        _counted[key] = (monotonic(), n)
    return n


def _opened(dataset: Dataset, cases: Sequence[Case], user: User) -> list[OpenCase]:
    members = members_by_case(dataset, cases)
    answers = Decision.objects.filter(case__in=cases, expert=user).exclude(outcome=Decision.UNDO)
    drafts = {one.case_id: one for one in answers.prefetch_related("items", "reasons").order_by("id")}
    return [
        OpenCase(case, members[case.pk], uuid4(), drafts.get(case.pk), question_of(case)) for case in cases
    ]  # fmt: skip


def _gone(dataset: Dataset, user: User, known: set[int], now: datetime) -> str:
    """Those of the cases the browser has that are not the user's any more."""
    held = dataset.cases.filter(pk__in=known, status=Case.OPEN, leased_to=user, leased_until__gt=now)
    return ",".join(shown_id(pk) for pk in known - set(held.values_list("id", flat=True)))


def _answers(dataset: Dataset, user: User) -> dict[str, Any]:
    classes, keys = list(dataset.label_classes.in_use()), own_keys(dataset, user)
    digits = on_digits(dataset, user, classes, keys)
    return {
        "classes": classes, "on_digits": digits, "more": len(classes) - len(digits), "letters": keys.letters,
        "reasons": dataset.reasons.all(), "guideline": dataset.guideline, "by_use": len(classes) > len(digits),
        "groups": _grouped(classes),
    }  # fmt: skip


def _grouped(classes: Sequence[LabelClass]) -> list[tuple[str, list[LabelClass]]]:
    """Classes under their headings where a lead gave any, else under the first word of their names; in the dataset's
    order; those alone with theirs come last, under ""."""
    if any(one.group for one in classes):
        headed: dict[str, list[LabelClass]] = {}
        for one in classes:
            headed.setdefault(one.group, []).append(one)
        without = headed.pop("", [])
        return [*headed.items(), *([("", without)] if without else [])]
    groups: dict[str, list[LabelClass]] = {}
    for one in classes:
        groups.setdefault(one.name.replace("_", " ").replace("-", " ").split(" ")[0].lower(), []).append(one)
    several = [(name, group) for name, group in groups.items() if len(group) > 1]
    alone = [one for group in groups.values() if len(group) == 1 for one in group]
    return [*several, *([("", alone)] if alone else [])]
