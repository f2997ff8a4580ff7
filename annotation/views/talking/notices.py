"""A member's notices over all datasets."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request, typed_id
from annotation.actions.talking.read_notices import read_all_notices, read_notice
from annotation.forms.talking import MailAddressForm
from annotation.models import Notice, User

PAGE = 30


@require_GET
@never_cache
def notices(request: Request) -> HttpResponse:
    return _page(request, MailAddressForm(request.user))


@require_GET
def open_notice(request: Request, pk: int) -> HttpResponse:
    """The page a notice is about; the notice counts as read from now on."""
    notice = get_object_or_404(Notice.objects.filter(user=request.user), pk=pk)
    read_notice(notice, timezone.now())
    return redirect(notice.path if notice.path.startswith("/") else "notices")


@require_POST
def read_notices(request: Request) -> HttpResponse:
    read_all_notices(request.user, typed_id(request.POST.get("up_to", "")), timezone.now())
    return redirect("notices")


@require_POST
def mail_address(request: Request) -> HttpResponse:
    # not the request's own user: what is refused would stand in the header
    form = MailAddressForm(User.objects.get(pk=request.user.pk), request.POST)
    if not form.is_valid():
        return _page(request, form)
    address = form.save().email
    messages.success(request, f"Notices go to {address} as well." if address else "Notices go by no mail now.")
    return redirect("notices")


def _page(request: Request, form: MailAddressForm) -> HttpResponse:
    mine = Notice.objects.filter(user=request.user).select_related("dataset").order_by("-id")
    before = typed_id(request.GET.get("before", ""))
    found = list((mine.filter(pk__lt=before) if before else mine)[: PAGE + 1])
    page = {
        "notices": found[:PAGE], "older": len(found) > PAGE, "newest": not before, "form": form,
        "unread": mine.filter(read_at=None).exists(), "mails": bool(settings.EMAIL_HOST),
    }  # fmt: skip
    return render(request, "annotation/talking/notices.html", page)
