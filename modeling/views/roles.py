"""What each route of the lab asks of whoever comes, by its name; a route that isn't here opens to nobody."""

from collections.abc import Sequence

from django.urls import URLPattern

from annotation.access import LEAD
from annotation.models import AccessRecord
from annotation.views.guarding.doors import guarded

ROLES: dict[str, str] = {
    "overview": LEAD,
    "runs": LEAD,
    "train": LEAD,
    "diff_runs": LEAD,
    "download_runs": LEAD,
    "run": LEAD,
    "recipes": LEAD,
    "build_recipe": LEAD,
    "train_recipe": LEAD,
    "diff_recipes": LEAD,
    "sweeps": LEAD,
    "start_sweep": LEAD,
    "grow": LEAD,
    "sweep_again": LEAD,
    "sweep": LEAD,
    "download_model": LEAD,
    "predict": LEAD,
    "predicted": LEAD,
    "costs": LEAD,
    "coefficients": LEAD,
    "download_coefficients": LEAD,
    "beside_tuned": LEAD,
    "run_rows": LEAD,
    "open_run_rows": LEAD,
    "learning_curve": LEAD,
    "describe_run": LEAD,
    "robustness": LEAD,
    "check_robustness": LEAD,
    "open_flipped": LEAD,
    "augmentation": LEAD,
    "rule_synonyms": LEAD,
    "production_sets": LEAD,
    "draw_production": LEAD,
    "freeze_production": LEAD,
    "measure_unlikeness": LEAD,
    "comparisons": LEAD,
    "compare": LEAD,
    "in_use": LEAD,
    "comparison": LEAD,
    "diagnosis": LEAD,
    "diagnose": LEAD,
    "one_diagnosis": LEAD,
    "open_doubted": LEAD,
    "open_contradicted": LEAD,
    "open_next": LEAD,
    "attributions": LEAD,
    "attribute": LEAD,
    "attribution": LEAD,
    "flips": LEAD,
    "flip": LEAD,
    "report": LEAD,
    "report_markdown": LEAD,
    "report_json": LEAD,
    "returns": LEAD,
    "over_time": LEAD,
}
LOGGED: dict[str, str] = dict.fromkeys(
    ("download_runs", "download_model", "predicted", "download_coefficients", "report_markdown", "report_json"),
    AccessRecord.EXPORT,
)


def behind_doors(patterns: Sequence[URLPattern]) -> list[URLPattern]:
    """The routes of the lab, each behind its door."""
    return guarded(patterns, ROLES, LOGGED)
