"""Every route of the site out of its URL map, and a world with an object of each kind in two datasets."""

from datetime import timedelta
from uuid import uuid4

from django.urls import URLPattern, get_resolver
from django.utils import timezone

from annotation.actions.classes.arrange import give_meanings
from annotation.actions.queue.decide import decide
from annotation.actions.talking.comment import add_comment
from annotation.actions.talking.offline_batch import take_out
from annotation.models import (
    Case,
    Dataset,
    Finding,
    Guideline,
    Item,
    Membership,
    Notice,
    ProductionDraw,
    QualificationTest,
    Reason,
    SavedFilter,
    Snapshot,
)
from modeling.models import Comparison, Recipe
from tests import people
from tests.factories import answer, open_case
from tests.modeling import small_world

ABSENT = 987_654_321
# What of the world a number in a route's address is: route → kind of object; else the kind by the name of the number.
KINDS = {
    "decide": "case", "skip": "case", "take_back_skip": "case", "case": "case", "send_case_back": "case",
    "overrule_case": "case", "move_on": "case", "why": "decision", "undo": "decision", "undo_adjudication": "decision",
    "item_text": "item", "item": "item", "item_comments": "item", "similar": "item", "undo_similar": "item",
    "take_import_back": "import", "job": "job", "job_again": "job", "cancel_job": "job", "rejected_rows": "job",
    "import_good": "job", "job_by_script": "job", "sweep_again": "job", "predicted": "job", "annotator": "annotator",
    "two_annotators": "annotator", "ruling": "finding", "open_finding": "finding", "delete_filter": "filter",
    "make_reset_link": "member", "switch_account": "member", "expert_record": "member", "change_expert": "member",
    "undo_class_change": "change", "retire_test": "test", "open_notice": "notice", "resolve_comment": "comment",
    "offline_batch": "batch", "offline_cases": "batch", "give_back_batch": "batch", "train_recipe": "recipe",
    "freeze_production": "draw", "measure_unlikeness": "snapshot", "comparison": "comparison", "flips": "comparison",
    "flip": "comparison", "report": "comparison", "report_markdown": "comparison", "report_json": "comparison",
    "run": "run", "download_model": "run", "predict": "run", "coefficients": "run", "download_coefficients": "run",
    "beside_tuned": "run", "run_rows": "run", "open_run_rows": "run", "learning_curve": "run", "describe_run": "run",
    "robustness": "run", "check_robustness": "run", "open_flipped": "run",
}  # fmt: skip
# Kinds of objects that this world has none of: every number leads nowhere.
WITHOUT = {"sweep": "none", "one_diagnosis": "none", "open_doubted": "none", "open_contradicted": "none",
           "open_next": "none", "attribution": "none", "touched": "none", "mfa_remove_webauthn": "none"}  # fmt: skip
BESIDE = {"other": "other annotator", "item": "item", "job": "job", "version": "none"}
WORDS = {"token": "x" * 32, "kind": "labels", "probe": "typos", "secret": "no-secret", "uidb64": "MQ",
         "provider_id": "sso"}  # fmt: skip


# Answered before anybody is known, and about nobody: see tests/annotation/views/operating.
PROBES = {"health", "ready", "metrics"}


def routes():
    """Those that are the site's own; the administration is asked by itself."""
    for one in get_resolver().url_patterns:
        for pattern in getattr(one, "url_patterns", [one]):
            if (
                isinstance(pattern, URLPattern)
                and not str(one.pattern).startswith("admin")
                and pattern.name not in PROBES
            ):
                yield pattern


def arguments(pattern, slug, objects):
    """What the address takes, with the numbers of `objects` (kind → id); absent for a kind that isn't there."""
    made = {}
    for name, converter in pattern.pattern.converters.items():
        kind = {**KINDS, **WITHOUT}[pattern.name] if name == "pk" else BESIDE.get(name, "")
        if name == "slug":
            made[name] = slug
        elif type(converter).__name__ == "UUIDConverter":
            made[name] = uuid4()
        elif kind:
            made[name] = objects.get(kind, 7 if name == "version" else ABSENT)
        else:
            made[name] = {"place": 0}.get(name, WORDS.get(name))
    return made


def of_an_object(pattern):
    """Whether its address names one."""
    return "pk" in pattern.pattern.converters


def a_world(tmp_path, slug):
    """A dataset with an object of each kind; returns it and kind → id."""
    folder = tmp_path / slug
    folder.mkdir()
    dataset = small_world.pool(folder, slug)
    small_world.imported(
        folder, small_world.rows(40, 2, kind=["web", "phone"]), slug, source="kind", split="production"
    )
    before = small_world.trained(dataset)
    comparison = small_world.compared(dataset, before, before)
    return Dataset.objects.get(pk=dataset.pk), _objects(dataset, comparison)


def _objects(dataset, comparison):
    now, item = timezone.now(), Item.objects.filter(dataset=dataset, split=Item.POOL).first()
    lead = people.user(f"lead of {dataset.slug}")
    expert = people.user(f"expert of {dataset.slug}")
    Membership.objects.create(dataset=dataset, user=lead, role=Membership.LEAD)
    member = Membership.objects.create(dataset=dataset, user=expert, role=Membership.EXPERT)
    decided, open_one = open_case(dataset, "r1-3"), open_case(dataset, "r1-4")
    decide(decided, expert, answer(dataset, "access"), now)
    for name in ("r1-5", "r1-6"):
        open_case(dataset, name)
    Case.objects.filter(pk=open_one.pk).update(leased_to=expert, leased_until=now + timedelta(hours=1))
    Guideline.objects.create(dataset=dataset, version=1, text="As it is.", author=lead)
    Reason.objects.create(dataset=dataset, text="off topic", position=0)
    finding = {"kind": "count_rule", "title": "a rule", "reason": "so", "n": 1, "value": 0.5, "low": 0.1, "high": 0.9}
    return {
        "case": open_one.pk, "decision": decided.decisions.get().pk, "item": item.pk, "member": member.user_id,
        "import": dataset.file_imports.first().pk, "job": dataset.jobs.first().pk,
        "annotator": dataset.annotators.first().pk, "other annotator": dataset.annotators.last().pk,
        "finding": Finding.objects.create(dataset=dataset, key="k", rule={}, author=lead, **finding).pk,
        "filter": SavedFilter.objects.create(dataset=dataset, name="all", query="", author=lead).pk,
        "change": give_meanings(dataset, {"access": "getting in"}, lead, now).pk,
        "test": QualificationTest.objects.create(dataset=dataset, lead=lead, retired_at=now).pk,
        "notice": Notice.objects.create(dataset=dataset, user=lead, text="Look.", path="/").pk,
        "comment": add_comment(item, expert, "hm", now).pk,
        "batch": take_out(dataset, expert, expert, 1, 1, now).pk,
        "draw": ProductionDraw.objects.create(dataset=dataset, name="d", seed=1, n_items=1, n_drawn=1, lead=lead).pk,
        "snapshot": dataset.snapshots.filter(purpose=Snapshot.PRODUCTION).first().pk,
        "recipe": Recipe.objects.filter(dataset=dataset).first().pk,
        "run": comparison.before_run.pk,
        "comparison": Comparison.objects.filter(pk=comparison.pk).get().pk,
    }  # fmt: skip
