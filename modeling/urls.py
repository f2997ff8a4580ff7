from django.urls import path

from modeling.views import comparisons, overview, runs, tells

urlpatterns = [
    path("d/<slug:slug>/", overview.overview, name="overview"),
    path("d/<slug:slug>/runs/", runs.runs, name="runs"),
    path("d/<slug:slug>/runs/train/", runs.train, name="train"),
    path("d/<slug:slug>/runs/<int:pk>/", runs.run, name="run"),
    path("d/<slug:slug>/runs/<int:pk>/rows/", tells.rows, name="run_rows"),
    path("d/<slug:slug>/runs/<int:pk>/rows/open/", tells.open_them, name="open_run_rows"),
    path("d/<slug:slug>/runs/<int:pk>/learning-curve/", tells.learn, name="learning_curve"),
    path("d/<slug:slug>/runs/<int:pk>/describe/", tells.describe, name="describe_run"),
    path("d/<slug:slug>/comparisons/", comparisons.comparisons, name="comparisons"),
    path("d/<slug:slug>/comparisons/new/", comparisons.compare, name="compare"),
    path("d/<slug:slug>/comparisons/<int:pk>/", comparisons.comparison, name="comparison"),
]
