from django.urls import path

from modeling.views import augmentation, comparisons, overview, robustness, runs

urlpatterns = [
    path("d/<slug:slug>/", overview.overview, name="overview"),
    path("d/<slug:slug>/runs/", runs.runs, name="runs"),
    path("d/<slug:slug>/runs/train/", runs.train, name="train"),
    path("d/<slug:slug>/runs/<int:pk>/", runs.run, name="run"),
    path("d/<slug:slug>/runs/<int:pk>/robustness/", robustness.robustness, name="robustness"),
    path("d/<slug:slug>/runs/<int:pk>/robustness/check/", robustness.check, name="check_robustness"),
    path(
        "d/<slug:slug>/runs/<int:pk>/robustness/<int:job>/<slug:probe>/open/", robustness.open_cases,
        name="open_flipped",
    ),  # fmt: skip
    path("d/<slug:slug>/augmentation/", augmentation.augmentation, name="augmentation"),
    path("d/<slug:slug>/augmentation/synonyms/", augmentation.rule_synonyms, name="rule_synonyms"),
    path("d/<slug:slug>/comparisons/", comparisons.comparisons, name="comparisons"),
    path("d/<slug:slug>/comparisons/new/", comparisons.compare, name="compare"),
    path("d/<slug:slug>/comparisons/<int:pk>/", comparisons.comparison, name="comparison"),
]
