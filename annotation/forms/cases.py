"""Which cases to list, and what a lead does with a decided one."""

import re
from typing import Any

from django import forms

from annotation.actions.queue.send_back import LONGEST_NOTE
from annotation.core.detectors import DETECTORS
from annotation.core.invisible import visible
from annotation.forms.experts.adjudicating import AdjudicationForm
from annotation.forms.field_kinds import choice_field, row_field
from annotation.models import Case, Dataset, Decision, Finding, User
from annotation.reading.casework.decided import Decided
from annotation.reading.casework.listing import EVERY, CaseFilter
from annotation.reading.casework.passes import passed_counts
from annotation.reading.findings import current_findings

STATUSES = {
    Case.OPEN: "open", Case.EXPERTS: "open: wait for an expert", Case.ADJUDICATOR: "open: wait for an adjudicator",
    Case.LEAD: "open: wait for the lead", Case.NOBODY: "open: set aside", Case.SETTLED: "settled",
    Case.WITHDRAWN: "withdrawn", EVERY: "of every status",
}  # fmt: skip
KINDS = {"": "any kind", Case.REVIEW: "review", Case.AUDIT: "audit", Case.PRODUCTION: "production"}


class FindingChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Finding) -> str:
        return obj.title


class CaseFilterForm(forms.Form):
    """Which cases to list; a finding of an earlier detection is no choice."""

    status = forms.ChoiceField(required=False, choices=STATUSES)
    passed = forms.ChoiceField(required=False, label="Passed on")
    expert = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="anybody", label="Expert",
        error_messages={"invalid_choice": "That is nobody who works here; cases of anybody are shown."},
    )  # fmt: skip
    outcome = forms.ChoiceField(required=False, label="Answer")
    kind = forms.ChoiceField(required=False, choices=KINDS)
    finding = FindingChoiceField(
        Finding.objects.none(), required=False, empty_label="any finding or none",
        error_messages={"invalid_choice": "That finding is from an earlier detection; cases of all are shown."},
    )  # fmt: skip
    detector = forms.ChoiceField(required=False)

    def __init__(self, dataset: Dataset, data: Any) -> None:
        super().__init__(data)
        row_field(self, "finding").queryset = current_findings(dataset)
        row_field(self, "expert").queryset = _who_worked(dataset)
        names = {name: name.replace("_", " ") for name in DETECTORS}
        choice_field(self, "detector").choices = {"": "any detector", **names}
        outcomes = {key: name for key, name in Decision.OUTCOMES.items() if key in Decision.WITHOUT_LABEL}
        classes = {str(one.pk): visible(one.name) for one in dataset.label_classes.all()}
        choice_field(self, "outcome").choices = {"": "any answer or none", **outcomes, **classes}
        passed = {one.name: f"{one.words} ({one.n:,})" for one in passed_counts(dataset)}
        choice_field(self, "passed").choices = {"": "or not", **passed}

    def wanted(self, draw: int | None = None) -> CaseFilter:
        self.is_valid()
        said = self.cleaned_data
        finding, expert = said.get("finding"), said.get("expert")
        return CaseFilter(
            said.get("status") or Case.OPEN, said.get("kind", ""), expert.pk if expert else None,
            said.get("outcome", ""), said.get("passed", ""), finding.pk if finding else None, said.get("detector", ""),
            draw,
        )  # fmt: skip

    def nothing_found(self) -> str:
        """Why a list is empty, in a sentence."""
        wanted = self.wanted()
        if wanted.in_queue_order and wanted.kind in (Case.AUDIT, Case.PRODUCTION):
            return "Open cases of an audit or a draw of production are in no list: they would stand out in the queue."
        if wanted.outcome and wanted.status not in (Case.SETTLED, EVERY):
            return "Only a settled case has an answer to look for: choose “settled”."
        under = " under this filter" if CaseFilter(wanted.status) != wanted else ""
        words = {
            Case.OPEN: "No open case", Case.EXPERTS: "No case waits for an expert",
            Case.ADJUDICATOR: "No case waits for an adjudicator", Case.LEAD: "No case waits for you",
            Case.NOBODY: "No case is set aside", Case.SETTLED: "No case is settled yet",
            Case.WITHDRAWN: "No case was withdrawn", EVERY: "There is no case yet",
        }  # fmt: skip
        return f"{words[wanted.status]}{under}."


def _who_worked(dataset: Dataset) -> Any:
    members = User.objects.filter(membership__dataset=dataset).values("pk")
    decided = Decision.objects.filter(case__dataset=dataset).order_by().values("expert")
    return User.objects.filter(pk__in=members.union(decided)).order_by("username")


class SendBackForm(forms.Form):
    """To whom a decided case goes once more. Who answered it already looks at their own answer again; anybody else
    answers a new case."""

    to = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="any expert who may", label="Send to")
    note = forms.CharField(
        required=False, max_length=LONGEST_NOTE, label="Note",
        help_text="The expert reads it before they answer, so it may not name a class.",
        widget=forms.TextInput(attrs={"placeholder": "optional", "class": "wide"}),
    )  # fmt: skip

    def __init__(self, dataset: Dataset, about: Decided, data: Any = None) -> None:
        super().__init__(data)
        self.dataset, self.about = dataset, about
        known = [user.pk for user in (*about.may_answer, *about.answered)]
        row_field(self, "to").queryset = User.objects.filter(pk__in=known).order_by("username")

    def clean_note(self) -> str:
        note = " ".join(self.cleaned_data["note"].split())
        for name in self.dataset.class_names:
            if re.search(rf"(?<!\w){re.escape(_plain(name))}(?!\w)", _plain(note), re.IGNORECASE):
                raise forms.ValidationError(f"The note names the class “{name}”: the answer would not be blind.")
        return note


def _plain(words: str) -> str:
    """card_arrival and Card-arrival → card arrival, as a sentence may write it."""
    return " ".join(re.sub(r"[_-]", " ", words).split())


class OverruleForm(AdjudicationForm):
    """What a decided case should have been, by a lead with no part in it."""

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(case, data)
        self.fields["cause"].label = "Why it was decided otherwise"
