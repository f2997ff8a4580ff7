from django.urls import path

from annotation.views.guarding.doors import guarded
from modeling.views import (
    attributions,
    augmentation,
    coefficients,
    comparisons,
    costs,
    diagnosis,
    over_time,
    overview,
    production_sets,
    recipes,
    returns,
    robustness,
    run_parts,
    run_use,
    runs,
    sweeps,
)
from modeling.views.comparing import flips, in_use, one_page
from modeling.views.roles import LOGGED, ROLES

urlpatterns = [
    path("d/<slug:slug>/", overview.overview, name="overview"),
    path("d/<slug:slug>/runs/", runs.runs, name="runs"),
    path("d/<slug:slug>/runs/train/", runs.train, name="train"),
    path("d/<slug:slug>/runs/diff/", runs.diff, name="diff_runs"),
    path("d/<slug:slug>/runs.csv", runs.download_runs, name="download_runs"),
    path("d/<slug:slug>/runs/<int:pk>/", runs.run, name="run"),
    path("d/<slug:slug>/recipes/", recipes.recipes, name="recipes"),
    path("d/<slug:slug>/recipes/build/", recipes.build, name="build_recipe"),
    path("d/<slug:slug>/recipes/<int:pk>/train/", recipes.train, name="train_recipe"),
    path("d/<slug:slug>/recipes/diff/", recipes.diff, name="diff_recipes"),
    path("d/<slug:slug>/sweeps/", sweeps.sweeps, name="sweeps"),
    path("d/<slug:slug>/sweeps/start/", sweeps.start, name="start_sweep"),
    path("d/<slug:slug>/sweeps/grow/", sweeps.grow, name="grow"),
    path("d/<slug:slug>/sweeps/again/<int:pk>/", sweeps.again, name="sweep_again"),
    path("d/<slug:slug>/sweeps/<int:pk>/", sweeps.found, name="sweep"),
    path("d/<slug:slug>/runs/<int:pk>/model.zip", run_use.download_model, name="download_model"),
    path("d/<slug:slug>/runs/<int:pk>/predict/", run_use.predict, name="predict"),
    path("d/<slug:slug>/jobs/<int:pk>/predicted.csv", run_use.download_predicted, name="predicted"),
    path("d/<slug:slug>/costs/", costs.costs, name="costs"),
    path("d/<slug:slug>/runs/<int:pk>/coefficients/", coefficients.coefficients, name="coefficients"),
    path(
        "d/<slug:slug>/runs/<int:pk>/coefficients.csv",
        coefficients.download_coefficients,
        name="download_coefficients",
    ),  # fmt: skip
    path("d/<slug:slug>/runs/<int:pk>/beside-tuned/", sweeps.beside_tuned, name="beside_tuned"),
    path("d/<slug:slug>/runs/<int:pk>/rows/", run_parts.rows, name="run_rows"),
    path("d/<slug:slug>/runs/<int:pk>/rows/open/", run_parts.open_them, name="open_run_rows"),
    path("d/<slug:slug>/runs/<int:pk>/learning-curve/", run_parts.learn, name="learning_curve"),
    path("d/<slug:slug>/runs/<int:pk>/describe/", run_parts.describe, name="describe_run"),
    path("d/<slug:slug>/runs/<int:pk>/robustness/", robustness.robustness, name="robustness"),
    path("d/<slug:slug>/runs/<int:pk>/robustness/check/", robustness.check, name="check_robustness"),
    path(
        "d/<slug:slug>/runs/<int:pk>/robustness/<int:job>/<slug:probe>/open/",
        robustness.open_cases,
        name="open_flipped",
    ),  # fmt: skip
    path("d/<slug:slug>/augmentation/", augmentation.augmentation, name="augmentation"),
    path("d/<slug:slug>/augmentation/synonyms/", augmentation.rule_synonyms, name="rule_synonyms"),
    path("d/<slug:slug>/production/", production_sets.sets, name="production_sets"),
    path("d/<slug:slug>/production/draw/", production_sets.draw, name="draw_production"),
    path("d/<slug:slug>/production/draws/<int:pk>/freeze/", production_sets.freeze, name="freeze_production"),
    path("d/<slug:slug>/production/sets/<int:pk>/measure/", production_sets.measure, name="measure_unlikeness"),
    path("d/<slug:slug>/comparisons/", comparisons.comparisons, name="comparisons"),
    path("d/<slug:slug>/comparisons/new/", comparisons.compare, name="compare"),
    path("d/<slug:slug>/comparisons/in-use/", in_use.in_use, name="in_use"),
    path("d/<slug:slug>/comparisons/<int:pk>/", comparisons.comparison, name="comparison"),
    path("d/<slug:slug>/diagnosis/", diagnosis.diagnosis, name="diagnosis"),
    path("d/<slug:slug>/diagnosis/new/", diagnosis.diagnose, name="diagnose"),
    path("d/<slug:slug>/diagnosis/<int:pk>/", diagnosis.one_diagnosis, name="one_diagnosis"),
    path("d/<slug:slug>/diagnosis/<int:pk>/doubted/", diagnosis.open_doubted, name="open_doubted"),
    path(
        "d/<slug:slug>/diagnosis/<int:pk>/contradicted/", diagnosis.open_contradicted, name="open_contradicted"
    ),  # fmt: skip
    path("d/<slug:slug>/diagnosis/<int:pk>/next/", diagnosis.open_next, name="open_next"),
    path("d/<slug:slug>/attributions/", attributions.attributions, name="attributions"),
    path("d/<slug:slug>/attributions/new/", attributions.attribute, name="attribute"),
    path("d/<slug:slug>/attributions/<int:pk>/", attributions.attribution, name="attribution"),
    path("d/<slug:slug>/comparisons/<int:pk>/flips/", flips.flips, name="flips"),
    path("d/<slug:slug>/comparisons/<int:pk>/flips/<int:item>/", flips.flip, name="flip"),
    path("d/<slug:slug>/comparisons/<int:pk>/report/", one_page.report, name="report"),
    path("d/<slug:slug>/comparisons/<int:pk>/report.md", one_page.report_markdown, name="report_markdown"),
    path("d/<slug:slug>/comparisons/<int:pk>/report.json", one_page.report_as_json, name="report_json"),
    path("d/<slug:slug>/returns/", returns.returns, name="returns"),
    path("d/<slug:slug>/over-time/", over_time.over_time, name="over_time"),
]
urlpatterns = guarded(urlpatterns, ROLES, LOGGED)
