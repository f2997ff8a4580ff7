"""Batches of cases that are out in spreadsheets."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q

from annotation.core.files.answer_sheet import write_sheet
from annotation.models import Case, CaseItem, Dataset, Decision, OfflineBatch, OfflineRow, User

LISTED = 50


@dataclass(frozen=True)
class BatchLine:
    """`n` cases were taken out, `answered` by the batch's expert since, `out` still wait for an answer."""

    batch: OfflineBatch
    n: int
    answered: int
    out: int
    over: bool


def batch_lines(dataset: Dataset, now: datetime, user: User | None = None) -> list[BatchLine]:
    """The latest batches, newest first: those of `user`, or of everybody."""
    batches = dataset.offline_batches.select_related("user", "maker").order_by("-id")
    return lines_of(list((batches.filter(user=user) if user else batches)[:LISTED]), now)


def lines_of(batches: Sequence[OfflineBatch], now: datetime) -> list[BatchLine]:
    answers = Decision.objects.standing().filter(case=OuterRef("case"), expert=OuterRef("batch__user"))
    rows = OfflineRow.objects.filter(batch__in=batches).annotate(answered=Exists(answers)).order_by()
    counts = rows.values("batch").annotate(
        n=Count("id"), done=Count("id", filter=Q(answered=True)),
        out=Count("id", filter=Q(back_at=None, answered=False, case__status=Case.OPEN)),
    )  # fmt: skip
    known = {one["batch"]: one for one in counts}
    return [
        BatchLine(batch, known[batch.pk]["n"], known[batch.pk]["done"], known[batch.pk]["out"], batch.until <= now)
        for batch in batches
        if batch.pk in known
    ]


def sheet_of(batch: OfflineBatch) -> str:
    """The batch as CSV: the cases that are still out, in the order of hand-out, without anything told of them."""
    rows = batch.rows.out().filter(case__status=Case.OPEN).order_by("id")
    contents = dict(
        CaseItem.objects.filter(case__in=rows.values("case")).values_list("case_id", "item__content")
    )  # fmt: skip
    stream = io.StringIO(newline="")
    write_sheet(stream, batch.dataset.typed_fields, ((row.key, contents[row.case_id]) for row in rows))
    return stream.getvalue()
