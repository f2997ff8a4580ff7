"""Cases an expert takes away to answer in a spreadsheet, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4, uuid5

from django.db import transaction
from django.db.models import Count

from annotation.actions.queue.decide import Answer, UnableToDecide, decide
from annotation.actions.queue.lease import hand_out, release
from annotation.actions.queue.reorder import request_reorder
from annotation.core.files.answer_sheet import SheetAnswer
from annotation.core.refusal import Refusal
from annotation.models import Case, CaseItem, Dataset, Decision, Membership, OfflineBatch, OfflineRow, Reason, User
from annotation.reading.experts.readiness import readiness

MOST_CASES, MOST_DAYS = 100, 14
# Of cases handed out, so many more than wanted are looked at for those of one item.
MOST_GROUPS = 50


class UnableToTakeOut(Refusal):
    """No batch can be taken out or brought back as asked; the message says why."""


def take_out(
    dataset: Dataset, user: User, maker: User, n: int, days: int, now: datetime, after: str | None = None
) -> OfflineBatch:
    """The next `n` cases of `user`, theirs for `days`, as a batch; fewer where fewer are left.

    They come as on the page, in the order of hand-out, with hidden checks among them; what the page shows already stays
    there. Groups are left to the page, where members are compared. after: the id of the newest batch that
    `maker` took out, as they know it, "" = none, so that asking twice takes once. Raises UnableToTakeOut.
    """
    if not 1 <= n <= MOST_CASES or not 1 <= days <= MOST_DAYS:
        raise UnableToTakeOut(f"A batch has 1 to {MOST_CASES} cases for 1 to {MOST_DAYS} days.")
    with transaction.atomic():
        _hold_on_to(dataset, user)
        newest = dataset.offline_batches.filter(maker=maker).order_by("-id").values_list("id", flat=True).first()
        if after is not None and after != str(newest or ""):
            raise UnableToTakeOut("A batch was taken out in the meantime; it is listed here. Nothing more was taken.")
        ready = readiness(dataset, user)
        if bar := ready.bar or ready.next_test and "A short test comes first, on the page of the queue.":
            raise UnableToTakeOut(f"{bar} No case was taken out.")
        cases, until = _next_cases(dataset, user, n, now), now + timedelta(days=days)
        if not cases:
            raise UnableToTakeOut("No case is left to take out now.")
        batch = OfflineBatch.objects.create(dataset=dataset, user=user, maker=maker, until=until, created_at=now)
        OfflineRow.objects.bulk_create(OfflineRow(batch=batch, case=case, key=uuid4()) for case in cases)
        Case.objects.filter(pk__in=[case.pk for case in cases]).update(leased_until=until)
    return batch


def _hold_on_to(dataset: Dataset, user: User) -> None:
    """One row per member, so that two pages sent at once come one after the other."""
    member = Membership.objects.select_for_update().filter(dataset=dataset, user=user).first()
    if member is None:
        raise UnableToTakeOut(f"{user.get_username()} is no member of {dataset.name}.")


def _next_cases(dataset: Dataset, user: User, n: int, now: datetime) -> list[Case]:
    held = dataset.cases.filter(status=Case.OPEN, leased_to=user, leased_until__gt=now)
    before = set(held.values_list("id", flat=True))
    out = set(OfflineRow.objects.kept_by(user, now).values_list("case", flat=True))
    wanted, single, grouped = len(before - out) + n, [], []
    while True:
        handed = hand_out(dataset, user, now, wanted)
        fresh = [case for case in handed if case.pk not in before]
        groups = _groups(fresh)
        single = [case for case in fresh if case.pk not in groups]
        grouped = [case for case in fresh if case.pk in groups]
        if len(single) >= n or len(handed) < wanted or len(grouped) >= MOST_GROUPS:
            break
        wanted += n - len(single)
    for case in [*grouped, *single[n:]]:
        release(case)
    return single[:n]


def _groups(cases: Sequence[Case]) -> set[int]:
    sizes = CaseItem.objects.filter(case__in=cases).values("case").annotate(n=Count("id")).filter(n__gt=1)
    return set(sizes.values_list("case", flat=True))


def give_back(batch: OfflineBatch, now: datetime) -> int:
    """Let the cases that are still out go back to the queue; returns how many. A second time gives back none."""
    with transaction.atomic():
        batch = OfflineBatch.objects.select_for_update().get(pk=batch.pk)
        out = batch.rows.out()
        held = Case.objects.filter(pk__in=out.values("case"), status=Case.OPEN, leased_to=batch.user)
        held.update(leased_to=None, leased_at=None, leased_until=None)
        return out.update(back_at=now)


@dataclass
class BroughtBack:
    """What became of the answers: `decided` now, `already` recorded before, of those `changed` rows say something else
    than was recorded; `lost`: (row, why) of cases that are the expert's no more."""

    decided: int = 0
    already: int = 0
    changed: list[int] = field(default_factory=list)
    lost: list[tuple[int, str]] = field(default_factory=list)


def bring_back(batch: OfflineBatch, answers: Sequence[SheetAnswer], now: datetime) -> BroughtBack:
    """Record the answers as decisions of the batch's expert, blind and of unknown duration; all in one transaction.

    An answer that was recorded before is the same decision. A case that somebody else has meanwhile is lost, and no
    other suffers by it. Raises UnableToTakeOut where the expert may give no answers.
    """
    brought = BroughtBack()
    with transaction.atomic():
        batch = OfflineBatch.objects.select_for_update(of=("self",)).select_related("dataset", "user").get(pk=batch.pk)
        _hold_on_to(batch.dataset, batch.user)
        if bar := readiness(batch.dataset, batch.user).bar:
            raise UnableToTakeOut(f"{bar} Nothing was recorded.")
        rows = {row.key: row for row in batch.rows.select_related("case")}
        classes = {one.name: one for one in batch.dataset.label_classes.in_use()}
        reasons = {one.text: one for one in batch.dataset.reasons.all()}
        last = None
        for one in answers:
            row = rows[one.key]
            said = Answer(
                one.outcome, uuid5(row.key, "answer"), classes.get(one.label), note=one.note,
                reasons=_listed(one, reasons), confidence="unsure" if one.unsure else "sure",
            )  # fmt: skip
            last = _answered(batch, row, one, said, brought, now) or last
        if last:
            request_reorder(batch.dataset, last)
    return brought


def _listed(answer: SheetAnswer, reasons: dict[str, Reason]) -> list[Reason]:
    return [reasons[text] for text in answer.reasons if text in reasons]


def _answered(
    batch: OfflineBatch, row: OfflineRow, sheet: SheetAnswer, said: Answer, brought: BroughtBack, now: datetime
) -> Decision | None:
    """The decision where it is a new one; what else happened is noted in `brought`."""
    earlier = Decision.objects.filter(token=said.token, expert=batch.user).select_related("label_class").first()
    if earlier:
        brought.already += 1
        if (earlier.outcome, earlier.label_class) != (said.outcome, said.label_class):
            brought.changed.append(sheet.row)
        return None
    if row.back_at:
        brought.lost.append((sheet.row, "This case was given back; your answer was not recorded."))
        return None
    decision = None
    try:
        decision = decide(row.case, batch.user, said, now, learn=False, only_held=True)
        brought.decided += 1
    except UnableToDecide as refusal:
        brought.lost.append((sheet.row, str(refusal)))
    OfflineRow.objects.filter(pk=row.pk).update(back_at=now)
    return decision
