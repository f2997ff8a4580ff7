"""What the page of a case sends: an answer, or why a case is passed on."""

from typing import Any

from django import forms

from annotation.models import Dataset, Decision, LabelClass, Skip

A_DAY_IN_MS = 86_400_000


class Ids(forms.TypedMultipleChoiceField):
    """Whole numbers, as tick boxes send them; what they name is looked up by whoever asks for it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, **kwargs)

    def valid_value(self, value: str) -> bool:
        return value.isdecimal() and len(value) < 19


class AnswerForm(forms.Form):
    """The answer is a class's id or the name of an outcome that is no class. `shown`: the milliseconds that the case
    was on the screen, as the browser measured."""

    token = forms.UUIDField()
    answer = forms.CharField()
    item = Ids(required=False)
    reason = Ids(required=False)
    note = forms.CharField(required=False, max_length=4000)
    unsure = forms.BooleanField(required=False)
    shown = forms.IntegerField(required=False, min_value=0, max_value=A_DAY_IN_MS)

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dataset = dataset

    def clean_answer(self) -> tuple[str, LabelClass | None]:
        said = self.cleaned_data["answer"]
        if said in (Decision.AMBIGUOUS, Decision.BAD_INPUT, Decision.DIFFERENT):
            return said, None
        # one that is offered no more too: `decide` says that of it by its name
        known = said.isdecimal() and len(said) < 19
        label_class = self.dataset.label_classes.filter(pk=int(said)).first() if known else None
        if label_class is None:
            raise forms.ValidationError("This answer is none of the dataset's.")
        return Decision.LABEL, label_class


class SkipForm(forms.Form):
    """A reason that is none of the known ones is none."""

    why = forms.ChoiceField(choices=Skip.REASONS, required=False)
    note = forms.CharField(required=False, max_length=4000)

    def reason(self) -> tuple[str, str]:
        """The reason, "" without one, and the note."""
        self.is_valid()
        return self.cleaned_data.get("why", ""), self.cleaned_data.get("note", "")
