"""Forms of django-allauth whose tries are counted in the database, for all web processes together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from allauth.account.forms import ReauthenticateForm as AskForPassword
from allauth.mfa.base.forms import AuthenticateForm as AskForCode
from allauth.mfa.base.forms import ReauthenticateForm as AskForCodeAgain
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils import timezone

from annotation.actions.guarding.throttle import UnableToTry
from annotation.actions.guarding.tries import code_is_new, try_code, try_own_password
from annotation.models import User

WRONG = "That is not the code of this moment. Look again, and check the clock of the device that shows it."


@contextmanager
def said_on_the_form() -> Iterator[None]:
    try:
        yield
    except UnableToTry as refusal:
        raise forms.ValidationError(str(refusal), code="paused") from None


class CodeForm(AskForCode):
    """The code of an app, or a recovery code, at the log-in."""

    def clean_code(self) -> str:
        return checked_code(self.user, super().clean_code)


class CodeAgainForm(AskForCodeAgain):
    """The same of somebody who is logged in."""

    def clean_code(self) -> str:
        return checked_code(self.user, super().clean_code)


class FirstCodeForm(ActivateTOTPForm):
    """The first code of an app that is being set up."""

    def clean_code(self) -> str:
        return checked_code(self.user, super().clean_code)


class OwnPasswordForm(AskForPassword):
    """The password of somebody who is logged in, before what guards the account is changed."""

    def clean_password(self) -> str:
        with said_on_the_form(), try_own_password(self.user, timezone.now()) as right:
            typed = super().clean_password()
            right.append(True)
        return typed


def checked_code(user: User, check: Callable[[], str]) -> str:
    """A code that is right and was not used before; allauth remembers used ones for one process only."""
    now = timezone.now()
    with said_on_the_form(), try_code(user, now) as right:
        try:
            code = check()
        except forms.ValidationError:
            raise forms.ValidationError(WRONG, code="incorrect_code") from None
        if not code_is_new(user, code, now):
            raise forms.ValidationError("This code was used already; wait for the next one.", code="used")
        right.append(True)
    return code
