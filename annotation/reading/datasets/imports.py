"""The files that came into a dataset, and what would leave with one of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from annotation.core.refusal import Refusal
from annotation.core.wording import counted
from annotation.models import Case, CaseItem, Dataset, Decision, FileImport, Item, Label, SnapshotRow

PAGE = 25
# Why a case asks again that a label of a file opened.
NEW_LABEL = "a new label came in"
TAKEN = {"items", "labels"}


@dataclass(frozen=True)
class ImportPage:
    """Imports, newest first. before: the key of the next page, None on the last; of: how many there are."""

    lines: Sequence[FileImport]
    before: int | None
    of: int


@dataclass(frozen=True)
class Leaving:
    """What taking an import back takes away: items, its labels on other items that count now, open cases. frozen: rows
    of snapshots that stay as they are. why_not: a sentence where it can't be taken back, "" where it can."""

    items: int
    labels: int
    cases: int
    frozen: int
    why_not: str


def list_imports(dataset: Dataset, before: int = 0) -> ImportPage:
    over = dataset.file_imports.exclude(state__in=FileImport.UNFINISHED)
    found = over.select_related("user", "job", "taken_back__user").order_by("-id")
    part = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    return ImportPage(part[:PAGE], part[PAGE - 1].pk if len(part) > PAGE else None, over.count())


def what_leaves(brought: FileImport) -> Leaving:
    items = items_of(brought)
    return Leaving(
        items.count(), answers_of(brought).count(), cases_of(brought).count(),
        SnapshotRow.objects.filter(item__in=items.values("id")).count(), why_not_taken_back(brought),
    )  # fmt: skip


def why_not_taken_back(brought: FileImport) -> str:
    """A sentence, "" where nothing stands against it."""
    if brought.state in FileImport.UNFINISHED:
        return f"{brought.file_name} is being taken in; wait until that is over, or cancel its job."
    if hasattr(brought, "taken_back"):
        return f"{brought.file_name} was taken back already."
    if brought.kind not in TAKEN:
        return (
            f"{brought.file_name} brought {brought.kind}, which can't be taken back: each expert undoes their own "
            "answers, and predictions can be left out of what is asked for."
        )
    decided = Decision.objects.standing().filter(items__brought_by=brought, items__split__in=Item.HERE)
    if n := decided.values("items").distinct().count():
        return (
            f"Experts decided on {counted(n, 'item')} of {brought.file_name}; as long as these answers stand, it can't "
            "be taken back."
        )
    return ""


class HalfShown(Refusal):
    """What came in with a file is being shown, and a part of it is no sound whole."""


def refuse_half_shown(dataset: Dataset) -> None:
    """Raises HalfShown, for whoever would freeze, judge or hand out a part of an import."""
    if coming := dataset.file_imports.filter(state=FileImport.REVEALING).first():
        raise HalfShown(f"{coming.file_name} is just being taken in; ask again in a minute.")


def items_of(brought: FileImport) -> QuerySet[Item]:
    """The items that came with it and are still here."""
    return Item.objects.filter(brought_by=brought, split__in=Item.HERE)


def answers_of(brought: FileImport) -> QuerySet[Label]:
    """Its labels on items of other imports, as far as no later answer of the annotator counts in their place."""
    later = Label.objects.filter(item=OuterRef("item"), annotator=OuterRef("annotator"), id__gt=OuterRef("id"))
    here = Label.objects.filter(brought_by=brought, item__split__in=Item.HERE).exclude(item__brought_by=brought)
    return here.filter(~Exists(later))


def cases_of(brought: FileImport) -> QuerySet[Case]:
    """Open cases that hold one of its items, or that one of its labels opened."""
    holds = CaseItem.objects.filter(case=OuterRef("pk"), item__brought_by=brought, item__split__in=Item.HERE)
    open_cases = Case.objects.filter(dataset=brought.dataset_id, status=Case.OPEN)
    answered = Decision.objects.standing().filter(case=OuterRef("pk"))
    opened = open_cases.filter(~Exists(answered), reopen_reason=NEW_LABEL, opened_at=brought.created_at)
    return open_cases.filter(Exists(holds)) | opened
