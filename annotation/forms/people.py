"""Who may see a dataset. A form is made of (dataset, data); its `save(user)` says what it did."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from annotation.actions.people.add_member import add_member, link_annotator
from annotation.actions.people.change_people import change_role, remove_member
from annotation.forms.field_kinds import row_field
from annotation.models import Dataset, Membership, User
from annotation.models.dataset import AnnotatorQuerySet

ROLES = {Membership.EXPERT: "expert", Membership.LEAD: "lead"}


class PeopleForm(forms.Form):
    """A form about a dataset's people, its question or its guideline."""

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        self.dataset = dataset

    def members(self) -> QuerySet[User]:
        return User.objects.filter(membership__dataset=self.dataset).order_by("username")

    def save(self, user: User) -> str:
        """Make the change in `user`'s name; raises UnableToChange where it can't be."""
        raise NotImplementedError


class MemberForm(PeopleForm):
    """Adds a member; `password` is set once saved, for a user who had to be made."""

    username = forms.RegexField(
        r"^[\w.@+-]{1,150}$",
        label="Add",
        max_length=150,
        widget=forms.TextInput(attrs={"placeholder": "user name", "autocomplete": "off"}),
        error_messages={
            "required": "Write a user name.",
            "invalid": "A user name has up to 150 letters, digits and @ . + - _ and no spaces.",
        },
    )
    role = forms.ChoiceField(choices=ROLES, label="as")
    password: str | None = None

    def clean_username(self) -> str:
        name = self.cleaned_data["username"]
        if self.members().filter(username=name).exists():
            raise forms.ValidationError(f"{name} is a member already; change the role in the table.")
        return name

    def save(self, user: User) -> str:
        name, role = self.cleaned_data["username"], self.cleaned_data["role"]
        self.password = add_member(self.dataset, name, role)
        return f"{name} is now {'an expert' if role == Membership.EXPERT else 'a lead'} of {self.dataset.name}."


class OfMemberForm(PeopleForm):
    member = forms.ModelChoiceField(User.objects.none())

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(dataset, data)
        row_field(self, "member").queryset = self.members()


class RoleForm(OfMemberForm):
    role = forms.ChoiceField(choices=ROLES)

    @classmethod
    def of(cls, membership: Membership) -> "RoleForm":
        """The form in the line of one member."""
        form = cls(membership.dataset)
        form.auto_id = False  # there is one such field a line
        form.initial = {"role": membership.role, "member": membership.user_id}
        form.fields["role"].widget.attrs["aria-label"] = f"Role of {membership.user.get_username()}"
        return form

    def save(self, user: User) -> str:
        member, role = self.cleaned_data["member"], self.cleaned_data["role"]
        change_role(self.dataset, member, role)
        return f"{member.username} is now {'an expert' if role == Membership.EXPERT else 'a lead'}."


class RemoveForm(OfMemberForm):
    def save(self, user: User) -> str:
        member = self.cleaned_data["member"]
        remove_member(self.dataset, member)
        return f"{member.username} no longer sees this dataset; what they decided stays."


class LinkForm(OfMemberForm):
    """Whose labels those by a name from a file are; nobody takes the link back."""

    field_order = ("annotator", "member")
    annotator = forms.CharField(
        max_length=200, label="Labels by", error_messages={"required": "Write a name from your files."},
        widget=forms.TextInput(attrs={"list": "names", "placeholder": "name in files", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(dataset, data)
        self.fields["member"].required = False
        row_field(self, "member").empty_label = "nobody"
        self.fields["member"].label = "are by"

    def names(self) -> AnnotatorQuerySet:
        """Annotators out of files; the answers of users are theirs anyway."""
        return self.dataset.annotators.of_files().select_related("user").order_by("name")

    def clean_annotator(self) -> str:
        name = self.cleaned_data["annotator"]
        if not self.names().filter(name=name).exists():
            raise forms.ValidationError(f"No file brought labels by “{name}”.")
        return name

    def save(self, user: User) -> str:
        name, member = self.cleaned_data["annotator"], self.cleaned_data["member"]
        link_annotator(self.dataset, name, member)
        if member is None:
            return f"Labels by “{name}” now belong to no member."
        return f"Labels by “{name}” are {member.username}'s, who is never asked about those items again."
