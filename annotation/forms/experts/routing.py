"""The rules of routing as a lead changes them."""

from typing import Any

from django import forms

from annotation.forms.field_kinds import row_field
from annotation.models import Annotator, Dataset, Expertise, Item, LabelClass, RoutingRules, User
from annotation.reading.datasets.sources import sources_of
from annotation.reading.experts.routing_rules import rules_of

# How the rules stand on the page: a heading and its fields.
PARTS = {
    "How many answers": (
        "overlap", "overlap_doubtful", "unsure_from", "unsure_to", "sure", "on_disagreement", "most_answers",
        "names_hidden",
    ),
    "Who gets a case": ("least_skill", "load_cap"),
    "Checks": ("gold_share", "repeat_share", "bar", "gold_feedback"),
    "Where a case goes that is passed on": ("on_not_my_field", "on_unclear", "on_bad_input"),
    "Groups and rules": ("on_different", "rules_for_experts", "rule_most_cases"),
}  # fmt: skip
LABELS = {
    "overlap": "Answers wanted for a case",
    "overlap_doubtful": "Answers wanted for a contested or unsure one",
    "unsure_from": "Unsure: probability from",
    "unsure_to": "to",
    "sure": "Ask nobody else once one class is this likely",
    "on_disagreement": "When experts differ",
    "most_answers": "Experts asked at most, before an adjudicator",
    "names_hidden": "Hide names from the adjudicator",
    "least_skill": "Pass over experts less likely to be right than this, while another is not",
    "load_cap": "Decisions a day for one expert, at most",
    "gold_share": "Share of cases with a known answer, mixed in unseen",
    "repeat_share": "Share of an expert's own cases that come back",
    "bar": "Pause who is right on fewer of the known ones than",
    "gold_feedback": "Tell experts after a known one whether they were right",
    "on_not_my_field": "“Not my field”",
    "on_unclear": "“The guideline does not say”",
    "on_bad_input": "“Bad input”",
    "on_different": "Members called legitimately different",
    "rules_for_experts": "Experts may try rules",
    "rule_most_cases": "An expert's rule that opens more cases than this asks the lead",
}
SHARES = ("unsure_from", "unsure_to", "sure", "least_skill", "gold_share", "repeat_share", "bar")


class RoutingForm(forms.ModelForm):
    """The next version of the rules; `based_on` is the version it was written from."""

    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    class Meta:
        model = RoutingRules
        fields = tuple(name for names in PARTS.values() for name in names)
        labels = LABELS

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        now = rules_of(dataset)
        super().__init__(data, instance=RoutingRules(dataset=dataset, version=now.version + 1))
        self.initial = {name: getattr(now, name) for name in self.Meta.fields} | {"based_on": now.version}
        for name in SHARES:
            high = 0.5 if name.endswith("_share") else 0.99 if name == "bar" else 1
            self.fields[name] = forms.FloatField(
                min_value=0, max_value=high, label=LABELS[name],
                widget=forms.NumberInput(attrs={"step": "0.01", "min": 0, "max": high}),
            )  # fmt: skip

    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(heading, [self[name] for name in names]) for heading, names in PARTS.items()]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for name in ("overlap", "overlap_doubtful", "most_answers"):
            if name in said and not 1 <= said[name] <= 9:
                self.add_error(name, "Between 1 and 9 answers.")
        if said.get("unsure_from", 0) > said.get("unsure_to", 1):
            self.add_error("unsure_to", "The range ends before it begins.")
        wanted = max(said.get("overlap", 1), said.get("overlap_doubtful", 1))
        if said.get("most_answers", wanted) < wanted:
            self.add_error("most_answers", "At least as many as are wanted.")
        return said


class ExpertiseForm(forms.Form):
    """A field of expertise of one member: a source, a class, or a value of a category."""

    what = forms.CharField(
        max_length=300, label="Knows", error_messages={"required": "Choose a source, a class or a value."}
    )

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        self.fields["what"] = forms.ChoiceField(choices=fields_to_declare(dataset), label="Knows")

    def field(self) -> tuple[str, str, str]:
        """(kind, name, value)."""
        kind, name, value = self.cleaned_data["what"].split("\x1f")
        return kind, name, value


def fields_to_declare(dataset: Dataset, most: int = 200) -> list[tuple[str, str]]:
    """The sources and classes of the dataset, and the values of its categories in the first items."""
    here = dataset.items.filter(split__in=Item.HERE)
    choices = [(f"{Expertise.SOURCE}\x1f\x1f{one}", f"source {one}") for one in sources_of(dataset)]
    choices += [(f"{Expertise.CLASS}\x1f\x1f{one}", f"class {one}") for one in dataset.class_names]
    categories = [field.name for field in dataset.typed_fields if field.type == "category"]
    seen: dict[tuple[str, str], None] = {}
    if categories:
        for content in here.order_by("id").values_list("content", flat=True)[:5_000]:
            seen |= {(name, str(content.get(name))): None for name in categories if content.get(name)}
    return choices + [
        (f"{Expertise.VALUE}\x1f{name}\x1f{value}", f"{name}: {value}") for name, value in sorted(seen)[:most]
    ]


class ReservationForm(forms.Form):
    """Send everything NAME called Y to one member."""

    annotator = forms.CharField(
        max_length=200, required=False, label="Everything that",
        widget=forms.TextInput(attrs={"list": "names", "placeholder": "anybody", "autocomplete": "off"}),
    )  # fmt: skip
    label_class = forms.ModelChoiceField(
        LabelClass.objects.none(), required=False, empty_label="anything", label="called"
    )
    user = forms.ModelChoiceField(User.objects.none(), label="goes to", empty_label=None)

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        self.dataset = dataset
        row_field(self, "label_class").queryset = dataset.label_classes.in_use()
        row_field(self, "user").queryset = User.objects.filter(membership__dataset=dataset).order_by("username")

    def clean_annotator(self) -> Annotator | None:
        name = self.cleaned_data["annotator"]
        if not name:
            return None
        found = self.dataset.annotators.of_files().filter(name=name).first()
        if found is None:
            raise forms.ValidationError(f"No file brought labels by “{name}”.")
        return found
