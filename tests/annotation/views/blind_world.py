"""A dataset whose secrets cannot be mistaken for anything else, and what an expert gets of it over every address."""

import re
from dataclasses import dataclass
from http.cookies import SimpleCookie
from uuid import uuid4

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from annotation.access import shown_id
from annotation.actions.queue.decide import Answer, decide
from annotation.actions.queue.lease import hold
from annotation.models import (
    Annotator,
    Case,
    CaseItem,
    CurrentLabel,
    Dataset,
    Decision,
    Detection,
    Finding,
    FindingItem,
    Flag,
    Gold,
    Item,
    Label,
    Opinion,
    OpinionRound,
    OpinionSwitch,
    PredictionSet,
    RoutingRules,
)
from annotation.reading import rule_bench
from tests.factories import apart, imported, open_case
from tests.people import emil, erin, leo

MARK = "unmistakable"
CLASSES = ("access", "payment")
WORD = "zebra"
HTMX = {"HX-Request": "true", "HX-Target": "tried"}


def class_of(dataset, name):
    return dataset.label_classes.get(name=name)


def item_of(dataset, external_id):
    return Item.objects.get(dataset=dataset, external_id=external_id)


def world(tmp_path) -> Dataset:
    """Sixty items in random-looking order. Erin answered i0 and holds the case of i1, which Emil answered; i2 waits;
    i3 is gold, i4 of the audit. Of i1 to i4 only their texts are no secret."""
    rows = [
        {"id": f"i{n}", "text": apart(f"{WORD}{n}" if n < 5 else "horse" if n % 2 else "donkey", n),
         "label": CLASSES[n % 3 == 0], "who": f"{MARK}annotator{n}" if 0 < n < 5 else "ann"}
        for n in range(60)
    ]  # fmt: skip
    dataset = imported(tmp_path, rows, annotator="who")
    RoutingRules.objects.create(dataset=dataset, version=1, overlap=2, gold_share=0, repeat_share=0)
    for person in (erin, emil, leo):
        person(dataset)
    _suspected(dataset)
    answered = open_case(dataset, "i0", score=0.9)
    for person in (erin(dataset), emil(dataset)):
        decide(answered, person, Answer("label", uuid4(), class_of(dataset, "access")), timezone.now(), learn=False)
    shared = open_case(dataset, "i1", score=0.8)
    unsure = Answer("label", uuid4(), class_of(dataset, "payment"), note=f"{MARK}note", confidence="unsure")
    decide(shared, emil(dataset), unsure, timezone.now(), learn=False)
    open_case(dataset, "i2", score=0.7)
    audit = open_case(dataset, "i4", score=0)
    Case.objects.filter(pk=audit.pk).update(kind=Case.AUDIT)
    Gold.objects.create(dataset=dataset, item=item_of(dataset, "i3"), label_class=class_of(dataset, "payment"))
    hold(Case.objects.get(pk=shared.pk), erin(dataset), timezone.now())
    return dataset


def _suspected(dataset):
    PredictionSet.objects.create(dataset=dataset, name=f"{MARK}model", classes=list(CLASSES), arrays="-", n=0)
    detection = Detection.objects.create(
        dataset=dataset, n_items=60, n_groups=0, n_conflicts=0, n_flags=4, n_findings=1, arrays="-", seconds=0,
        created_at=timezone.now(),
    )  # fmt: skip
    finding = Finding.objects.create(
        dataset=dataset, detection=detection, kind="class_pair", key="k", title=f"{MARK}finding", reason=f"{MARK}why",
        rule={}, n=5, value=1, low=0, high=1,
    )  # fmt: skip
    for n in range(5):
        item = item_of(dataset, f"i{n}")
        FindingItem.objects.create(finding=finding, item=item)
        reason = "It is known." if n == 0 else f"{MARK}reason{n}"
        Flag.objects.create(
            detection=detection, detector="d" if n == 0 else f"{MARK}detector", item=item, score=0.9, reason=reason,
            suggested=class_of(dataset, "access"),
        )  # fmt: skip

    OpinionSwitch.objects.create(dataset=dataset, on=True, host="llm")
    asked = OpinionRound.objects.create(
        dataset=dataset, host="llm", model=f"{MARK}llm", n_cases=5, n_known=0, calls=5, tokens=5
    )
    for n in range(1, 5):
        Opinion.objects.create(
            round=asked,
            item=item_of(dataset, f"i{n}"),
            label_class=class_of(dataset, "access"),
            reason=f"{MARK}opinion",
        )


