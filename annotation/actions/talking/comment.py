"""Saying something of an item, and closing what was said."""

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from annotation.actions.people.notify import notify
from annotation.core.refusal import Refusal
from annotation.models import Comment, Dataset, Item, Membership, User

LONGEST = 4000
# A name as Django allows it; an address such as erin@example.org mentions nobody.
_MENTION = re.compile(r"(?<![\w@.+-])@([\w.@+-]+)")
# The same words on the same item within this are one comment, sent twice.
TWICE = timedelta(minutes=1)


class UnableToComment(Refusal):
    """The comment can't be taken; the message is for whoever wrote it."""


def add_comment(item: Item, user: User, text: str, now: datetime) -> Comment:
    """Keep what `user` says of the item, and tell the members it mentions by @name.

    A notice has none of the words: who has not answered yet must not read them. Raises UnableToComment for no words or
    more than LONGEST characters.
    """
    text = text.strip()
    if not text:
        raise UnableToComment("Write something first; the comment was empty.")
    if len(text) > LONGEST:
        raise UnableToComment(f"A comment has up to {LONGEST:,} characters, this one has {len(text):,}; shorten it.")
    if "\0" in text:
        raise UnableToComment("The comment has a character that can't be kept (NUL); remove it.")
    with transaction.atomic():
        # one row to hold on to, so that a form sent twice at once is found to be one
        Item.objects.select_for_update().get(pk=item.pk)
        same = item.comments.said().filter(author=user, text=text, created_at__gte=now - TWICE).first()
        if same:
            return same
        comment = Comment.objects.create(dataset_id=item.dataset_id, item=item, author=user, text=text, created_at=now)
        dataset = item.dataset
        told = mentioned(dataset, text) - {user.pk}
        path = reverse("item_comments", args=[dataset.slug, item.pk])
        notify(dataset, told, f"{user.get_username()} mentions you in a comment.", path, now)
    return comment


def mentioned(dataset: Dataset, text: str) -> set[int]:
    """Ids of the members named by @name; what ends a sentence is no part of a name unless somebody is called so."""
    names = set()
    for name in _MENTION.findall(text):
        names |= {name, name.rstrip(".+-@")}
    members = Membership.objects.filter(dataset=dataset, user__username__in=names)
    found = dict(members.values_list("user__username", "user_id"))
    return set(found.values())


def resolve_comment(comment: Comment, user: User, now: datetime) -> Comment:
    """Close the comment; a second time is the same as once.

    Raises UnableToComment for somebody who neither wrote it nor leads the dataset.
    """
    with transaction.atomic():
        comment = Comment.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=comment.pk)
        if comment.author_id != user.pk and comment.dataset.role_of(user) != Membership.LEAD:
            raise UnableToComment("Only who wrote a comment, or a lead, can close it.")
        if comment.resolves_id is not None:
            raise UnableToComment("This closes a comment and is none itself.")
        closing, _ = Comment.objects.get_or_create(
            resolves=comment,
            defaults={"dataset": comment.dataset, "item_id": comment.item_id, "author": user, "created_at": now},
        )
        return closing
