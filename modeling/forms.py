"""What a lead fills in to retrain and to compare."""

from typing import Any

from django import forms

from annotation.models import Dataset, Item, Snapshot
from modeling.core.learners import UnableToConfigure, learner_settings
from modeling.models import ModelRun
from modeling.standing import runs_of

LEARNER = "logistic"


class TrainForm(forms.Form):
    """A run's resolved settings again, or a recipe of its own: C chosen by cross-validation, or a number."""

    LIKE, CV, NUMBER = "like", "cv", "number"
    HOW = {LIKE: "the settings of an earlier run", CV: "choose C by grouped cross-validation", NUMBER: "a C of my own"}

    how = forms.ChoiceField(choices=HOW)
    like = forms.ModelChoiceField(ModelRun.objects.none(), required=False)
    C = forms.CharField(required=False, initial="10")
    l1_ratio = forms.CharField(required=False, initial="0")

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["like"].queryset = runs_of(dataset).filter(snapshot__labels_of=None).order_by("id")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("how") == self.LIKE and not data.get("like"):
            self.add_error("like", "Choose the run whose settings are to be used.")
        elif data.get("how") in (self.CV, self.NUMBER):
            try:
                learner_settings(LEARNER, self.pairs())
            except UnableToConfigure as error:
                self.add_error(None, str(error))
        return data

    def pairs(self) -> dict[str, str]:
        """KEY → VALUE as typed."""
        data = self.cleaned_data
        C = "cv" if data["how"] == self.CV else data.get("C", "")
        return {"C": C, "l1_ratio": data.get("l1_ratio") or "0"}

    def recipe(self) -> dict[str, Any]:
        """Arguments of `request_training`."""
        if self.cleaned_data["how"] == self.LIKE:
            return {"like": self.cleaned_data["like"]}
        return {"learner": LEARNER, "pairs": self.pairs()}


class CompareForm(forms.Form):
    """Two runs and a production snapshot; `production` empty freezes one now, of the chosen sources."""

    before = forms.ModelChoiceField(ModelRun.objects.none())
    after = forms.ModelChoiceField(ModelRun.objects.none())
    production = forms.ModelChoiceField(Snapshot.objects.none(), required=False)
    sources = forms.MultipleChoiceField(required=False)

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["before"].queryset = runs_of(dataset).order_by("id")
        self.fields["after"].queryset = runs_of(dataset).order_by("-id")
        snapshots = dataset.snapshots.filter(purpose=Snapshot.PRODUCTION)
        self.fields["production"].queryset = snapshots.order_by("-id")
        self.fields["sources"].choices = [(name, name or "no source") for name in production_sources(dataset)]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("before") and data.get("before") == data.get("after"):
            self.add_error("after", "Before and after are the same run; choose two.")
        return data


def production_sources(dataset: Dataset) -> list[str]:
    items = Item.objects.filter(dataset=dataset, split=Item.PRODUCTION)
    return list(items.order_by("source").values_list("source", flat=True).distinct())
