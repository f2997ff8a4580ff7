"""Forms of django-allauth for passkeys, which say in a sentence what is wrong with what a browser sent."""

from collections.abc import Callable
from typing import Any, TypeVar

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms

UNREADABLE = "That passkey could not be checked. Try again, or go on another way."
T = TypeVar("T")
# What reading something else than a browser's answer ends in.
ODD = (TypeError, ValueError, KeyError, AttributeError, IndexError)


def checked(check: Callable[[], T]) -> T:
    try:
        return check()
    except (*ODD, forms.ValidationError):
        raise forms.ValidationError(UNREADABLE, code="passkey") from None


class NewPasskeyForm(AddWebAuthnForm):
    """A passkey that a device has just made, opened by its lock."""

    name = forms.CharField(label="Name", max_length=100, required=False)

    def clean(self) -> dict[str, Any]:
        return checked(super().clean)


class PasskeyForm(LoginWebAuthnForm):
    """A passkey at the log-in, in place of name and password."""

    def clean_credential(self) -> Authenticator:
        return checked(super().clean_credential)


class PasskeyAsSecondStepForm(AuthenticateWebAuthnForm):
    """A passkey after the password."""

    def clean_credential(self) -> Authenticator:
        return checked(super().clean_credential)


class PasskeyAgainForm(ReauthenticateWebAuthnForm):
    """A passkey of somebody who is logged in, before what guards the account is changed."""

    def clean_credential(self) -> Authenticator:
        return checked(super().clean_credential)
