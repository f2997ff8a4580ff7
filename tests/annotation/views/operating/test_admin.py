import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from annotation.admin import ReadOnly
from annotation.models import Job
from tests.factories import small_dataset
from tests.people import leo, user

pytestmark = pytest.mark.django_db

OURS = [model for model, one in admin.site._registry.items() if isinstance(one, ReadOnly)]


@pytest.fixture
def staff():
    client = Client()
    client.force_login(user("stan", is_staff=True))
    return client


def test_staff_see_the_tables_the_docs_promise_and_change_none(staff, tmp_path):
    dataset = small_dataset(tmp_path)
    job = Job.objects.create(kind="t", key="k", dataset=dataset)
    assert b"Datasets" in staff.get(reverse("admin:index")).content
    for model in OURS:
        place = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert staff.get(reverse(f"{place}_changelist")).status_code == 200, model
        assert staff.get(reverse(f"{place}_add")).status_code == 403, model
    one = reverse("admin:annotation_job_change", args=[job.pk])
    assert staff.get(one).status_code == 200
    assert staff.post(one, {"kind": "changed"}).status_code == 403
    assert staff.post(reverse("admin:annotation_job_delete", args=[job.pk]), {"post": "yes"}).status_code == 403
    job.refresh_from_db()
    assert job.kind == "t"


def test_staff_see_no_accounts(staff):
    assert staff.get(reverse("admin:auth_user_changelist")).status_code == 403


def test_a_lead_without_staff_rights_sees_nothing(tmp_path):
    client = Client()
    client.force_login(leo(small_dataset(tmp_path)))
    assert client.get(reverse("admin:index")).status_code == 302
    assert client.get(reverse("admin:annotation_job_changelist")).status_code == 302
