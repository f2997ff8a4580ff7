"""What a lead fills in to find runs, to build recipes and to sweep them."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Q

from annotation.access import typed_id
from annotation.forms.field_kinds import choice_field, row_field
from annotation.forms.refusals import reported_on
from annotation.models import Dataset, Snapshot
from modeling.actions.training.capacity import GROWTHS
from modeling.actions.training.sweep import Spec, grid_specs, spec_of, values_of
from modeling.core.learners import LEARNERS, settings_of
from modeling.figures.words.recipes import recipe_words
from modeling.forms.learner_settings import (
    LearnerOption,
    learner_choices,
    learner_option,
    setting_field,
    setting_names,
    typed_text,
)
from modeling.models import Recipe
from modeling.reading.runs import SORTS, RunFilter

CONVERGED = (("", "any"), ("yes", "converged"), ("no", "not, or at chance"))
GROWS = {"words": "the number of words", "ngrams": "words in a row", "width": "the width of a network"}


class RecipeChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Recipe) -> str:
        return obj.name or str(obj)


class SnapshotChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Snapshot) -> str:
        return f"{obj.pk}, {obj.n_rows:,} rows"


class RunsForm(forms.Form):
    """Filters and order of the runs table, from the query string; what makes no sense is as if it were not there."""

    learner = forms.ChoiceField(required=False)
    recipe = RecipeChoiceField(Recipe.objects.none(), required=False, empty_label="any")
    snapshot = SnapshotChoiceField(Snapshot.objects.none(), required=False, empty_label="any")
    converged = forms.ChoiceField(choices=CONVERGED, required=False)
    sort = forms.CharField(required=False, widget=forms.HiddenInput)
    after = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice_field(self, "learner").choices = [("", "any"), *learner_choices()]
        named = ~Q(name="") | Q(pk=typed_id(self.data.get("recipe", "")))
        row_field(self, "recipe").queryset = dataset.recipes.filter(named).order_by("name", "id")
        snapshots = dataset.snapshots.filter(purpose=Snapshot.TRAINING, runs__isnull=False)
        row_field(self, "snapshot").queryset = snapshots.distinct().order_by("-id")

    def asked(self) -> RunFilter:
        self.is_valid()
        data = self.cleaned_data
        sort = data.get("sort") or "-run"
        return RunFilter(
            data.get("learner") or "", data.get("recipe"), snapshot.pk if (snapshot := data.get("snapshot")) else None,
            data.get("converged") or "", sort if sort.removeprefix("-") in SORTS else "-run", data.get("after"),
        )  # fmt: skip


class RecipeSettingsForm(forms.Form):
    """The settings of every learner, each under the learner's name, and a learner to choose."""

    SEVERAL: ClassVar[bool] = False

    learner = forms.ChoiceField(required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, base: Recipe | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.base = base
        choice_field(self, "learner").choices = learner_choices()
        self.fields["learner"].initial = base.learner if base else next(iter(LEARNERS))
        for learner in LEARNERS:
            given = base.settings if base and base.learner == learner else {}
            for key, (setting, default) in settings_of(learner).items():
                field = setting_field(key, setting, given.get(key, default), self.SEVERAL)
                self.fields[f"{learner}-{key}"] = field

    def options(self) -> list[LearnerOption]:
        """Each learner with its fields; of a cloned recipe only its own."""
        chosen = self["learner"].value()
        return [
            learner_option(self, name, (f"{name}-{key}" for key in setting_names(name)), name == chosen)
            for name in ([self.base.learner] if self.base else LEARNERS)
        ]

    def typed(self, learner: str) -> dict[str, str]:
        """KEY → what was typed; what was left empty is left out."""
        found = {key: typed_text(self.cleaned_data.get(f"{learner}-{key}", "")) for key in setting_names(learner)}
        return {key: text for key, text in found.items() if text}


class RecipeForm(RecipeSettingsForm):
    name = forms.CharField(max_length=80)

    def recipe(self) -> dict[str, Any]:
        """Arguments of `build_recipe`."""
        learner = self.base.learner if self.base else self.cleaned_data["learner"]
        return {"name": self.cleaned_data["name"], "learner": learner, "pairs": self._changed(learner),
                "base": self.base}  # fmt: skip

    def _changed(self, learner: str) -> dict[str, str]:
        typed = self.typed(learner)
        if self.base is None:
            return typed
        return {key: text for key, text in typed.items() if text != self.fields[f"{learner}-{key}"].initial}


class SweepForm(RecipeSettingsForm):
    """Named recipes, and every combination of the values typed for one learner."""

    # Not a ModelMultipleChoiceField: that asks the database for ids no database can hold.
    recipes = forms.TypedMultipleChoiceField(
        coerce=int, required=False, label="Recipes by name", widget=forms.CheckboxSelectMultiple
    )
    seeds = forms.IntegerField(
        min_value=1, initial=3, label="Seeds for each", help_text="Each seed has folds and draws of its own."
    )

    SEVERAL = True

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dataset = dataset
        self.named = dataset.recipes.exclude(name="").order_by("name")
        choice_field(self, "recipes").choices = [
            (recipe.pk, f"{recipe.name}: {recipe_words(recipe.learner, recipe.settings)}") for recipe in self.named
        ]
        choice_field(self, "learner").choices = [("", "none"), *learner_choices()]
        if "logistic" in LEARNERS and not self.is_bound:
            self.fields["logistic-C"].initial = "0.1, 0.3, 1, 3, 10, 30"

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        self.specs: list[Spec] = [spec_of(recipe) for recipe in self.named if recipe.pk in data.get("recipes", ())]
        if data.get("learner"):
            grid = {key: values_of(text) for key, text in self._grid(data["learner"]).items()}
            with reported_on(self):
                self.specs += grid_specs(self.dataset, data["learner"], {}, grid)
        return data

    def _grid(self, learner: str) -> dict[str, str]:
        """Settings whose value may hold commas of its own keep them, unless | parts the values."""
        return {
            key: text if "|" in text or not isinstance(default, list | tuple) else f"{text}|"
            for key, text in self.typed(learner).items()
            for default in [settings_of(learner)[key][1]]
        }


class CapacityForm(forms.Form):
    grows = forms.ChoiceField(label="What grows", choices=[(name, GROWS.get(name, name)) for name in GROWTHS])
