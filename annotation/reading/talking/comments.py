"""What was said of items, as far as somebody may read it.

A case is answered without knowing what others think. So an expert reads their own comments only, until they have an
answer to the item that stands; and of an item that tests them, or that they are asked about alone, only what they wrote
since.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from annotation.models import Case, CaseItem, Comment, Dataset, Decision, Item, Membership, User

# Members of a group that a comment can be about, on the page of its case.
MOST_ITEMS = 50


@dataclass(frozen=True)
class Said:
    """A comment as shown. `closed`: what closed it; `mine_to_close`: the reader may do that."""

    comment: Comment
    closed: Comment | None
    mine_to_close: bool


@dataclass(frozen=True)
class Thread:
    """What was said of `items`, oldest first. `all_shown`: what others said is among it."""

    dataset: Dataset
    items: Sequence[Item]
    said: Sequence[Said]
    all_shown: bool
    blind: bool = False

    @property
    def item(self) -> Item:
        return self.items[0]

    @property
    def n_open(self) -> int:
        return sum(one.closed is None for one in self.said)


def thread_of_case(case: Case, user: User, *, blind: bool = False) -> Thread:
    """What was said of the items of a case. blind: as on the page of an open case, whoever reads it."""
    items = list(Item.objects.filter(case_items__case=case).order_by("id")[:MOST_ITEMS])
    return thread_of(case.dataset, items, user, blind=blind)


def thread_of(dataset: Dataset, items: Sequence[Item], user: User, *, blind: bool = False) -> Thread:
    ids = [item.pk for item in items]
    open_to = _open_to(dataset, ids, user, blind)
    since = _tested_since(ids, user)
    leads = dataset.role_of(user) == Membership.LEAD
    said = Comment.objects.said().filter(item__in=ids).select_related("author", "item", "resolved_by__author")
    shown = [
        Said(one, getattr(one, "resolved_by", None), leads or one.author_id == user.pk)
        for one in said.order_by("id")
        if one.item_id in open_to or (one.author_id == user.pk and _is_after(one, since))
    ]
    return Thread(dataset, items, shown, open_to >= set(ids), blind)


def _is_after(comment: Comment, since: dict[int, datetime]) -> bool:
    return comment.item_id not in since or comment.created_at >= since[comment.item_id]


def _open_to(dataset: Dataset, ids: Sequence[int], user: User, blind: bool) -> set[int]:
    """Items of which `user` may read what others say."""
    member = Membership.objects.filter(dataset=dataset, user=user).first()
    if member is None:
        return set()
    if member.role == Membership.LEAD and not blind:
        return set(ids)
    return (_answered(ids, user) | (_in_conflict(ids) if member.adjudicates else set())) - _asked_alone(ids, user)


def _answered(ids: Iterable[int], user: User) -> set[int]:
    """An answer to what only tested them says nothing of the real case to come."""
    mine = Decision.objects.standing().filter(expert=user).exclude(case__kind__in=Case.CHECKS)
    return set(mine.filter(items__in=ids).values_list("items", flat=True)) & set(ids)


def _in_conflict(ids: Iterable[int]) -> set[int]:
    waiting = CaseItem.objects.filter(item__in=ids, case__status=Case.OPEN, case__awaits=Case.ADJUDICATOR)
    return set(waiting.values_list("item_id", flat=True))


def _asked_alone(ids: Iterable[int], user: User) -> set[int]:
    """Items of open cases that are kept for `user`, and that `user` has not answered."""
    kept = CaseItem.objects.filter(item__in=ids, case__status=Case.OPEN, case__reserved_for=user)
    answered = Decision.objects.standing().filter(expert=user, case__in=kept.values("case")).values("case")
    return set(kept.exclude(case__in=answered).values_list("item_id", flat=True))


def _tested_since(ids: Iterable[int], user: User) -> dict[int, datetime]:
    """item → when a case opened that shows it to `user` as if for the first time."""
    tests = CaseItem.objects.filter(
        item__in=ids, case__status=Case.OPEN, case__kind__in=Case.CHECKS, case__reserved_for=user
    )
    return dict(tests.order_by("case__opened_at").values_list("item_id", "case__opened_at"))


@dataclass(frozen=True)
class CommentPage:
    """Comments of a dataset, newest first, each with `case`: the newest that holds its item, None where none does."""

    comments: Sequence[Comment]
    older: bool


def comments_of_dataset(dataset: Dataset, before: int, n: int, *, closed: bool) -> CommentPage:
    """The `n` newest with an id below `before`, 0 = from the newest; with `closed` those that were closed as well."""
    newest = CaseItem.objects.filter(item=OuterRef("item")).exclude(case__kind__in=Case.CHECKS).order_by("-case_id")
    found = dataset.comments.said() if closed else dataset.comments.unresolved()
    found = found.filter(pk__lt=before) if before else found
    found = found.select_related("author", "item", "resolved_by__author").order_by("-id")
    comments = list(found.annotate(in_case=Subquery(newest.values("case_id")[:1]))[: n + 1])
    return CommentPage(comments[:n], len(comments) > n)
