"""What a lead fills in to retrain and to compare."""

from dataclasses import dataclass
from typing import Any

from django import forms

from annotation.access import typed_id
from annotation.forms.field_kinds import choice_field, row_field
from annotation.forms.refusals import told_by
from annotation.models import Dataset, Item, Snapshot
from modeling.actions.training.synonyms import accepted_pairs
from modeling.core.fitting.augmentation import augmentation_settings
from modeling.core.learners import LEARNERS, Setting, learner_settings, settings_of
from modeling.core.perturbations import PERTURBATIONS
from modeling.models import ModelRun
from modeling.reading.loop_progress import alone, runs_of

# The learner proposed; its C is chosen by cross-validation or given. Every other learner is a way of its own.
LEARNER = "logistic"


@dataclass(frozen=True)
class Option:
    """A learner other than the proposed one: name, the name in words, and (setting, form field) of each setting."""

    name: str
    title: str
    fields: list[tuple[Setting, forms.BoundField]]


class TrainForm(forms.Form):
    """A run's resolved settings again, or a recipe of its own: C chosen by cross-validation, or a number, or another
    learner with its settings. The fields of a learner are those its SETTINGS name."""

    LIKE, CV, NUMBER = "like", "cv", "number"
    HOW = {LIKE: "the settings of an earlier run", CV: "choose C by grouped cross-validation", NUMBER: "a C of my own"}

    how = forms.ChoiceField()
    like = forms.ModelChoiceField(ModelRun.objects.none(), required=False)
    augment = forms.MultipleChoiceField(
        choices=[(name, one.title) for name, one in PERTURBATIONS.items()], required=False
    )
    copies = forms.CharField(required=False, initial="1")

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dataset, self.runs = dataset, runs_of(dataset).filter(snapshot__labels_of=None).order_by("id")
        choice_field(self, "how").choices = [*self.HOW.items(), *((name, LEARNERS[name].TITLE) for name in others())]
        row_field(self, "like").queryset = self.runs
        for learner in LEARNERS:
            for key, (_, default) in settings_of(learner).items():
                self.fields[field_name(learner, key)] = forms.CharField(required=False, initial=as_typed(default))
        self.fields["C"].initial = "10"

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("how") == self.LIKE and not data.get("like"):
            self.add_error("like", "Choose the run whose settings are to be used.")
        elif data.get("how") == self.LIKE and data.get("augment"):
            self.add_error("augment", "An earlier run's settings bring its own copies; untick those chosen here.")
        elif data.get("how") and data["how"] != self.LIKE:
            with told_by(self):
                learner_settings(self.learner(), self.pairs())
                augmentation_settings(self.of_copies(), accepted_pairs(self.dataset))
        return data

    def learner(self) -> str:
        how = self.cleaned_data["how"]
        return LEARNER if how in self.HOW else how

    def pairs(self) -> dict[str, str]:
        """KEY → VALUE as typed; what is left empty is the default."""
        data, learner = self.cleaned_data, self.learner()
        typed = {key: data.get(field_name(learner, key), "") for key in settings_of(learner)}
        pairs = {key: value for key, value in typed.items() if value}
        if learner == LEARNER:
            pairs["C"] = "cv" if data["how"] == self.CV else typed["C"]
        return pairs

    def recipe(self) -> dict[str, Any]:
        """Arguments of `request_training`."""
        if self.cleaned_data["how"] == self.LIKE:
            return {"like": self.cleaned_data["like"]}
        return {"learner": self.learner(), "pairs": self.pairs() | self.of_copies()}

    def of_copies(self) -> dict[str, str]:
        """KEY → VALUE of the copies to learn from, empty without a tick."""
        kinds = self.cleaned_data.get("augment")
        return {"augment": ",".join(kinds), "copies": self.cleaned_data.get("copies") or "1"} if kinds else {}

    def own_settings(self) -> list[tuple[Setting, forms.BoundField]]:
        """Settings of the proposed learner beside its C."""
        return self._settings_of(LEARNER)[1:]

    def earlier(self) -> list[ModelRun]:
        """The runs to choose from: not every fit of a sweep, unless it is the one chosen, or there is no other."""
        chosen = self["like"].value()
        known = alone(self.runs) | self.runs.filter(pk=typed_id(str(chosen or "")))
        return list(known.distinct().order_by("id")) or list(self.runs)

    def options(self) -> list[Option]:
        return [Option(name, LEARNERS[name].TITLE, self._settings_of(name)) for name in others()]

    def _settings_of(self, learner: str) -> list[tuple[Setting, forms.BoundField]]:
        found = settings_of(learner).items()
        return [
            (setting._replace(title=setting.title or key.replace("_", " ")), self[field_name(learner, key)])
            for key, (setting, _) in found
        ]


def others() -> list[str]:
    return [name for name in LEARNERS if name != LEARNER]


def field_name(learner: str, key: str) -> str:
    return key if learner == LEARNER else f"{learner}-{key}"


def as_typed(default: Any) -> str:
    """A default as a person would type it: (256, 128) → 256,128."""
    if isinstance(default, list | tuple):
        return ",".join(map(str, default)) or "0"
    return f"{default:g}" if isinstance(default, float) else str(default)


class CompareForm(forms.Form):
    """Two runs and a production snapshot; `production` empty freezes one now, of the chosen sources."""

    before = forms.ModelChoiceField(ModelRun.objects.none())
    after = forms.ModelChoiceField(ModelRun.objects.none())
    production = forms.ModelChoiceField(Snapshot.objects.none(), required=False)
    sources = forms.MultipleChoiceField(required=False)

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row_field(self, "before").queryset = runs_of(dataset).order_by("id")
        row_field(self, "after").queryset = runs_of(dataset).order_by("-id")
        snapshots = dataset.snapshots.filter(purpose=Snapshot.PRODUCTION)
        row_field(self, "production").queryset = snapshots.order_by("-id")
        choice_field(self, "sources").choices = [(name, name or "no source") for name in production_sources(dataset)]

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("before") and data.get("before") == data.get("after"):
            self.add_error("after", "Before and after are the same run; choose two.")
        return data


def production_sources(dataset: Dataset) -> list[str]:
    items = Item.objects.filter(dataset=dataset, split=Item.PRODUCTION)
    return list(items.order_by("source").values_list("source", flat=True).distinct())
