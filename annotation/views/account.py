"""One's own account: the way in, the name, a new password, and the way out of everywhere."""

from typing import Any, cast

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, PasswordChangeView, PasswordResetConfirmView
from django.contrib.messages.views import SuccessMessageMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET, require_POST

from annotation.access import STAFF, Request, address_of_request
from annotation.actions.guarding.throttle import UnableToTry
from annotation.actions.guarding.tries import try_link, try_own_password, try_to_be_mailed
from annotation.actions.people.reset import mail_reset
from annotation.actions.people.sessions import end_sessions
from annotation.forms.account import ForgottenForm, LogInForm
from annotation.models import AccessRecord, User
from annotation.views.guarding.adapters import log_access
from annotation.views.guarding.doors import lacks_code
from annotation.views.guarding.paused import paused


@require_GET
def account(request: Request) -> HttpResponse:
    return render(request, "account/account.html")


class LogInView(LoginView):
    template_name = "account/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return super().get_context_data(**more) | {"sign_on": settings.OIDC_NAME if settings.OIDC_ISSUER else ""}

    def form_valid(self, form: Any) -> HttpResponse:
        """Logged in, or asked for a code first; what follows a log-in of any kind is in the adapter."""
        record_authentication(self.request, form.get_user(), method="password")
        return perform_login(
            self.request, form.get_user(), email_verification="none", redirect_url=self.get_success_url()
        )

    def form_invalid(self, form: Any) -> HttpResponse:
        answer = super().form_invalid(form)
        if form.wait:
            return paused(answer, form.wait)
        if form.cleaned_data.get("password"):
            whose = User.objects.filter(username=form.cleaned_data.get("username", "")).first()
            log_access(self.request, AccessRecord.REFUSED, whose)
        return answer


@login_not_required
def admin_log_in(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
    """The site's administration has no log-in of its own, and says nothing of itself to those who may not see it."""
    if request.user.is_authenticated:
        raise Http404
    return redirect(f"{reverse_lazy('login')}?{request.GET.urlencode()}")


def may_administer(request: HttpRequest) -> bool:
    """Staff, with a code where the site asks leads for one."""
    user = request.user
    return user.is_active and user.is_staff and not lacks_code(user, STAFF)


class NewPasswordView(SuccessMessageMixin, PasswordChangeView):
    template_name = "account/password_change.html"
    success_url = reverse_lazy("account")
    success_message = "Your password is changed."

    def post(self, request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        try:
            with try_own_password(cast(User, request.user), timezone.now()) as right:
                answer = super().post(request, *args, **more)
                right.append(answer.status_code == 302)
        except UnableToTry as refusal:
            messages.error(request, str(refusal))
            return paused(render(request, "account/account.html"), refusal.seconds)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        log_access(self.request, AccessRecord.PASSWORD, form.user, "changed")
        return answer


@require_POST
def log_out_everywhere(request: Request) -> HttpResponse:
    log_access(request, AccessRecord.LOG_OUT, request.user, "everywhere")
    end_sessions(request.user)
    logout(request)
    messages.success(request, "You are logged out everywhere.")
    return redirect("login")


@login_not_required
def forgot_password(request: HttpRequest) -> HttpResponse:
    """The answer is the same whether there is such an account or not."""
    form = ForgottenForm(request.POST or None) if settings.EMAIL_HOST else None
    if form and form.is_valid():
        try:
            try_to_be_mailed(address_of_request(request), timezone.now())
        except UnableToTry as refusal:
            form.add_error(None, str(refusal))
            return paused(render(request, "account/forgot.html", {"form": form}), refusal.seconds)
        mail_reset(form.cleaned_data["who"])
        return render(request, "account/forgot.html", {"asked": True})
    return render(request, "account/forgot.html", {"form": form})


@method_decorator(login_not_required, name="dispatch")
class ResetPasswordView(SuccessMessageMixin, PasswordResetConfirmView):
    template_name = "account/reset.html"
    success_url = reverse_lazy("login")
    success_message = "Your password is changed and you are logged out everywhere; log in with it."

    def dispatch(self, *args: Any, **more: Any) -> HttpResponseBase:
        """Links that lead nowhere count; whoever tries many is told to wait, before anything is looked up."""
        try:
            with try_link(address_of_request(self.request), timezone.now()) as right:
                answer = super().dispatch(*args, **more)
                right.append(getattr(self, "validlink", False))
        except UnableToTry as refusal:
            return paused(render(self.request, "account/reset.html", {"fault": str(refusal)}), refusal.seconds)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        end_sessions(form.user)
        log_access(self.request, AccessRecord.PASSWORD, form.user, "chosen anew by a link")
        return answer
