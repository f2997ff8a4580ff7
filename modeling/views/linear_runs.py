"""What a linear run's page says beside its scores: what it goes by, its path of penalties, its sources."""

import json
from typing import Any

from django.conf import settings

from annotation.core.artifacts import load_bytes
from annotation.core.refusal import Refusal
from modeling.core.fitting.stored import Coefficients
from modeling.figures.charts.path import by_ratio, line_names, path_chart, ratio_words
from modeling.figures.words.runs import coefficients_heading, path_heading, sources_heading
from modeling.models import ModelRun

# Classes shown at once; the others are folded beneath.
FIRST_CLASSES = 12
# Of what goes together: columns named on the run's page, and names of each.
FIRST_GROUPS, FIRST_NAMES = 3, 4


def linear_sections(run: ModelRun) -> dict[str, Any]:
    """coefficients, path and sources of a run's page, each None or empty where the run has none."""
    return {"coefficients": _coefficients(run), "path": _path(run), "sources": _sources(run)}


def _coefficients(run: ModelRun) -> dict[str, Any] | None:
    name = run.metrics.get("coefficients")
    if not name:
        return None
    try:
        found: Coefficients = json.loads(load_bytes(settings.ARTIFACTS_DIR, name))
    except Refusal as error:
        return {"gone": str(error), "heading": coefficients_heading(None)}
    shown = found["by_class"]
    return {
        **found,
        "first": shown[:FIRST_CLASSES], "rest": shown[FIRST_CLASSES:], "binary": found["classes"] == 2,
        "heading": coefficients_heading(found), "groups": _groups(found),
    }  # fmt: skip


def _groups(found: Coefficients) -> list[tuple[str, list[str], int]]:
    """The columns that stand for others: name, names of those, how many more."""
    columns = [one for one in found.get("alike", []) if one["column"]][:FIRST_GROUPS]
    return [
        (one["name"], [name for name, _ in one["others"][:FIRST_NAMES]], max(0, len(one["others"]) - FIRST_NAMES))
        for one in columns
    ]


def _path(run: ModelRun) -> dict[str, Any] | None:
    path, resolved = run.metrics.get("path"), run.resolved
    chart = path_chart(path, resolved["C"], resolved["l1_ratio"]) if path else None
    if path is None or chart is None:
        return None
    chosen = (resolved["C"], resolved["l1_ratio"])
    rows = [
        (ratio_words(ratio), [(entry, (entry["C"], ratio) == chosen) for entry in entries])
        for ratio, entries in by_ratio(path).items()
    ]
    several = len(rows) > 1
    return {
        "chart": chart, "rows": rows, "lines": line_names(path, chosen[1]) if several else [], "several": several,
        "heading": path_heading(resolved["C"], chosen[1] if several else None, len(path), resolved["rule"] == "1se"),
    }  # fmt: skip


def _sources(run: ModelRun) -> dict[str, Any] | None:
    found = run.metrics.get("sources")
    if not found:
        return None
    # what older runs were judged by learned from more rows than what it was judged against
    lost = [row for row in found if "rows_each" in row and row["difference_high"] < 0]
    worst = min(lost, key=lambda row: row["difference"], default=None)
    return {"rows": found, "heading": sources_heading(worst)}
