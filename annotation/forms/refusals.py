"""A refusal as the error of a form."""

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms

from annotation.core.refusal import Refusal


@contextmanager
def reported_on(form: forms.BaseForm) -> Iterator[None]:
    """What is refused inside becomes the form's own error, and the form is shown again with what was typed."""
    try:
        yield
    except Refusal as refusal:
        form.add_error(None, str(refusal))
