"""What members write to one another, which items they answer at once, and which cases they take away."""

from django import forms

from annotation.actions.talking.comment import LONGEST
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


class CommentForm(forms.Form):
    """`about`: another item of the same thread; `case` and `blind`: that thread; `next`: the page it stands on."""

    text = forms.CharField(max_length=LONGEST)
    case = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    blind = forms.BooleanField(required=False)
    about = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    next = forms.CharField(required=False, max_length=2000)