def change_the_secrets(dataset):
    """Everything of i1 to i4 that nobody may know before the answer becomes something else."""
    secret = Item.objects.filter(dataset=dataset, external_id__in=["i1", "i2", "i3", "i4"])
    classes = {one.pk: class_of(dataset, CLASSES[one.name == "access"]).pk for one in dataset.label_classes.all()}
    for model in (Label, CurrentLabel):
        for row in model.objects.filter(item__in=secret):
            model.objects.filter(pk=row.pk).update(label_class=classes[row.label_class_id])
    for row in Decision.objects.filter(items__in=secret):
        said = {"label_class": classes[row.label_class_id], "confidence": "sure", "note": "", "seconds": 3.0}
        Decision.objects.filter(pk=row.pk).update(**said)
    Gold.objects.update(label_class=class_of(dataset, "access"))
    for row in Annotator.objects.filter(name__startswith=MARK):
        Annotator.objects.filter(pk=row.pk).update(name=f"another{row.pk}")
    Flag.objects.filter(item__in=secret).delete()
    Opinion.objects.update(label_class=class_of(dataset, "payment"), reason="another")
    Finding.objects.update(title="another", reason="another", value=0.5)
    PredictionSet.objects.update(name="another")
    Case.objects.filter(kind=Case.AUDIT).update(kind=Case.REVIEW)
    Case.objects.filter(case_items__item__external_id="i1").update(kind=Case.AUDIT, score=0.75, probability=0.3)
    rule_bench._kept.clear()


# every address


@dataclass(frozen=True)
class Asked:
    method: str
    url: str
    htmx: bool


def addresses(dataset):
    """Each address of both apps with its parts filled in: slugs, ids of everything there, tokens."""
    ids = sorted(
        {10**6}
        | set(Case.objects.values_list("pk", flat=True)) | set(Decision.objects.values_list("pk", flat=True))
        | set(Finding.objects.values_list("pk", flat=True)) | set(dataset.jobs.values_list("pk", flat=True))
    )  # fmt: skip
    found = []
    for pattern in _patterns(get_resolver()):
        found += _filled(pattern, dataset.slug, ids)
    finding = Finding.objects.get().pk
    queue, rules = f"/d/{dataset.slug}/queue/", f"/d/{dataset.slug}/rules/"
    typed = [f"?kind=word&name={WORD}{n}" for n in range(5)] + ["?kind=first&number=2", "?kind=word&name=horse"]
    return [*found, f"{queue}?finding={finding}", *(rules + one for one in typed)]


def _patterns(resolver, before=""):
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            if "admin" not in str(one.pattern):
                yield from _patterns(one, before + str(one.pattern))
        elif isinstance(one, URLPattern):
            yield before + str(one.pattern)


def _filled(pattern, slug, ids):
    url = "/" + pattern.replace("<slug:slug>", slug).replace("<str:token>", "t" * 32).replace("<slug:probe>", "typos")
    url = url.replace("<str:secret>", "s" * 32).replace("<uuid:token>", "0" * 8 + "-0000" * 3 + "-" + "0" * 12)
    if "<int:" not in url and "<case:" not in url:
        return [url]
    assert not re.search(r"<(?!int:|case:)", url), f"{pattern} takes a part that no test fills"
    filled = [re.sub(r"<case:\w+>", shown_id(one), url) for one in ids]
    return [re.sub(r"<int:\w+>", str(one), each) for one, each in zip(ids, filled, strict=True)]


def everything(dataset, person):
    """Asked → status, heads and body of what comes back, made comparable; each request leaves nothing behind."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    cookies = client.cookies.output(header="", sep=";")
    got = {}
    for url in addresses(dataset):
        for method in ("get", "post"):
            for htmx in (False, True):
                client.cookies = SimpleCookie(cookies.strip())
                got[Asked(method, url, htmx)] = _asked(client, method, url, htmx)
    return got


def _asked(client, method, url, htmx):
    with transaction.atomic():
        sent = {"data": {"kind": "word", "name": f"{WORD}1", "answer": "payment"}} if method == "post" else {}
        response = getattr(client, method)(url, headers=HTMX if htmx else {}, **sent)
        followed = client.get(response.url) if response.status_code in (301, 302) and response.url[0] == "/" else None
        transaction.set_rollback(True)
    return said_by(response) + (said_by(followed) if followed is not None else "")


# Masked: tokens, request names, times of the clock, and the number of a finding just made, which PostgreSQL counts on.
CHANCE = re.compile(
    r"(?<=finding=)[0-9a-z]+|[0-9a-zA-Z]{64}|[0-9a-f]{8}-[0-9a-f-]{27}|\d\d:\d\d(:\d\d[^ \"<]*)?|X-Request-ID: \w+"
)


def said_by(response):
    body = b"".join(response.streaming_content) if response.streaming else response.content
    shown = sorted(response.headers.items())
    heads = "\n".join(f"{name}: {value}" for name, value in shown if name not in ("Last-Modified", "Content-Length"))
    return CHANCE.sub("·", f"{response.status_code}\n{heads}\n\n{body.decode(errors='replace')}")


def case_of_kind(dataset, kind, person, external_id="i2"):
    """The case of that kind on the item, held by `person`; the other open cases of the item are gone."""
    Case.objects.filter(case_items__item__external_id=external_id, status=Case.OPEN).update(status=Case.WITHDRAWN)
    checks = kind in Case.CHECKS
    case = Case.objects.create(
        dataset=dataset, kind=kind, score=0 if checks else 0.7, reserved_for=person if checks else None
    )
    CaseItem.objects.create(case=case, item=item_of(dataset, external_id))
    hold(case, person, timezone.now())
    return case
