"""Backups of a site at work, and a site that moves from one database to the other."""

import json
import subprocess
import sys
import time

import pytest

from tests.faults.site import ROOT, sqlite_site

WORLD = """
from django.utils import timezone
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.models import *
dataset = Dataset.objects.get(slug="faults")
items = list(Item.objects.order_by("id").values_list("id", flat=True))[:1500]
create_cases(dataset, [Unit(frozenset([item]), 0.5) for item in items], timezone.now())
Membership.objects.create(dataset=dataset, user=User.objects.create_user("erin"), role="expert")
"""
DECIDING = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from django.utils import timezone
from annotation.actions.queue.decide import decide
from annotation.models import *
from tests.factories import answer
dataset, erin = Dataset.objects.get(slug="faults"), User.objects.get(username="erin")
name = dataset.label_classes.first().name
for case in dataset.cases.open().order_by("id"):
    print(decide(case, erin, answer(dataset, name), timezone.now(), learn=False).token, flush=True)
"""
TOKENS = """
import json
from annotation.models import Decision
print(json.dumps([str(one) for one in Decision.objects.values_list("token", flat=True)]))
"""
DIGESTS = """
import hashlib, json
from annotation.actions.keeping.tables import kept_models
found = {}
for model in kept_models():
    digest, rows = hashlib.sha256(), 0
    for row in model._base_manager.order_by("pk").values_list():
        digest.update(json.dumps(row, default=str, sort_keys=True).encode())
        rows += 1
    found[model._meta.db_table] = [rows, digest.hexdigest()]
print(json.dumps(found))
"""


def imported(site):
    pool = site.env["SECONDLOOK_DATA_DIR"] + "/pool.csv"
    site.manage("import_items", "faults", pool, "--text", "text", "--label", "label", "--id", "id")
    site.python(WORLD)


@pytest.mark.fault("backup while decisions come in")
def test_a_backup_under_load_has_what_was_acknowledged_before(site, fault, tmp_path):
    imported(site)
    deciding = subprocess.Popen(
        [sys.executable, "-c", DECIDING], cwd=ROOT, env=site.env, stdout=subprocess.PIPE, text=True
    )
    try:
        before = [deciding.stdout.readline().strip() for _ in range(30)]
        begun = time.monotonic()
        said = json.loads(site.manage("backup", str(tmp_path / "site.tar"), "--json"))
        took = time.monotonic() - begun
        assert deciding.poll() is None, "the load ended before the backup did"
    finally:
        deciding.kill()
    assert said["damaged"] == [] and all(before)
    with sqlite_site() as restored:
        restored.manage("restore", str(tmp_path / "site.tar"))
        kept = set(json.loads(restored.python(TOKENS).splitlines()[-1]))
    fault.lost(len(set(before) - kept))
    fault.recovered(took)


@pytest.mark.fault("a site moves from one database to the other")
def test_a_site_moves(site, fault, tmp_path):
    if not site.env["DATABASE_URL"]:
        pytest.skip("needs PostgreSQL")
    with sqlite_site() as small:
        imported(small)
        small.manage("train", "faults", "--learner", "logistic", "--set", "C=1")
        before = json.loads(small.python(DIGESTS).splitlines()[-1])
        small.manage("backup", str(tmp_path / "site.tar"))
    begun = time.monotonic()
    site.manage("restore", str(tmp_path / "site.tar"))
    fault.recovered(time.monotonic() - begun)
    after = json.loads(site.python(DIGESTS).splitlines()[-1])
    fault.lost(sum(before[table] != after[table] for table in before))
    site.manage("backup", str(tmp_path / "back.tar"))
    with sqlite_site() as back:
        back.manage("restore", str(tmp_path / "back.tar"))
        assert json.loads(back.python(DIGESTS).splitlines()[-1]) == before
