"""Runs as a table in a file."""

from pathlib import Path

from annotation.actions.files.write_table import UnableToExport, write_rows
from annotation.models import Dataset
from modeling.reading.runs import COLUMNS, RunFilter, facts_of, wanted_runs


def export_runs(dataset: Dataset, path: Path, asked: RunFilter | None = None) -> int:
    """Write the wanted runs as a table in the form the suffix names; returns how many."""
    runs = wanted_runs(dataset, asked or RunFilter()).select_related("recipe", "snapshot")
    if not runs.exists():
        raise UnableToExport(f"{dataset.slug!r} has no run like that yet; train one first.")
    return write_rows(path, COLUMNS, (list(facts_of(run).values()) for run in runs.iterator(chunk_size=500)))
