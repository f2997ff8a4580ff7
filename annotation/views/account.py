"""One's own account: the name, a new password, the way out."""

from django.contrib.auth.views import PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.views.decorators.http import require_GET


@require_GET
def account(request: HttpRequest) -> HttpResponse:
    return render(request, "account/account.html")


class NewPasswordView(SuccessMessageMixin, PasswordChangeView):
    template_name = "account/password_change.html"
    success_url = reverse_lazy("account")
    success_message = "Your password is changed."
