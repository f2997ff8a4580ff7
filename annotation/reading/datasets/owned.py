"""Every table that holds something of a dataset, found by its foreign keys, whichever app it belongs to."""

import heapq
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from django.db.models import CASCADE, PROTECT, RESTRICT, CharField, F, ForeignKey, JSONField, Model, Q, QuerySet

from annotation.models import Dataset, Item, Job

OWNS = (CASCADE, RESTRICT, PROTECT)
DIGEST = re.compile(r"[0-9a-f]{64}")
# Of one kind of path an optional link is so much longer: the way that is always there is gone first.
OPTIONAL = 100
Links: TypeAlias = dict[type[Model], list[ForeignKey]]
Loose: TypeAlias = dict[type[Model], list[str]]


@dataclass(frozen=True)
class OwnedTable:
    """`path`: how its rows lead to their dataset; "pk" for the datasets themselves. `loose`: optional links to tables
    that are deleted before it, or to newer rows of its own."""

    model: type[Model]
    path: str
    loose: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    def rows(self, dataset_id: int) -> QuerySet[Model]:
        return self.model._base_manager.filter(**{self.path: dataset_id})


def owned_tables() -> list[OwnedTable]:
    """In the order in which they can be deleted: what points to a row goes before it, the dataset last."""
    paths = _paths()
    links = {model: [link for link in _links(model) if link.related_model in paths] for model in paths}
    left = dict(links)
    found: list[OwnedTable] = []
    loose: Loose = {model: [] for model in paths}
    while left:
        free = [model for model in left if not any(model in _targets(other, links, loose) for other in left)]
        if not free:
            _loosen(left, loose)
        for model in sorted(free, key=lambda one: one._meta.label):
            own = [link.name for link in links[model] if link.related_model is model]
            found.append(OwnedTable(model, paths[model], (*loose[model], *own)))
            del left[model]
    return found


def _targets(model: type[Model], links: Links, loose: Loose) -> set[type[Model]]:
    return {one.related_model for one in links[model] if one.name not in loose[model]} - {model}


def _loosen(left: Links, loose: Loose) -> None:
    """Tables that point at each other: let go of what may be empty, first of what was made to outlive its target."""
    optional = [
        (link.remote_field.on_delete in OWNS, model._meta.label, link.name, model)
        for model, links in left.items() for link in links
        if link.null and link.related_model in left and link.related_model is not model
        if link.name not in loose[model]
    ]  # fmt: skip
    *_, name, model = min(optional, key=lambda one: one[:3])
    loose[model].append(name)


def _links(model: type[Model]) -> list[ForeignKey]:
    return [one for one in model._meta.concrete_fields if isinstance(one, ForeignKey)]


def _paths() -> dict[type[Model], str]:
    """Model → the shortest path to its dataset."""
    paths: dict[type[Model], str] = {}
    waiting: list[tuple[int, str, str, type[Model]]] = [(0, "", "pk", Dataset)]
    while waiting:
        length, _, path, model = heapq.heappop(waiting)
        if model in paths:
            continue
        paths[model] = path
        for field in model._meta.get_fields(include_hidden=True):
            link = getattr(field, "field", None)
            if not (field.auto_created and not field.concrete) or not isinstance(link, ForeignKey):
                continue
            if link.remote_field.on_delete in OWNS and link.model not in paths:
                optional = OPTIONAL if link.null and model is not Dataset else 0
                way = link.name if model is Dataset else f"{link.name}__{path}"
                heapq.heappush(waiting, (length + 1 + optional, link.model._meta.label, way, link.model))
    return paths


def newer_of_its_own(model: type[Model], link: str) -> Q:
    """Rows that point to a newer one of the same table."""
    return Q(**{f"{link}__gt": F("pk")})


def jobs_beside(slug: str) -> QuerySet[Job]:
    """Imports that named the dataset before there was one, and came to nothing."""
    return Job.objects.filter(dataset=None, kind="import", params__slug=slug)


def digests_named(dataset_id: int, *, by_others: bool) -> set[str]:
    """Digests of artifacts that rows of the dataset name, or those that all others do."""
    named: set[str] = set()
    for table in owned_tables():
        if table.model is Item:
            continue
        rows = table.rows(dataset_id)
        if by_others:
            rows = table.model._base_manager.exclude(pk__in=rows.values("pk"))
        named.update(_digests(rows, _naming(table.model)))
    return named


def _naming(model: type[Model]) -> list[str]:
    """Fields that can hold the name of an artifact: 64 hexadecimal digits and a suffix."""
    return [
        one.name for one in model._meta.concrete_fields
        if isinstance(one, JSONField) or (isinstance(one, CharField) and 64 < (one.max_length or 0) <= 100)
    ]  # fmt: skip


def _digests(rows: QuerySet[Model], fields: Sequence[str]) -> Iterator[str]:
    found: Iterable[tuple[object, ...]] = rows.values_list(*fields).iterator(chunk_size=1_000) if fields else ()
    for row in found:
        for value in row:
            yield from DIGEST.findall(value if isinstance(value, str) else json.dumps(value))
