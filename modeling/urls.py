from django.urls import path

from modeling.views import (
    augmentation,
    coefficients,
    comparisons,
    costs,
    overview,
    recipes,
    robustness,
    run_parts,
    run_use,
    runs,
    sweeps,
)

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
    path("d/<slug:slug>/comparisons/", comparisons.comparisons, name="comparisons"),
    path("d/<slug:slug>/comparisons/new/", comparisons.compare, name="compare"),
    path("d/<slug:slug>/comparisons/<int:pk>/", comparisons.comparison, name="comparison"),
]
