"""The run somebody named."""

from annotation.models import Dataset
from modeling.models import ModelRun


class UnableToFindRun(Exception):
    """The dataset has no such run."""


def find_run(dataset: Dataset, named: str) -> ModelRun:
    """The run with that id; raises UnableToFindRun with the newest runs there are."""
    runs = ModelRun.objects.filter(snapshot__dataset=dataset).select_related("recipe", "snapshot__dataset")
    found = runs.filter(pk=named).first() if named.isdecimal() else None
    if found is None:
        known = ", ".join(map(str, runs.order_by("-id").values_list("id", flat=True)[:10])) or "none yet"
        raise UnableToFindRun(f"{dataset.slug!r} has no run {named!r}. Its newest runs: {known}.")
    return found
