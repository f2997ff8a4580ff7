"""How one expert works the page of a case in one dataset."""

from typing import Any

from django import forms

from annotation.models import Dataset, LabelClass, OwnKeys, User
from annotation.reading.experts.digits import DIGITS, own_keys


class OwnKeysForm(forms.Form):
    """A class for each digit, or none: then the page chooses. `letters`: single keys answer at all."""

    letters = forms.BooleanField(
        required=False, label="Single keys answer",
        help_text="Without it no key does anything by itself: the page works by Tab, arrows and Enter. "
        "For voice control, and for whoever leans on the keyboard.",
    )  # fmt: skip

    def __init__(self, dataset: Dataset, user: User, data: Any = None) -> None:
        self.keys = own_keys(dataset, user)
        digits = {digit: pk for pk, digit in self.keys.keys.items()}
        super().__init__(data, initial={"letters": self.keys.letters} | {f"digit_{d}": digits[d] for d in digits})
        for digit in range(1, DIGITS + 1):
            self.fields[f"digit_{digit}"] = forms.ModelChoiceField(
                dataset.label_classes.in_use(), required=False, label=f"Key {digit}", empty_label="as the page chooses"
            )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        for digit, label_class in self._chosen(said).items():
            if list(self._chosen(said).values()).count(label_class) > 1:
                self.add_error(f"digit_{digit}", f"“{label_class.name}” stands on two keys; choose one of them.")
        return said

    def save(self) -> None:
        keys = {str(label_class.pk): digit for digit, label_class in self._chosen(self.cleaned_data).items()}
        OwnKeys.objects.update_or_create(
            dataset=self.keys.dataset, user=self.keys.user,
            defaults={"keys": keys, "letters": self.cleaned_data["letters"]},
        )  # fmt: skip

    def _chosen(self, said: dict[str, Any]) -> dict[str, LabelClass]:
        digits = {name.removeprefix("digit_"): one for name, one in said.items() if name.startswith("digit_")}
        return {digit: one for digit, one in digits.items() if one}
