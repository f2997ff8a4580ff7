"""Fetch and authorise in one: the only way a door of either app loads an object.

Somebody without the right role gets the same 404 as for an object that does not exist.
"""

import hashlib
from typing import TypeVar

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django_htmx.middleware import HtmxDetails

from annotation.core.guarding.addresses import address_of
from annotation.core.opaque_ids import WRITTEN, drawn, hidden, revealed
from annotation.core.refusal import Refusal
from annotation.models import (
    Case,
    CaseItem,
    Dataset,
    FileImport,
    Finding,
    Item,
    Membership,
    OfflineBatch,
    Snapshot,
    User,
    Visitor,
)
from annotation.often import AskedOften, ReadOften

M = TypeVar("M", bound=Model)
# What a route asks of whoever comes; "member" is an expert or a lead, "keeper" a lead or who runs the site. What
# LEAD_WRITES names members read and leads change.
ANYONE, USER, MEMBER, LEAD_WRITES, LEAD = "anyone", "user", "member", "lead writes", "lead"
KEEPER, STAFF = "keeper", "staff"
READS = ("GET", "HEAD")
_role = AskedOften(
    lambda slug, user: Membership.objects.filter(dataset__slug=slug, user=user).values_list("role"), str, int
)
_of_member = ReadOften(Dataset, lambda slug, user: Dataset.objects.filter(slug=slug, membership__user=user), str, int)


class Request(HttpRequest):
    """As a view gets it: nobody comes this far without an account, and django-htmx says how the page was asked for."""

    user: User
    htmx: HtmxDetails


def address_of_request(request: HttpRequest) -> str:
    """Where it comes from, "" where that can't be told."""
    behind_proxy = settings.SECURE_PROXY_SSL_HEADER is not None
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return address_of(request.META.get("REMOTE_ADDR", ""), forwarded, behind_proxy=behind_proxy)


def may_open(user: Visitor, role: str | None, slug: str, method: str) -> bool:
    """Whether `user` may open a route of this role, in the dataset of this slug where it is in one; one without a role
    opens to nobody."""
    if role == ANYONE:
        return True
    if not isinstance(user, User) or not user.is_active or role is None:
        return False
    if role in (USER, STAFF):
        return role == USER or user.is_staff
    if role == KEEPER and user.is_staff:
        return True
    (theirs,) = _role.first(slug, user.pk) or (None,)
    reads = role == MEMBER or (role == LEAD_WRITES and method in READS)
    return theirs is not None if reads else theirs == Membership.LEAD


def dataset_for_expert(user: User, slug: str) -> Dataset:
    """A dataset `user` is a member of, as expert or lead."""
    for dataset in _of_member.read(slug, user.pk):
        return dataset
    raise Http404


def dataset_for_lead(user: User, slug: str) -> Dataset:
    """A dataset `user` leads."""
    return get_object_or_404(Dataset.objects.filter(membership__user=user, membership__role=Membership.LEAD), slug=slug)


def dataset_for_keeper(user: User, slug: str) -> Dataset:
    """A dataset `user` leads, or any for whoever runs the site."""
    datasets = Dataset.objects.all()
    if not user.is_staff:
        datasets = datasets.filter(membership__user=user, membership__role=Membership.LEAD)
    return get_object_or_404(datasets, slug=slug)


def only_operator(user: User) -> None:
    """Whoever runs the site; nobody else learns that there is a page for them."""
    if not (user.is_active and user.is_staff):
        raise Http404


def case_for_expert(user: User, slug: str, pk: int) -> Case:
    dataset = dataset_for_expert(user, slug)
    case = get_object_or_404(Case.objects.filter(dataset=dataset), pk=pk)
    case.dataset = dataset
    return case


def shown_id(pk: int) -> str:
    """A case's id as experts see it: a high one would tell that a case is new, and so an item of known answer."""
    return hidden(pk, _case_key())


def id_behind(shown: str) -> int:
    """The id of the case an expert sees under this name. Raises ValueError where it is no such name."""
    return revealed(shown, _case_key())


def shown_finding(pk: int) -> str:
    """A finding's id in a link to its queue: an expert opens those they are sent, and counts through no others, as what
    the cases of a finding have in common tells of each."""
    return hidden(pk, _case_key(b"finding"))


def finding_for_expert(user: User, dataset: Dataset, shown: str) -> Finding:
    """The finding behind a link; a plain number opens one's own rule only, and any for a lead."""
    findings = Finding.objects.filter(dataset=dataset)
    if shown.isdecimal() and len(shown) != WRITTEN:
        if dataset.role_of(user) != Membership.LEAD:
            findings = findings.filter(author=user)
        return get_object_or_404(findings, pk=typed_id(shown))
    try:
        return get_object_or_404(findings, pk=revealed(shown, _case_key(b"finding")))
    except ValueError:
        raise Http404 from None


def unforeseen(*facts: object) -> bytes:
    """32 bytes that are always the same for the same facts, and that nobody can tell who knows all of them."""
    return drawn(_case_key(b"turn"), *facts)


def _case_key(person: bytes = b"case") -> bytes:
    return hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=person).digest()


def item_for_member(user: User, slug: str, pk: int) -> Item:
    """An item of a dataset `user` is a member of; experts see those of the pool, and those of production that they may
    be asked about: an address that fails would tell one from the other."""
    dataset = dataset_for_expert(user, slug)
    coming = Q(taken_back__gt=0, brought_by__state__in=FileImport.UNFINISHED)
    items = Item.objects.filter(dataset=dataset).exclude(coming).select_related("dataset")
    if dataset.role_of(user) != Membership.LEAD:
        drawn = CaseItem.objects.filter(item=OuterRef("pk"), case__kind=Case.PRODUCTION)
        items = items.filter(Q(split=Item.POOL) | Q(Exists(drawn), split=Item.PRODUCTION))
    return get_object_or_404(items, pk=pk)


def batch_for_member(user: User, slug: str, pk: int) -> OfflineBatch:
    """A batch that `user` took out, or any of a dataset they lead."""
    dataset = dataset_for_expert(user, slug)
    batches = OfflineBatch.objects.filter(dataset=dataset).select_related("dataset", "user")
    if dataset.role_of(user) != Membership.LEAD:
        batches = batches.filter(user=user)
    return get_object_or_404(batches, pk=pk)


def part_for_lead(user: User, slug: str, parts: QuerySet[M], pk: int) -> M:
    """The one of `parts` that belongs to a dataset `user` leads."""
    return get_object_or_404(parts.filter(dataset=dataset_for_lead(user, slug)), pk=pk)


def typed_id(typed: str) -> int:
    """The id somebody wrote into an address or a form; 0, which nothing has, where it is none or larger than any."""
    return int(typed) if typed.isdecimal() and len(typed) < 19 else 0


class UnableToFind(Refusal):
    """A command names something that is not there."""


def dataset_by_slug(slug: str) -> Dataset:
    """For commands: whoever may run them may do everything."""
    try:
        return Dataset.objects.get(slug=slug)
    except ObjectDoesNotExist:
        known = ", ".join(Dataset.objects.order_by("slug").values_list("slug", flat=True)[:10]) or "none yet"
        raise UnableToFind(f"There is no dataset {slug!r}. Datasets here: {known}.") from None


def snapshot_by_id(dataset: Dataset, pk: int) -> Snapshot:
    found = dataset.snapshots.filter(pk=pk).first()
    if found is None:
        known = ", ".join(map(str, dataset.snapshots.order_by("id").values_list("id", flat=True))) or "none yet"
        raise UnableToFind(f"{dataset.slug!r} has no snapshot {pk}. Its snapshots: {known}.")
    return found
