"""A dataset in which everything that somebody can write is a script: no page hands it to a browser as one."""

import csv
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from annotation.actions.detecting.detect import request_detection
from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import Answer, decide
from annotation.actions.talking.comment import add_comment
from annotation.core.fields import Field
from annotation.core.files.parsing_items import ItemMapping
from annotation.models import (
    Case,
    Dataset,
    DatasetChange,
    Finding,
    Guideline,
    Item,
    Job,
    Membership,
    Notice,
    QualificationTest,
    Reason,
    SavedFilter,
    User,
)
from tests import people
from tests.attacks.routes import KINDS, arguments, routes
from tests.factories import apart, open_case

pytestmark = pytest.mark.django_db
# What ends a text, an attribute of either quote, a comment, a script, a JSON in an attribute or a template.
SCRIPT = """<script>xss()</script>"'><img src=x onerror=xss()>--></script>]]>{{ 7|add:7 }}{% debug %}"""
BROKEN = ("<script>xss", "<img src=x", "onerror=xss()>--></script>", "7|add:7 }}{% debug %}\x00")


@pytest.fixture
def hostile(tmp_path, settings):
    """(dataset, lead, expert, objects)."""
    settings.UPLOADS_DIR = tmp_path
    path, text = tmp_path / f"{uuid4().hex}.csv", SCRIPT[:50] + "<img src=x onerror=xss()>"
    column, number = f"text{SCRIPT[:40]}", "n<img src=x onerror=xss()>"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id<script>", column, number, "label", "who", "source"])
        for n in range(12):
            writer.writerow([f"{n}{text}", f"{apart(text, n)} {text}", n, f"{n % 2}{text}", f"a{n % 3}{text}",
                             f"web{text}"])  # fmt: skip
    mapping = ItemMapping(
        text=(column,), fields=(Field(number, "number"),), label="label", id="id<script>", annotator="who",
        source="source",
    )  # fmt: skip
    asked = import_params("hostile", f"Name {text}", path, mapping, file_name=f"file{SCRIPT}.csv")
    work_here(request_import(asked, background=False))
    dataset = Dataset.objects.get(slug="hostile")
    lead = User.objects.create(username=f"lead{text}"[:150])
    expert = User.objects.create(username=f"expert{text}"[:150])
    Membership.objects.create(dataset=dataset, user=lead, role=Membership.LEAD)
    Membership.objects.create(dataset=dataset, user=expert, role=Membership.EXPERT)
    return dataset, lead, expert, _written(dataset, lead, expert, text)


def _written(dataset, lead, expert, text):
    now, item = timezone.now(), Item.objects.filter(dataset=dataset).first()
    Dataset.objects.filter(pk=dataset.pk).update(question=SCRIPT[:200])
    dataset.label_classes.update(meaning=text, group=text)
    Guideline.objects.create(dataset=dataset, version=1, text=SCRIPT, author=lead)
    reason = Reason.objects.create(dataset=dataset, text=SCRIPT[:120], position=0)
    comment = add_comment(item, expert, f"{SCRIPT} @{lead.username}", now)
    notice = Notice.objects.create(dataset=dataset, user=lead, text=SCRIPT, path="/")
    Notice.objects.create(dataset=dataset, user=expert, text=SCRIPT, path="/")
    kept = SavedFilter.objects.create(dataset=dataset, name=SCRIPT[:80], query=f"words={SCRIPT}", author=lead)
    test = QualificationTest.objects.create(dataset=dataset, lead=lead, retired_at=now)
    DatasetChange.objects.create(dataset=dataset, kind=DatasetChange.RENAME, was=SCRIPT, now=SCRIPT, author=lead)
    work_here(request_detection(dataset, background=False))
    failed = Job.objects.create(
        kind="import", dataset=dataset, key="f", status=Job.FAILED, error=SCRIPT, stage=SCRIPT[:60], created_by=lead,
        params={"path": "/nowhere/x", "file_name": SCRIPT, "slug": "hostile"},
    )  # fmt: skip
    figures = {"n": 1, "value": 0.5, "low": 0.1, "high": 0.9}
    finding = Finding.objects.create(dataset=dataset, key=SCRIPT[:60], kind="count_rule", title=SCRIPT[:100],
                                     reason=SCRIPT, rule={}, author=expert, **figures)  # fmt: skip
    ids = [one.external_id for one in Item.objects.filter(dataset=dataset).order_by("id")[:4]]
    case = open_case(dataset, ids[0])
    Case.objects.filter(pk=case.pk).update(leased_to=expert, leased_until=now + timedelta(hours=1))
    answer = Answer("label", uuid4(), dataset.label_classes.first(), note=SCRIPT, reasons=[reason])
    decide(case, expert, answer, now)
    open_case(dataset, ids[1])
    return {
        "item": item.pk, "case": case.pk, "decision": case.decisions.get().pk, "comment": comment.pk,
        "notice": notice.pk, "filter": kept.pk, "test": test.pk, "job": failed.pk, "finding": finding.pk,
        "member": expert.pk, "other annotator": dataset.annotators.last().pk,
        "import": dataset.file_imports.first().pk, "annotator": dataset.annotators.first().pk,
    }  # fmt: skip


def pages(person, objects):
    """(name, HTML) of every page that opens to `person`."""
    client, handler = Client(), WSGIHandler()
    client.force_login(person)
    asked = RequestFactory(HTTP_COOKIE=f"sessionid={client.cookies['sessionid'].value}")
    for pattern in routes():
        try:
            address = reverse(pattern.name, kwargs=arguments(pattern, "hostile", objects))
        except (NoReverseMatch, ValueError):
            continue
        for more in ("", f"?words={'%3Cscript%3Exss()'}&sort=%22%3E%3Cimg+src=x&show=%3Cimg+src=x"):
            answer = handler.get_response(asked.get(address + more))
            assert answer.status_code < 500, pattern.name
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                yield pattern.name, answer.content.decode()


@pytest.mark.fault("scripts in every field")
@pytest.mark.parametrize("who", [1, 2], ids=["lead", "expert"])
def test_no_page_hands_out_a_script(hostile, who):
    found, seen, told = [], 0, 0
    for name, html in pages(hostile[who], hostile[3]):
        seen += 1
        told += "xss()" in html
        found += [(name, broken, html[html.index(broken) - 80 :][:160]) for broken in BROKEN if broken in html]
        if "{{ 14" in html or "7|add:7 }}" not in html and "14{%" in html:
            found.append((name, "a template was run"))
    assert found == []
    assert told > (30 if who == 1 else 6), (seen, told)


@pytest.mark.fault("a script as the name of a route's words")
def test_words_of_an_address_are_escaped(hostile):
    assert KINDS
    client = Client(raise_request_exception=False)
    client.force_login(people.otto())
    for path in ("/%3Cscript%3Exss()/", "/d/%3Cimg%20src=x%3E/", "/login/?next=%22%3E%3Cscript%3Exss()"):
        for answer in (client.get(path), Client().get(path)):
            assert answer.status_code < 500 and b"<script>xss" not in answer.content
