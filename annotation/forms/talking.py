"""What members write to one another, which items they answer at once, and which cases they take away."""

from typing import Any

from django import forms

from annotation.actions.queue.decide import Answer
from annotation.actions.talking.comment import LONGEST
from annotation.actions.talking.offline_batch import MOST_CASES, MOST_DAYS
from annotation.forms.field_kinds import choice_field, row_field
from annotation.models import Dataset, Decision, User


class MailAddressForm(forms.ModelForm):
    """Where a member's notices go beside the page; empty = nowhere."""

    class Meta:
        model = User
        fields = ("email",)
        labels = {"email": "By mail to"}

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data, instance=user)
        self.fields["email"].widget.attrs.update({"autocomplete": "email", "placeholder": "no mail"})


class TickedIds(forms.TypedMultipleChoiceField):
    """Whole numbers, as tick boxes send them; what they name is looked up by whoever asks for it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, **kwargs)

    def valid_value(self, value: str) -> bool:
        return value.isdecimal() and len(value) < 19


class CommentForm(forms.Form):
    """`beside`: the items of its thread, a case's number would tell how new it is; `about`: the one it is about;
    `blind`: the thread stands where the case is answered; `next`: on that page."""

    text = forms.CharField(max_length=LONGEST)
    beside = TickedIds(required=False)
    blind = forms.BooleanField(required=False)
    about = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    next = forms.CharField(required=False, max_length=2000)


# Answers that are no class, by what stands in the choice.
OUTCOMES = {":ambiguous": Decision.AMBIGUOUS, ":bad_input": Decision.BAD_INPUT}


class TogetherForm(forms.Form):
    """One answer to the ticked items."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    item = TickedIds(error_messages={"required": "Tick at least one item for your answer."})
    answer = forms.ChoiceField(label="The ticked ones are", error_messages={"required": "Choose an answer first."})
    note = forms.CharField(
        required=False, max_length=3_800, widget=forms.TextInput(attrs={"placeholder": "optional", "class": "wide"})
    )

    def __init__(self, dataset: Dataset, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.classes = {str(one.pk): one for one in dataset.label_classes.in_use()}
        names = {pk: one.name for pk, one in self.classes.items()}
        choice_field(self, "answer").choices = {
            "": "choose…", **names, ":ambiguous": "ambiguous", ":bad_input": "bad input"
        }  # fmt: skip

    def given(self) -> Answer:
        said = self.cleaned_data
        outcome = OUTCOMES.get(said["answer"], Decision.LABEL)
        return Answer(outcome, said["token"], self.classes.get(said["answer"]), note=said["note"], blind=False)

    @staticmethod
    def choice_of(decision: Decision | None) -> str:
        """How an earlier answer stands in the choice, "" where it does not."""
        if decision is None:
            return ""
        spelled = {outcome: name for name, outcome in OUTCOMES.items()}
        return spelled.get(decision.outcome, str(decision.label_class_id or ""))


class BatchForm(forms.Form):
    """How many cases to take out, for how long and for whom; only a lead chooses that."""

    n = forms.IntegerField(min_value=1, max_value=MOST_CASES, initial=50, label="Take out")
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, initial=3, label="cases, for so many days")
    user = forms.ModelChoiceField(User.objects.none(), required=False, label="for", empty_label="myself")
    after = forms.CharField(required=False, max_length=20)

    def __init__(self, dataset: Dataset, leads: bool, data: Any = None) -> None:
        super().__init__(data)
        if leads:
            members = User.objects.filter(membership__dataset=dataset).order_by("username")
            row_field(self, "user").queryset = members
        else:
            del self.fields["user"]


class SheetForm(forms.Form):
    """The file with answers, or the token of one that was uploaded a moment ago, of which the good rows are wanted."""

    LARGEST = 20_000_000

    file = forms.FileField(required=False, label="The file with your answers")
    token = forms.CharField(required=False, max_length=32)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > self.LARGEST:
            raise forms.ValidationError("The file has more than 20 MB; upload the one that was downloaded here.")
        return file

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if not said.get("file") and not said.get("token") and not self.errors:
            self.add_error("file", "Choose the file with your answers first.")
        return said
