"""What members say of an item: on its own page, as a part of others, and all that is open for the lead."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, dataset_for_expert, dataset_for_lead, item_for_member, typed_id
from annotation.actions.talking.comment import UnableToComment, add_comment, resolve_comment
from annotation.core.refusal import Refusal
from annotation.forms.talking import CommentForm
from annotation.models import Case, Comment, Item, Membership
from annotation.reading.experts.members import compared
from annotation.reading.talking.comments import MOST_ITEMS, Thread, comments_of_dataset, thread_of

PAGE = 25


@never_cache
def item_comments(request: Request, slug: str, pk: int) -> HttpResponse:
    """GET shows what was said of the item, POST adds to it; for HTMX the part of the page, else the page."""
    item = item_for_member(request.user, slug, pk)
    form = CommentForm(request.POST if request.method == "POST" else None)
    fault, typed = "", request.POST.get("text", "")
    if request.method == "POST":
        try:
            form.is_valid()
            about = form.cleaned_data.get("about")
            item = item_for_member(request.user, slug, about) if about else item
            add_comment(item, request.user, typed, timezone.now())
            typed = ""
        except Refusal as refusal:
            fault = str(refusal)
    if request.method == "POST" and not fault and not request.htmx:
        return redirect(_back(request, form, item))
    thread = _thread(request, form, item)
    if request.htmx and request.method == "POST":
        page = {"thread": thread, "fault": fault, "typed": typed, "back": form.cleaned_data.get("next", "")}
        return render(request, "annotation/talking/_comments.html", page)
    leads = item.dataset.role_of(request.user) == Membership.LEAD
    page = {
        "dataset": item.dataset, "item": item, "member": compared(item.dataset, item, item), "thread": thread,
        "fault": fault, "typed": typed, "back": "comments" if leads else "queue", "leads": leads,
        "cases": _cases(item) if leads else (),
    }  # fmt: skip
    return render(request, "annotation/talking/item_comments.html", page)


@require_POST
def resolve(request: Request, slug: str, pk: int) -> HttpResponse:
    dataset = dataset_for_expert(request.user, slug)
    comment = get_object_or_404(Comment.objects.filter(dataset=dataset).select_related("item__dataset"), pk=pk)
    form = CommentForm(request.POST)
    form.is_valid()
    try:
        resolve_comment(comment, request.user, timezone.now())
    except UnableToComment as refusal:
        messages.warning(request, str(refusal))
    if request.htmx:
        page = {"thread": _thread(request, form, comment.item), "back": form.cleaned_data.get("next", "")}
        return render(request, "annotation/talking/_comments.html", page)
    return redirect(_back(request, form, comment.item))


@require_GET
@never_cache
def comments(request: Request, slug: str) -> HttpResponse:
    dataset = dataset_for_lead(request.user, slug)
    before, closed = typed_id(request.GET.get("before", "")), "closed" in request.GET
    listed = comments_of_dataset(dataset, before, PAGE, closed=closed)
    page = {"dataset": dataset, "listed": listed, "closed": closed, "newest": not before}
    return render(request, "annotation/talking/comments.html", page)


def _cases(item: Item) -> list[Case]:
    return list(Case.objects.work().filter(case_items__item=item).order_by("-id")[:10])


def _thread(request: Request, form: CommentForm, item: Item) -> Thread:
    """That in which the form stood, where the item is in it, else the item's own."""
    said = form.cleaned_data if form.is_bound else {}
    beside = Item.objects.filter(dataset=item.dataset, split=item.split, pk__in=said.get("beside") or [item.pk])
    items = list(beside.order_by("id")[:MOST_ITEMS])
    return thread_of(item.dataset, items if item in items else [item], request.user, blind=bool(said.get("blind")))


def _back(request: Request, form: CommentForm, item: Item) -> str:
    path = str(form.cleaned_data.get("next") or "")
    known = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return f"{path}#comments" if known else reverse("item_comments", args=[item.dataset.slug, item.pk])
