"""A pool with labels and forty production items without any, of which some are near-copies."""

from django.utils import timezone

from annotation.actions.production.draw_production import draw_production
from annotation.actions.queue.decide import decide
from annotation.models import Case
from tests.factories import answer, apart, imported
from tests.people import emil, erin, leo

N = 40


def unlabelled(n=N, copies=0):
    rows = [{"id": f"p{i}", "text": apart(f"word{i}", 900 + i), "from": ("web", "phone")[i % 4 == 0]} for i in range(n)]
    more = [{"id": f"copy{i}", "text": rows[1]["text"] + " thanks", "from": "web"} for i in range(copies)]
    return rows + more


def world(tmp_path, copies=0):
    """Erin and Emil are experts, Leo the lead."""
    pool = [
        {"id": f"i{n}", "text": apart(f"pool{n}", n), "label": ("access", "payment")[n % 2], "from": "web"}
        for n in range(30)
    ]
    imported(tmp_path, pool, source="from")
    dataset = imported(tmp_path, unlabelled(copies=copies), split="production", label=None, source="from")
    for person in (erin, emil, leo):
        person(dataset)
    return dataset


def drawn(dataset, n=10, **extra):
    return draw_production(dataset, n=n, now=timezone.now(), **extra)


def cases(dataset):
    """In the order they are asked in."""
    return list(dataset.cases.filter(kind=Case.PRODUCTION).order_by("id"))


def say(case, person, name, **extra):
    decision = decide(case, person, answer(case.dataset, name, **extra), timezone.now())
    case.refresh_from_db()
    return decision


def both_say(dataset, case, *names):
    for person, name in zip((erin(dataset), emil(dataset)), names, strict=True):
        say(case, person, name)
