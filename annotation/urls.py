from django.contrib.auth.views import LogoutView
from django.urls import path, register_converter

from annotation.views import (
    account,
    annotators,
    audit,
    cases,
    datasets,
    disagreement,
    findings,
    jobs,
    people,
    rule_bench,
    upload,
)
from annotation.views.expert import history, keys, queue
from annotation.views.expert.addresses import ShownCaseConverter

register_converter(ShownCaseConverter, "case")

urlpatterns = [
    path("", datasets.datasets, name="datasets"),
    path("login/", account.LogInView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", account.account, name="account"),
    path("account/password/", account.NewPasswordView.as_view(), name="password_change"),
    path("datasets/new/", upload.new_dataset, name="new_dataset"),
    path("d/<slug:slug>/import/", upload.choose_file, name="import"),
    path("d/<slug:slug>/import/<str:token>/", upload.choose_columns, name="import_columns"),
    path("d/<slug:slug>/import/<str:token>/rejected.csv", upload.download_rejected, name="import_rejected"),
    path("d/<slug:slug>/queue/", queue.queue, name="queue"),
    path("d/<slug:slug>/queue/<case:pk>/decide/", queue.decide, name="decide"),
    path("d/<slug:slug>/queue/<case:pk>/skip/", queue.skip, name="skip"),
    path("d/<slug:slug>/queue/undo/<int:pk>/", queue.undo, name="undo"),
    path("d/<slug:slug>/queue/renew/", queue.renew, name="renew"),
    path("d/<slug:slug>/queue/keys/", keys.own_keys, name="own_keys"),
    path("d/<slug:slug>/history/", history.history, name="history"),
    path("d/<slug:slug>/guidelines/", people.guidelines, name="guidelines"),
    path("d/<slug:slug>/detect/", findings.detect, name="detect"),
    path("d/<slug:slug>/jobs/", jobs.jobs, name="jobs"),
    path("d/<slug:slug>/jobs/<int:pk>/", jobs.job, name="job"),
    path("d/<slug:slug>/jobs/<int:pk>/again/", jobs.ask_job_again, name="job_again"),
    path("d/<slug:slug>/jobs/<int:pk>/cancel/", jobs.cancel_job, name="cancel_job"),
    path("d/<slug:slug>/jobs/<int:pk>/rejected.csv", jobs.rejected_rows, name="rejected_rows"),
    path("d/<slug:slug>/jobs/<int:pk>/import-good/", jobs.import_good, name="import_good"),
    path("d/<slug:slug>/disagreement/", disagreement.disagreement, name="disagreement"),
    path("d/<slug:slug>/annotators/", annotators.annotators, name="annotators"),
    path("d/<slug:slug>/annotators/<int:pk>/", annotators.annotator, name="annotator"),
    path("d/<slug:slug>/annotators/estimate/", annotators.estimate, name="estimate_consensus"),
    path("d/<slug:slug>/findings/", findings.findings, name="findings"),
    path("d/<slug:slug>/findings/<int:pk>/ruling/", findings.give_ruling, name="ruling"),
    path("d/<slug:slug>/findings/<int:pk>/open/", findings.open_its_cases, name="open_finding"),
    path("d/<slug:slug>/rules/", rule_bench.rules, name="rules"),
    path("d/<slug:slug>/rules/open/", rule_bench.open_rule, name="open_rule"),
    path("d/<slug:slug>/cases/", cases.cases, name="cases"),
    path("d/<slug:slug>/case/<int:pk>/", cases.case, name="case"),
    path("d/<slug:slug>/why/<int:pk>/", cases.why, name="why"),
    path("d/<slug:slug>/cases.csv", cases.download_cases, name="download_cases"),
    path("d/<slug:slug>/audit/", audit.audit, name="audit"),
    path("d/<slug:slug>/people/", people.people, name="people"),
    path("d/<slug:slug>/question/", people.question, name="question"),
]
