"""What a lead fills in to put a run to use: a file to predict, changes to probe it with, copies to look at."""

from django import forms

from modeling.core.perturbations import PERTURBATIONS
from modeling.core.telling.robustness import EVERY_PROBE

MOST_SEED = 2**31 - 1


class PredictForm(forms.Form):
    file = forms.FileField(
        allow_empty_file=True, error_messages={"required": "Choose a file first."},
        widget=forms.FileInput(attrs={"accept": ".csv, .tsv, .jsonl, .parquet, .gz"}),
    )  # fmt: skip
    id = forms.CharField(
        required=False, max_length=200, label="Its column of ids", help_text="Empty: rows go by their number."
    )
    costs = forms.BooleanField(
        required=False, label="Predict the class of least expected cost instead of the likeliest",
        help_text="By the costs as they are now.",
    )  # fmt: skip
    accept_good = forms.BooleanField(
        required=False, label="Leave rows out that cannot be read", help_text="Without it one such row stops all."
    )


class ProbeForm(forms.Form):
    """Which changes to probe a run with; none ticked is all."""

    probe = forms.MultipleChoiceField(
        choices=list(EVERY_PROBE.items()), required=False, label="Changes", widget=forms.CheckboxSelectMultiple,
        initial=list(EVERY_PROBE), error_messages={"invalid_choice": "There is no probe %(value)s."},
    )  # fmt: skip
    seed = forms.IntegerField(
        min_value=0, max_value=MOST_SEED, initial=0,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            f"That is not a seed; give a whole number from 0 to {MOST_SEED}.",
        ),
    )  # fmt: skip


class PreviewForm(forms.Form):
    kind = forms.MultipleChoiceField(
        choices=[(name, one.title) for name, one in PERTURBATIONS.items()], label="Copies by",
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    seed = forms.IntegerField(min_value=0, max_value=MOST_SEED)


class SynonymsForm(forms.Form):
    typed = forms.CharField(
        required=False, label="Pairs of words that mean the same here, one pair a line",
        widget=forms.Textarea(attrs={"rows": 4, "cols": 40, "placeholder": "buy = purchase"}),
    )  # fmt: skip
