from django.urls import path

from annotation.views import annotators, audit, cases, expert, jobs, lead, people, upload

urlpatterns = [
    path("", lead.datasets, name="datasets"),
    path("datasets/new/", upload.new_dataset, name="new_dataset"),
    path("d/<slug:slug>/import/", upload.choose_file, name="import"),
    path("d/<slug:slug>/import/<str:token>/", upload.choose_columns, name="import_columns"),
    path("d/<slug:slug>/import/<str:token>/rejected.csv", upload.download_rejected, name="import_rejected"),
    path("d/<slug:slug>/queue/", expert.queue, name="queue"),
    path("d/<slug:slug>/queue/<int:pk>/decide/", expert.decide, name="decide"),
    path("d/<slug:slug>/queue/<int:pk>/skip/", expert.skip, name="skip"),
    path("d/<slug:slug>/queue/undo/<int:pk>/", expert.undo, name="undo"),
    path("d/<slug:slug>/history/", expert.history, name="history"),
    path("d/<slug:slug>/guidelines/", expert.guidelines, name="guidelines"),
    path("d/<slug:slug>/detect/", lead.detect, name="detect"),
    path("d/<slug:slug>/jobs/<int:pk>/", jobs.job, name="job"),
    path("d/<slug:slug>/jobs/<int:pk>/rejected.csv", jobs.rejected_rows, name="rejected_rows"),
    path("d/<slug:slug>/jobs/<int:pk>/import-good/", jobs.import_good, name="import_good"),
    path("d/<slug:slug>/disagreement/", lead.disagreement, name="disagreement"),
    path("d/<slug:slug>/annotators/", annotators.annotators, name="annotators"),
    path("d/<slug:slug>/annotators/<int:pk>/", annotators.annotator, name="annotator"),
    path("d/<slug:slug>/annotators/estimate/", annotators.estimate, name="estimate_consensus"),
    path("d/<slug:slug>/findings/", lead.findings, name="findings"),
    path("d/<slug:slug>/findings/<int:pk>/ruling/", lead.give_ruling, name="ruling"),
    path("d/<slug:slug>/cases/", cases.cases, name="cases"),
    path("d/<slug:slug>/cases.csv", cases.download_cases, name="download_cases"),
    path("d/<slug:slug>/audit/", audit.audit, name="audit"),
    path("d/<slug:slug>/people/", people.people, name="people"),
]
