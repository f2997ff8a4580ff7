"""The question, guidelines, reasons and how proof is judged, as a lead sets them."""

from typing import Any

from django import forms
from django.db.models import Max
from django.utils import timezone

from annotation.actions.classes.arrange import give_meanings
from annotation.actions.people.change_people import UnableToChange
from annotation.actions.people.publish_guideline import publish_guideline
from annotation.core.invisible import visible
from annotation.forms.field_kinds import row_field
from annotation.forms.people import PeopleForm
from annotation.models import Dataset, Decision, Guideline, Reason, User


class GuidelineForm(PeopleForm):
    text = forms.CharField(
        label="How to label", widget=forms.Textarea(attrs={"rows": 12, "class": "wide"}),
        error_messages={"required": "Write how to label first."},
    )  # fmt: skip
    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    gap = forms.ModelChoiceField(Decision.objects.none(), required=False, widget=forms.HiddenInput)
    made: Guideline | None = None

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(dataset, data)
        newest = dataset.guideline
        self.initial = {"text": newest.text if newest else "", "based_on": newest.version if newest else 0}
        row_field(self, "gap").queryset = Decision.objects.filter(case__dataset=dataset, cause=Decision.GAP)

    def save(self, user: User) -> str:
        text = self.cleaned_data["text"].replace("\r\n", "\n")
        based_on, gap = self.cleaned_data["based_on"], self.cleaned_data["gap"]
        self.made = publish_guideline(self.dataset, text, user, based_on, gap)
        return f"Guideline version {self.made.version} is what experts read now."


class ReasonForm(PeopleForm):
    text = forms.CharField(
        max_length=120, label="Add", error_messages={"required": "Write a reason."},
        widget=forms.TextInput(attrs={"placeholder": "earnings guidance"}),
    )  # fmt: skip

    def clean_text(self) -> str:
        text = self.cleaned_data["text"]
        if self.dataset.reasons.filter(text=text).exists():
            raise forms.ValidationError(f"“{text}” is in the list already.")
        return text

    def save(self, user: User) -> str:
        last = self.dataset.reasons.aggregate(last=Max("position"))["last"]
        text = self.cleaned_data["text"]
        self.dataset.reasons.create(text=text, position=0 if last is None else last + 1)
        return f"Experts can now tick “{text}”."


class DropReasonForm(PeopleForm):
    reason = forms.ModelChoiceField(Reason.objects.none())

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(dataset, data)
        row_field(self, "reason").queryset = dataset.reasons.all()

    def save(self, user: User) -> str:
        reason = self.cleaned_data["reason"]
        if reason.decision_set.exists():
            raise UnableToChange(f"Decisions name “{reason}” as their reason, so it stays in the list.")
        reason.delete()
        return f"“{reason.text}” is no longer in the list."


class DatasetSettingsForm(PeopleForm):
    """The question, what each class means (the field `meaning_7` is that of class 7), and how proof is judged."""

    question = forms.CharField(
        max_length=200, label="The question", widget=forms.TextInput(attrs={"class": "wide"}),
        error_messages={"required": "Write the question experts answer."},
    )  # fmt: skip
    metric = forms.ChoiceField(choices=Dataset.METRICS, label="Deciding metric")
    planned_looks = forms.IntegerField(min_value=1, max_value=1000, label="Planned looks at production")

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(dataset, data)
        self.classes = list(dataset.label_classes.in_use())
        self.initial = {name: getattr(dataset, name) for name in ("question", "metric", "planned_looks")}
        for one in self.classes:
            self.fields[f"meaning_{one.pk}"] = forms.CharField(
                max_length=200, required=False, label=f"What “{visible(one.name)}” means",
                widget=forms.TextInput(attrs={"class": "wide"}),
            )  # fmt: skip
            self.initial[f"meaning_{one.pk}"] = one.meaning

    def clean_metric(self) -> str:
        metric = self.cleaned_data["metric"]
        if metric == Dataset.EXPECTED_COST and self.dataset.costs is None:
            raise forms.ValidationError("Nobody has said what errors cost; say it on Costs, under Models, first.")
        return metric

    def meanings(self) -> list[forms.BoundField]:
        return [self[f"meaning_{one.pk}"] for one in self.classes]

    def save(self, user: User) -> str:
        for name in ("question", "metric", "planned_looks"):
            setattr(self.dataset, name, self.cleaned_data[name])
        self.dataset.save(update_fields=["question", "metric", "planned_looks"])
        said = {one: self.cleaned_data[f"meaning_{one.pk}"] for one in self.classes}
        if changed := {one.name: text for one, text in said.items() if text != one.meaning}:
            give_meanings(self.dataset, changed, user, timezone.now())
        return "The question, the meanings and how proof is judged are saved."
