"""One's own account: the way in, the name, a new password, and the way out of everywhere."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, PasswordChangeView, PasswordResetConfirmView
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_GET, require_POST

from annotation.access import Request
from annotation.actions.people.reset import mail_reset
from annotation.actions.people.sessions import end_sessions
from annotation.forms.account import ForgottenForm, LogInForm


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


@require_POST
def log_out_everywhere(request: Request) -> HttpResponse:
    end_sessions(request.user)
    logout(request)
    messages.success(request, "You are logged out everywhere.")
    return redirect("login")


@login_not_required
def forgot_password(request: HttpRequest) -> HttpResponse:
    """The answer is the same whether there is such an account or not."""
    form = ForgottenForm(request.POST or None) if settings.EMAIL_HOST else None
    if form and form.is_valid():
        mail_reset(form.cleaned_data["who"])
        return render(request, "account/forgot.html", {"asked": True})
    return render(request, "account/forgot.html", {"form": form})


class ResetPasswordView(SuccessMessageMixin, PasswordResetConfirmView):
    template_name = "account/reset.html"
    success_url = reverse_lazy("login")
    success_message = "Your password is changed and you are logged out everywhere; log in with it."

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        end_sessions(form.user)
        return answer
