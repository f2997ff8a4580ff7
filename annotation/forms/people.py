"""What leads fill in. A form of the people page is made of (dataset, data); its `save(user)` says what it did."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Max

from annotation.actions.add_member import add_member, link_annotator
from annotation.actions.change_people import UnableToChange, change_role, remove_member
from annotation.actions.findings import current_findings
from annotation.actions.publish_guideline import UnableToPublish, publish_guideline
from annotation.core.detectors import DETECTORS
from annotation.core.features import Field
from annotation.core.parsing import ItemMapping
from annotation.models import Dataset, Finding, Item, Membership, Reason

ENCODINGS = {
    "": "found out from the file", "utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "ISO 8859-1",
    "cp1250": "Windows-1250", "cp1251": "Windows-1251", "shift_jis": "Shift JIS", "gb18030": "GB 18030",
    "utf-16": "UTF-16",
}  # fmt: skip
SPLITS = {
    Item.POOL: "pool: labels to check and to learn from",
    Item.PRODUCTION: "production: trusted labels, for proof only",
}
ROLES = {
    "ignore": "ignore", "text": "text", "number": "number", "category": "category", "label": "label",
    "wide": "another annotator's labels", "id": "id", "annotator": "annotator", "source": "source",
    "received": "received",
}  # fmt: skip
ONCE = ("label", "id", "annotator", "source", "received")


class NewDatasetForm(forms.Form):
    name = forms.CharField(max_length=120, error_messages={"required": "Give the dataset a name."})


class UploadForm(forms.Form):
    file = forms.FileField(allow_empty_file=True, error_messages={"required": "Choose a file first."})
    split = forms.ChoiceField(choices=SPLITS, initial=Item.POOL)
    encoding = forms.ChoiceField(choices=ENCODINGS, required=False)


class EncodingForm(forms.Form):
    encoding = forms.ChoiceField(choices=ENCODINGS, required=False)


class ColumnsForm(forms.Form):
    """Which column plays which part; the field `role_3` is that of the fourth column."""

    split = forms.ChoiceField(choices=SPLITS)
    repair = forms.BooleanField(required=False)
    abstain = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    classes = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, columns: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        for number, column in enumerate(columns):
            self.fields[f"role_{number}"] = forms.ChoiceField(choices=ROLES, label=column)

    def clean(self) -> dict[str, Any]:
        for role in ONCE:
            named = [column for column, chosen in self.roles().items() if chosen == role]
            if len(named) > 1:
                raise forms.ValidationError(f"The columns {_and(named)} are both named as {role}; choose one of them.")
        return self.cleaned_data

    def roles(self) -> dict[str, str]:
        """Column → its part, of the columns that were given a valid one."""
        chosen = ((column, self.cleaned_data.get(f"role_{number}")) for number, column in enumerate(self.columns))
        return {column: role for column, role in chosen if role}

    def choices(self) -> dict[str, Any]:
        """What to remember so that the page shows it again."""
        lines = {name: _lines(self.cleaned_data.get(name, "")) for name in ("abstain", "classes")}
        chosen = {"split": self.cleaned_data.get("split", Item.POOL), "repair": self.cleaned_data.get("repair", False)}
        return {**chosen, "roles": self.roles(), **lines}

    def mapping(self) -> ItemMapping:
        parts: dict[str, list[str]] = defaultdict(list)
        for column, role in self.roles().items():
            parts[role].append(column)
        fields = [Field(column, role) for column, role in self.roles().items() if role in ("number", "category")]
        chosen = self.choices()
        return ItemMapping(
            text=tuple(parts["text"]), fields=tuple(fields), wide=tuple(parts["wide"]), split=chosen["split"],
            classes=tuple(chosen["classes"]), abstain=tuple(chosen["abstain"]),
            **{role: next(iter(parts[role]), None) for role in ONCE},
        )  # fmt: skip


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _and(names: Sequence[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"


class CaseFilterForm(forms.Form):
    """Which open cases to list; a finding of an earlier detection is no choice."""

    finding = forms.ModelChoiceField(
        Finding.objects.none(), required=False, empty_label="any finding or none",
        error_messages={"invalid_choice": "That finding is of an earlier detection; these are all open cases."},
    )  # fmt: skip
    detector = forms.ChoiceField(required=False)

    def __init__(self, dataset: Dataset, data: Any) -> None:
        super().__init__(data)
        self.fields["finding"].queryset = current_findings(dataset)
        self.fields["finding"].label_from_instance = lambda finding: finding.title
        names = {name: name.replace("_", " ") for name in DETECTORS}
        self.fields["detector"].choices = {"": "any detector", **names}

    def chosen(self) -> tuple[Finding | None, str]:
        self.is_valid()
        return self.cleaned_data.get("finding"), self.cleaned_data.get("detector", "")


class PeopleForm(forms.Form):
    """A form of the people page."""

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        self.dataset = dataset

    def members(self) -> Any:
        return get_user_model().objects.filter(membership__dataset=self.dataset).order_by("username")

    def save(self, user: Any) -> str:
        """Make the change in `user`'s name; raises UnableToChange or UnableToPublish where it can't be."""
        raise NotImplementedError


class MemberForm(PeopleForm):
    """Adds a member; `password` is set once saved, for a user who had to be made."""

    username = forms.RegexField(
        r"^[\w.@+-]{1,150}$",
        error_messages={
            "required": "Write a user name.",
            "invalid": "A user name has up to 150 letters, digits and @ . + - _ and no spaces.",
        },
    )
    role = forms.ChoiceField(choices={Membership.EXPERT: "expert", Membership.LEAD: "lead"})
    password: str | None = None

    def clean_username(self) -> str:
        name = self.cleaned_data["username"]
        if self.members().filter(username=name).exists():
            raise forms.ValidationError(f"{name} is a member already; change the role in the table.")
        return name

    def save(self, user: Any) -> str:
        name, role = self.cleaned_data["username"], self.cleaned_data["role"]
        self.password = add_member(self.dataset, name, role)
        return f"{name} is now {'an expert' if role == Membership.EXPERT else 'a lead'} of {self.dataset.name}."


class OfMemberForm(PeopleForm):
    member = forms.ModelChoiceField(None)

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(dataset, data)
        self.fields["member"].queryset = self.members()


class RoleForm(OfMemberForm):
    role = forms.ChoiceField(choices={Membership.EXPERT: "expert", Membership.LEAD: "lead"})

    def save(self, user: Any) -> str:
        member, role = self.cleaned_data["member"], self.cleaned_data["role"]
        change_role(self.dataset, member, role)
        return f"{member.username} is now {'an expert' if role == Membership.EXPERT else 'a lead'}."


class RemoveForm(OfMemberForm):
    def save(self, user: Any) -> str:
        member = self.cleaned_data["member"]
        remove_member(self.dataset, member)
        return f"{member.username} no longer sees this dataset; what they decided stays."


class LinkForm(OfMemberForm):
    """Whose labels those by a name from a file are; nobody takes the link back."""

    annotator = forms.CharField(max_length=200, error_messages={"required": "Write a name from your files."})

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(dataset, data)
        self.fields["member"].required = False
        self.fields["member"].empty_label = "nobody"

    def names(self) -> Any:
        """Annotators out of files; the answers of users are theirs anyway."""
        return self.dataset.annotators.exclude(name__startswith="@").select_related("user").order_by("name")

    def clean_annotator(self) -> str:
        name = self.cleaned_data["annotator"]
        if not self.names().filter(name=name).exists():
            raise forms.ValidationError(f"No file brought labels by “{name}”.")
        return name

    def save(self, user: Any) -> str:
        name, member = self.cleaned_data["annotator"], self.cleaned_data["member"]
        link_annotator(self.dataset, name, member)
        if member is None:
            return f"Labels by “{name}” are nobody's here now."
        return f"Labels by “{name}” are {member.username}'s, who is never asked about those items again."


class GuidelineForm(PeopleForm):
    text = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12}), error_messages={"required": "Write how to label first."}
    )
    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(dataset, data)
        newest = dataset.guideline
        self.initial = {"text": newest.text if newest else "", "based_on": newest.version if newest else 0}

    def save(self, user: Any) -> str:
        text = self.cleaned_data["text"].replace("\r\n", "\n")
        made = publish_guideline(self.dataset, text, user, self.cleaned_data["based_on"])
        return f"Guideline version {made.version} is what experts read now."


class ReasonForm(PeopleForm):
    text = forms.CharField(max_length=120, error_messages={"required": "Write a reason."})

    def clean_text(self) -> str:
        text = self.cleaned_data["text"]
        if self.dataset.reasons.filter(text=text).exists():
            raise forms.ValidationError(f"“{text}” is in the list already.")
        return text

    def save(self, user: Any) -> str:
        last = self.dataset.reasons.aggregate(last=Max("position"))["last"]
        text = self.cleaned_data["text"]
        self.dataset.reasons.create(text=text, position=0 if last is None else last + 1)
        return f"Experts can now tick “{text}”."


class DropReasonForm(PeopleForm):
    reason = forms.ModelChoiceField(Reason.objects.none())

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(dataset, data)
        self.fields["reason"].queryset = dataset.reasons.all()

    def save(self, user: Any) -> str:
        reason = self.cleaned_data["reason"]
        if reason.decision_set.exists():
            raise UnableToChange(f"Decisions name “{reason}” as their reason, so it stays in the list.")
        reason.delete()
        return f"“{reason.text}” is no longer in the list."


class SettingsForm(PeopleForm):
    """The question, what each class means (the field `meaning_7` is that of class 7), and how proof is judged."""

    question = forms.CharField(max_length=200, error_messages={"required": "Write the question experts answer."})
    metric = forms.ChoiceField(choices=Dataset.METRICS)
    planned_looks = forms.IntegerField(min_value=1, max_value=1000)

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(dataset, data)
        self.classes = list(dataset.label_classes.all())
        self.initial = {name: getattr(dataset, name) for name in ("question", "metric", "planned_looks")}
        for one in self.classes:
            self.fields[f"meaning_{one.pk}"] = forms.CharField(max_length=200, required=False, label=one.name)
            self.initial[f"meaning_{one.pk}"] = one.meaning

    def clean_metric(self) -> str:
        metric = self.cleaned_data["metric"]
        if metric == Dataset.EXPECTED_COST and self.dataset.costs is None:
            raise forms.ValidationError("Nobody has said what errors cost; say it on Costs, under Runs, first.")
        return metric

    def meanings(self) -> list[forms.BoundField]:
        return [self[f"meaning_{one.pk}"] for one in self.classes]

    def save(self, user: Any) -> str:
        for name in ("question", "metric", "planned_looks"):
            setattr(self.dataset, name, self.cleaned_data[name])
        self.dataset.save(update_fields=["question", "metric", "planned_looks"])
        for one in self.classes:
            one.meaning = self.cleaned_data[f"meaning_{one.pk}"]
        self.dataset.label_classes.bulk_update(self.classes, ["meaning"])
        return "The question, the meanings and how proof is judged are saved."


PEOPLE_FORMS: dict[str, type[PeopleForm]] = {
    "member": MemberForm, "role": RoleForm, "remove": RemoveForm, "link": LinkForm, "guideline": GuidelineForm,
    "reason": ReasonForm, "drop_reason": DropReasonForm, "settings": SettingsForm,
}  # fmt: skip
REFUSALS = (UnableToChange, UnableToPublish)
