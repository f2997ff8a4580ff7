"""Items most like one that an expert has looked at, and one answer for those that are ticked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.access import Request, item_for_member, typed_id
from annotation.actions.talking.decide_together import decide_similar, decided_together, undo_similar
from annotation.core.likeness.differences import Piece
from annotation.core.refusal import Refusal
from annotation.core.wording import counted
from annotation.forms.talking import TogetherForm
from annotation.models import Decision, Item
from annotation.reading.experts.members import Member, compared
from annotation.reading.talking.similar_items import similar_items

# Where less than this share of a text is in the other, what differs would be all of it: it stands unmarked.
LEAST_SHARED = 0.4


@never_cache
def similar(request: Request, slug: str, pk: int) -> HttpResponse:
    """GET shows the items, POST answers the ticked ones."""
    item = item_for_member(request.user, slug, pk)
    fresh = {"token": uuid4(), "answer": TogetherForm.choice_of(_own_answer(request, item))}
    form = TogetherForm(item.dataset, request.POST if request.method == "POST" else None, initial=fresh)
    if request.method == "POST" and form.is_valid():
        answer = form.given()
        try:
            decide_similar(item, request.user, form.cleaned_data["item"], answer, timezone.now())
            return redirect(reverse("similar", args=[slug, pk]) + f"?done={answer.token}")
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return render(request, "annotation/talking/similar.html", _page(request, item, form))


@require_POST
def undo_together(request: Request, slug: str, pk: int, token: UUID) -> HttpResponse:
    item = item_for_member(request.user, slug, pk)
    try:
        n = undo_similar(item.dataset, request.user, token, timezone.now())
        said = f"{counted(n, 'answer')} {'is' if n == 1 else 'are'} taken back" if n else "They were taken back before"
        messages.success(request, f"{said}; the items wait in the queue again." if n else f"{said}.")
    except Refusal as refusal:
        messages.warning(request, str(refusal))
        return redirect(reverse("similar", args=[slug, pk]) + f"?done={token}")
    return redirect("similar", slug, pk)


def _own_answer(request: Request, item: Item) -> Decision | None:
    mine = Decision.objects.standing().filter(expert=request.user, items=item)
    return mine.order_by("-id").first()


@dataclass(frozen=True)
class SimilarItem:
    """A similar item as shown; `ticked` to begin with unless a negation differs or might, and as sent after that."""

    member: Member
    likeness: float
    ticked: bool


def _page(request: Request, item: Item, form: TogetherForm) -> dict[str, Any]:
    page: dict[str, Any] = {"dataset": item.dataset, "item": item, "form": form}
    page["done"], page["n_done"] = _done(request, item)
    page["member"] = compared(item.dataset, item, item)
    try:
        found = similar_items(item, request.user, timezone.now())
    except Refusal as refusal:
        return page | {"fault": str(refusal), "candidates": ()}
    sent = {typed_id(one) for one in request.POST.getlist("item")} if form.is_bound else None
    candidates = _candidates(item, found.items, sent)
    return page | {"candidates": candidates, "n_more": found.n_wanting_more}


def _done(request: Request, item: Item) -> tuple[UUID | None, int]:
    try:
        token = UUID(request.GET.get("done", ""))
    except ValueError:
        return None, 0
    return token, len(decided_together(item.dataset, request.user, token))


def _candidates(item: Item, found: Sequence[tuple[Item, float]], sent: set[int] | None) -> list[SimilarItem]:
    members = [(compared(item.dataset, one, item), likeness) for one, likeness in found]
    return [
        SimilarItem(_readable(member), likeness, not member.doubtful if sent is None else member.item.pk in sent)
        for member, likeness in members
    ]


def _readable(member: Member) -> Member:
    return replace(member, texts=[(name, _unmarked_where_all_differs(pieces)) for name, pieces in member.texts])


def _unmarked_where_all_differs(pieces: list[Piece]) -> list[Piece]:
    own = [piece for piece in pieces if piece.kind != "removed"]
    length = sum(len(piece.text) for piece in own)
    shared = sum(len(piece.text) for piece in own if piece.kind == "same")
    if shared >= LEAST_SHARED * length:
        return pieces
    return [Piece("".join(piece.text for piece in own), "same", False, False)]
