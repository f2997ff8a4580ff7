"""The table of items under a filter, a page at a time."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from annotation.access import Request, dataset_for_lead, typed_id
from annotation.actions.talking.decide_together import decided_together
from annotation.core.items.asked import Asked, read_asked
from annotation.core.refusal import Refusal
from annotation.forms.items import ItemFilterForm, SaveFilterForm
from annotation.models import Dataset
from annotation.reading.items.in_order import read_key
from annotation.reading.items.lines import ItemLine, lines_of
from annotation.reading.items.ready_made import ready_made
from annotation.reading.items.search import search

PAGE = 50


@dataclass(frozen=True)
class Shown:
    """A part of a page. `found`: how many the page has with this part; `after`: the key from where to go on, "" at the
    end; `full`: the page has all it holds; `share` of the items looked through so far, None where nobody can say."""

    lines: list[ItemLine]
    found: int
    after: str
    full: bool
    share: float | None
    seconds: float

    @property
    def goes_on(self) -> bool:
        return bool(self.after) and not self.full


@require_GET
@vary_on_headers("HX-Request")
def items(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    page: dict[str, Any] = {"dataset": dataset, "after": request.GET.get("after", "")}
    try:
        asked = asked_in(request.GET)
        page["shown"] = _shown(dataset, asked, page["after"], typed_id(request.GET.get("found", "")))
    except Refusal as fault:
        asked, page["fault"] = Asked(), str(fault)
    page |= {"asked": asked, "columns": _columns(asked), "further": _further(request, asked, page.get("shown"))}
    if request.htmx and not request.htmx.history_restore_request and request.htmx.target == "more":
        return render(request, "annotation/lead/items/_more.html", page)
    page["done"], page["n_done"] = _done(request, dataset)
    page |= {
        "form": ItemFilterForm(dataset, asked), "save": SaveFilterForm(initial={"query": asked.query}),
        "ready_made": ready_made(dataset), "saved": dataset.saved_filters.select_related("author").order_by("name"),
    }  # fmt: skip
    return render(request, "annotation/lead/items/items.html", page)


def asked_in(given: QueryDict) -> Asked:
    """What an address asks for. Raises UnableToFilter."""
    return read_asked(dict(given.lists()))


def read_query(query: str) -> Asked:
    """What a query that a form carries asks for. Raises UnableToFilter."""
    return asked_in(QueryDict(query))


def query_of(asked: Asked) -> str:
    """What stands behind the address of the table: "?label=access", "" for all items."""
    return f"?{asked.query}" if asked.query else ""


def _shown(dataset: Dataset, asked: Asked, after: str, found: int) -> Shown:
    """What one look adds to a page that has `found` items."""
    began = perf_counter()
    found = min(found, PAGE - 1)
    part = search(dataset, asked).look(read_key(after), PAGE - found)
    found += len(part.items)
    lines = lines_of(dataset, asked, part.items)
    next_key = str(part.after) if part.after else ""
    return Shown(lines, found, next_key, found >= PAGE, part.share, perf_counter() - began)


def _done(request: Request, dataset: Dataset) -> tuple[UUID | None, int]:
    """What was labelled at once a moment ago, and how much of it stands."""
    try:
        token = UUID(request.GET.get("done", ""))
    except ValueError:
        return None, 0
    return token, len(decided_together(dataset, request.user, token))


def _further(request: Request, asked: Asked, shown: Shown | None) -> str:
    """The address from where the list goes on."""
    query = f"{asked.query}&" if asked.query else ""
    return f"{request.path}?{query}{urlencode({'after': shown.after if shown else ''})}"


def _columns(asked: Asked) -> dict[str, bool]:
    """Which of the columns that not everybody needs are shown."""
    scored = asked.sort in ("score", "probability") or bool({"score", "probability"} & set(asked.between))
    return {"score": scored, "model": "model" in asked.named}
