"""How many cases a language model is asked about, and what that may cost."""

from django import forms

from annotation.actions.opinions.ask_opinions import MOST_CASES

FIRST = 100


class OpinionCasesForm(forms.Form):
    """The first so many open cases."""

    cases = forms.IntegerField(min_value=1, max_value=MOST_CASES, initial=FIRST, label="Of the first open cases")


class OpinionBudgetForm(OpinionCasesForm):
    """The budget, as the lead confirms it after an estimate."""

    calls = forms.IntegerField(min_value=0, max_value=MOST_CASES, label="Calls at most")
    tokens = forms.IntegerField(min_value=0, max_value=10**9, label="Tokens at most")
