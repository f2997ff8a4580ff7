"""What members write to one another, which items they answer at once, and which cases they take away."""

from django import forms

from annotation.models import User


class MailAddressForm(forms.ModelForm):
    """Where a member's notices go beside the page; empty = nowhere."""

    class Meta:
        model = User
        fields = ("email",)
        labels = {"email": "By mail to"}

    def __init__(self, user: User, data: object = None) -> None:
        super().__init__(data, instance=user)
        self.fields["email"].widget.attrs.update({"autocomplete": "email", "placeholder": "no mail"})
