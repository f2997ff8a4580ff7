"""What is asked when production items are drawn."""

from typing import Any

from django import forms

from annotation.actions.production.draw_production import MOST_ANSWERS, SIZE
from annotation.forms.field_kinds import choice_field
from annotation.models import ProductionDraw


class DrawForm(forms.Form):
    """How many items, split by what, answered by how many."""

    n = forms.IntegerField(label="Items to draw", min_value=1, max_value=1_000_000)
    stratified = forms.ChoiceField(label="Drawn", required=False)
    answers_each = forms.IntegerField(
        label="Blind answers for each", min_value=1, max_value=MOST_ANSWERS, initial=2,
        help_text="Where they differ an adjudicator settles it.",
    )  # fmt: skip
    name = forms.CharField(label="Name", required=False, max_length=80, help_text="Empty = the next number.")

    def __init__(self, n_undrawn: int, *args: Any, several_sources: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["n"].initial = min(SIZE, n_undrawn)
        names = dict(ProductionDraw.STRATIFIED)
        if not several_sources:
            del names[ProductionDraw.BY_SOURCE]
        choice_field(self, "stratified").choices = names
