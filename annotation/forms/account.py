"""Who one is."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest
from django.utils import timezone

from annotation.access import address_of_request
from annotation.actions.guarding.log_in import NOTE, admit, one_of_few, passed
from annotation.actions.guarding.throttle import UnableToTry, give_back


class LogInForm(AuthenticationForm):
    """A user name and its password; what is wrong with them is said in one sentence and not of either.

    `wait`: seconds after which it can be tried again, where it was tried too often.
    """

    wait = 0

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "That user name and password don't match. Both are case-sensitive.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"
        for field in self.fields.values():
            field.widget.attrs["class"] = "wide"

    def clean(self) -> dict[str, Any]:
        typed, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not typed or not password or self.request is None:
            return super().clean()
        try:
            return self._tried(self.request, typed)
        except UnableToTry as refusal:
            self.wait = refusal.seconds
            raise forms.ValidationError(str(refusal), code="paused") from None

    def _tried(self, request: HttpRequest, typed: str) -> dict[str, Any]:
        """Counted first: whoever guesses too often costs no hash of a password."""
        note = request.COOKIES.get(NOTE, "")
        counted = admit(typed, address_of_request(request), note, timezone.now())
        try:
            with one_of_few():
                cleaned = super().clean()
        except UnableToTry:
            give_back(counted)
            raise
        passed(counted)
        return cleaned


class ForgottenForm(forms.Form):
    who = forms.CharField(
        max_length=254, label="User name or mail address", error_messages={"required": "Write your user name."},
        widget=forms.TextInput(attrs={"class": "wide", "autocomplete": "username"}),
    )  # fmt: skip
