"""Who one is."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm


class LogInForm(AuthenticationForm):
    """A user name and its password; what is wrong with them is said in one sentence and not of either."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "That user name and password don't match. Both are case-sensitive.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"
        for field in self.fields.values():
            field.widget.attrs["class"] = "wide"


class ForgottenForm(forms.Form):
    who = forms.CharField(
        max_length=254, label="User name or mail address", error_messages={"required": "Write your user name."},
        widget=forms.TextInput(attrs={"class": "wide", "autocomplete": "username"}),
    )  # fmt: skip
