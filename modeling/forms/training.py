"""What a lead fills in to train and to compare."""

from typing import Any

from django import forms

from annotation.access import typed_id
from annotation.forms.field_kinds import choice_field, row_field
from annotation.forms.refusals import reported_on
from annotation.models import Dataset
from modeling.actions.training.synonyms import accepted_pairs
from modeling.core.fitting.augmentation import augmentation_settings
from modeling.core.learners import LEARNERS, learner_settings, settings_of
from modeling.core.perturbations import PERTURBATIONS
from modeling.figures.words.recipes import recipe_words
from modeling.forms.learner_settings import LearnerOption, learner_option, setting_field, setting_names
from modeling.models import ModelRun
from modeling.reading.loop_progress import alone, runs_of

# The learner proposed; its C is chosen by cross-validation or given. Every other learner is a way of its own.
LEARNER = "logistic"


class RunChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: ModelRun) -> str:
        return run_words(obj)


def run_words(run: ModelRun) -> str:
    """A run among others to choose from."""
    labels = f", labels of snapshot {run.snapshot.labels_of_id}" if run.snapshot.labels_of_id else ""
    words = recipe_words(run.recipe.learner, run.resolved)
    return f"run {run.pk}: {words}{labels}, {run.snapshot.n_rows:,} rows, {run.created_at:%-d %b}"


class TrainForm(forms.Form):
    """A run's resolved settings again, or a recipe of its own: C chosen by cross-validation, or a number, or another
    learner with its settings. The fields of a learner are those its SETTINGS name."""

    LIKE, CV, NUMBER = "like", "cv", "number"
    HOW = {
        LIKE: "the settings of an earlier run, so that only the labels differ",
        CV: "logistic regression, C chosen by grouped cross-validation",
        NUMBER: "logistic regression with a C of my own",
    }

    how = forms.ChoiceField(label="Train with", widget=forms.RadioSelect)
    like = RunChoiceField(ModelRun.objects.none(), required=False, label="The earlier run", empty_label=None)
    augment = forms.MultipleChoiceField(
        choices=[(name, one.title) for name, one in PERTURBATIONS.items()], required=False, label="Copies by",
        widget=forms.CheckboxSelectMultiple, help_text="An earlier run’s settings bring copies of their own.",
    )  # fmt: skip
    copies = forms.CharField(required=False, initial="1", label="Copies of each row")

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dataset, self.runs = dataset, runs_of(dataset).filter(snapshot__labels_of=None).order_by("id")
        like = row_field(self, "like")
        like.queryset = self.runs
        earlier = self.earlier()
        like.choices = [(run.pk, like.label_from_instance(run)) for run in earlier]
        ways = [(how, words) for how, words in self.HOW.items() if earlier or how != self.LIKE]
        choice_field(self, "how").choices = [*ways, *((name, LEARNERS[name].TITLE) for name in others())]
        for learner in LEARNERS:
            for key, (setting, default) in settings_of(learner).items():
                self.fields[field_name(learner, key)] = setting_field(key, setting, default)
        self.fields["C"].initial = "10"
        self.fields["C"].label = "C of my own"
        self.fields["C"].help_text = "a number above 0; a smaller C regularizes more"

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("how") == self.LIKE and not data.get("like"):
            self.add_error("like", "Choose the run whose settings are to be used.")
        elif data.get("how") == self.LIKE and data.get("augment"):
            self.add_error("augment", "An earlier run's settings bring its own copies; untick those chosen here.")
        elif data.get("how") and data["how"] != self.LIKE:
            with reported_on(self):
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

    def earlier(self) -> list[ModelRun]:
        """The runs to choose from: not every fit of a sweep, unless it is the one chosen, or there is no other."""
        chosen = self["like"].value()
        known = alone(self.runs) | self.runs.filter(pk=typed_id(str(chosen or "")))
        return list(known.distinct().order_by("id")) or list(self.runs)

    def options(self) -> list[LearnerOption]:
        """Every learner with its settings; C of my own counts as the proposed learner chosen."""
        how = self["how"].value()
        chosen = LEARNER if how == self.NUMBER else how
        return [
            learner_option(self, name, (field_name(name, key) for key in setting_names(name)), name == chosen)
            for name in LEARNERS
        ]


def others() -> list[str]:
    return [name for name in LEARNERS if name != LEARNER]


def field_name(learner: str, key: str) -> str:
    return key if learner == LEARNER else f"{learner}-{key}"
