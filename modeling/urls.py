from django.urls import path

from modeling.views import comparisons, overview, runs

urlpatterns = [
    path("d/<slug:slug>/", overview.overview, name="overview"),
    path("d/<slug:slug>/runs/", runs.runs, name="runs"),
    path("d/<slug:slug>/runs/train/", runs.train, name="train"),
    path("d/<slug:slug>/runs/<int:pk>/", runs.run, name="run"),
    path("d/<slug:slug>/comparisons/", comparisons.comparisons, name="comparisons"),
    path("d/<slug:slug>/comparisons/new/", comparisons.compare, name="compare"),
    path("d/<slug:slug>/comparisons/<int:pk>/", comparisons.comparison, name="comparison"),
]
