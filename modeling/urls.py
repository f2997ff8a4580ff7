from django.urls import path

from modeling.views import comparisons, costs, overview, runs, use

urlpatterns = [
    path("d/<slug:slug>/", overview.overview, name="overview"),
    path("d/<slug:slug>/runs/", runs.runs, name="runs"),
    path("d/<slug:slug>/runs/train/", runs.train, name="train"),
    path("d/<slug:slug>/runs/<int:pk>/", runs.run, name="run"),
    path("d/<slug:slug>/runs/<int:pk>/model.zip", use.download_model, name="download_model"),
    path("d/<slug:slug>/runs/<int:pk>/predict/", use.predict, name="predict"),
    path("d/<slug:slug>/jobs/<int:pk>/predicted.csv", use.download_predicted, name="predicted"),
    path("d/<slug:slug>/costs/", costs.costs, name="costs"),
    path("d/<slug:slug>/comparisons/", comparisons.comparisons, name="comparisons"),
    path("d/<slug:slug>/comparisons/new/", comparisons.compare, name="compare"),
    path("d/<slug:slug>/comparisons/<int:pk>/", comparisons.comparison, name="comparison"),
]
