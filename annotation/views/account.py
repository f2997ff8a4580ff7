"""One's own account: the way in, the name, a new password."""

from django.contrib.auth.views import LoginView, PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.views.decorators.http import require_GET

from annotation.access import Request
from annotation.forms.account import LogInForm


@require_GET
def account(request: Request) -> HttpResponse:
    return render(request, "account/account.html")


class LogInView(LoginView):
    template_name = "account/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True


class NewPasswordView(SuccessMessageMixin, PasswordChangeView):
    template_name = "account/password_change.html"
    success_url = reverse_lazy("account")
    success_message = "Your password is changed."
