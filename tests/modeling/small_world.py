"""A dataset of sixty pool and forty production items that a model learns in a moment, and its runs."""

import random

from django.utils import timezone

from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.actions.snapshot import snapshot
from annotation.models import Snapshot
from modeling.actions.proving.compare import request_comparison
from modeling.actions.training.train import request_training
from modeling.models import Comparison, ModelRun
from tests import people
from tests.factories import answer, imported, open_case

WORDS = {
    "access": ["login", "password", "locked", "reset", "account", "verify", "code", "sign", "forgotten", "attempt"],
    "payment": ["refund", "charged", "card", "invoice", "declined", "bank", "amount", "paid", "transfer", "receipt"],
}
FILLERS = [
    "monday", "please", "again", "since", "quickly", "morning", "app", "support", "twice", "today", "help", "wrong",
    "screen", "order", "phone",
]  # fmt: skip
FLIPPED = 10


def rows(n, seed, flipped=0, **extra):
    """n rows, every other one of each class; the labels of the first `flipped` are wrong."""
    draw, made = random.Random(seed), []
    for number in range(n):
        truth, other = ("access", "payment") if number % 2 else ("payment", "access")
        text = " ".join(draw.sample(WORDS[truth], 2) + draw.sample(FILLERS, 5) + [f"ref{seed}{number}"])
        label = other if number < flipped else truth
        more = {name: values[number % 2] for name, values in extra.items()}
        made.append({"id": f"r{seed}-{number}", "text": text, "label": label, **more})
    return made


def pool(tmp_path, slug="support"):
    return imported(tmp_path, rows(60, 1, FLIPPED), slug)


def with_production(tmp_path, slug="support"):
    pool(tmp_path, slug)
    return imported(tmp_path, rows(40, 2, kind=["web", "phone"]), slug, source="kind", split="production")


def trained(dataset, C="1"):
    return _run(request_training(dataset, learner="logistic", pairs={"C": C}, background=False))


def trained_like(run):
    return _run(request_training(run.dataset, like=run, background=False))


def _run(job):
    return ModelRun.objects.get(pk=work_here(job).result["run"])


def relabelled(dataset, expert=None, outcomes=None):
    """The flipped items decided by an expert, all rightly; the last `outcomes` of them as ambiguous."""
    expert = expert or people.erin(dataset)
    for number in range(FLIPPED):
        case = open_case(dataset, f"r1-{number}")
        name = "ambiguous" if number >= FLIPPED - (outcomes or 0) else ("access" if number % 2 else "payment")
        decide(case, expert, answer(dataset, name), timezone.now())


def compared(dataset, before, after):
    production = snapshot(dataset, Snapshot.PRODUCTION)
    job = request_comparison(dataset, str(before.pk), str(after.pk), production, background=False)
    return Comparison.objects.get(pk=work_here(job).result["comparison"])


def whole_round(tmp_path, ambiguous=0):
    """dataset, before, after, comparison."""
    dataset = with_production(tmp_path)
    before = trained(dataset)
    relabelled(dataset, outcomes=ambiguous)
    after = trained_like(before)
    return dataset, before, after, compared(dataset, before, after)
