import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from annotation.actions.work import work_here
from annotation.models import Case, Finding, Job
from modeling.actions import describe_run
from modeling.actions.describe_run import as_json, describe, description_of
from modeling.actions.learning_curve import request_curve
from modeling.actions.run_items import Choice, list_rows, open_rows
from modeling.actions.run_rows import rows_of
from modeling.models import ModelRun
from tests import people
from tests.factories import answer, imported, open_case
from tests.modeling import small_world

pytestmark = pytest.mark.django_db


def page_of(client, run, name="run", **query):
    client.force_login(people.leo(run.dataset))
    return client.get(reverse(name, args=[run.dataset.slug, run.pk]), query)


def printed(*arguments):
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    [line] = out.getvalue().splitlines()
    return json.loads(line)


def test_it_works(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    page = page_of(client, run).content.decode()
    for part in ("calibration", "confusion", "slices", "confident", "memorized", "learning-curve", "settings"):
        assert f'href="#{part}"' in page and f'id="{part}"' in page
    assert "No label it learned from has been corrected since" in page
    assert "What more labels would bring is not measured yet" in page
