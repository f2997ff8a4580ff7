"""Where a page stands: the stages of the loop, the pages beneath each, and what waits there for whoever looks."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django import template
from django.template.context import RequestContext
from django.urls import reverse
from django.utils import timezone

from annotation.models import Case, Dataset, Job, Membership, OfflineRow, Skip, User
from annotation.reading.experts.disputes import disputes_for
from annotation.reading.experts.free_cases import barred_from
from annotation.reading.experts.routing_rules import rules_of

register = template.Library()


@dataclass(frozen=True)
class MenuPage:
    """`name` is that of its address, and what the page itself and those it leads to write into their block `page`."""

    name: str
    title: str


STAGES: dict[str, tuple[MenuPage, ...]] = {
    "Overview": (MenuPage("overview", "Overview"),),
    "Labels": (
        MenuPage("findings", "Findings"),
        MenuPage("cases", "Cases"),
        MenuPage("items", "Items"),
        MenuPage("disagreement", "Disagreement"),
        MenuPage("annotators", "Annotators"),
        MenuPage("rules", "Rules"),
        MenuPage("audit", "Audit"),
        MenuPage("opinions", "Second opinion"),
    ),
    "Experts": (
        MenuPage("queue", "My queue"),
        MenuPage("adjudicate", "Adjudicate"),
        MenuPage("experts", "People and skill"),
        MenuPage("routing", "Routing"),
        MenuPage("qualification", "Tests"),
        MenuPage("guidelines", "Guidelines"),
        MenuPage("comments", "Comments"),
        MenuPage("offline", "Offline"),
        MenuPage("history", "My history"),
        MenuPage("my_record", "My record"),
    ),
    "Models": (
        MenuPage("runs", "Runs"),
        MenuPage("recipes", "Recipes"),
        MenuPage("sweeps", "Sweeps"),
        MenuPage("augmentation", "Copies"),
        MenuPage("costs", "Costs"),
    ),
    "Proof": (
        MenuPage("comparisons", "Comparisons"),
        MenuPage("diagnosis", "Diagnosis"),
        MenuPage("attributions", "Labels or regularization"),
        MenuPage("production_sets", "Production sets"),
        MenuPage("returns", "Return on expert time"),
        MenuPage("over_time", "Over time"),
    ),
    "Data": (
        MenuPage("import", "Import"),
        MenuPage("imports", "Imports"),
        MenuPage("export", "Export"),
        MenuPage("question", "Classes and question"),
        MenuPage("columns", "Columns"),
        MenuPage("people", "Members"),
        MenuPage("access_log", "Access"),
        MenuPage("dataset", "This dataset"),
        MenuPage("jobs", "Jobs"),
    ),
}
FOR_EXPERTS = ("queue", "history", "my_record", "guidelines", "rules", "offline")
# Counting stops here: a mark says that something waits, the page says how much.
MOST = 9
DATASETS = 20


@dataclass(frozen=True)
class Link:
    """`here` is the value of aria-current, `waits` a mark such as "3" with what it counts in `meaning`."""

    title: str
    url: str
    here: str = ""
    waits: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Standing:
    """`pages` beneath the stage one is in, none where it has one only; `datasets` to switch to."""

    stages: tuple[Link, ...] = ()
    pages: tuple[Link, ...] = ()
    datasets: tuple[Link, ...] = ()


@register.simple_block_tag(takes_context=True)
def standing(context: RequestContext, content: str) -> Standing:
    """Where the page stands whose block `page` this tag is put around: `{% standing as where %}…{% endstanding %}`."""
    dataset, user = context.get("dataset"), context.get("user")
    if not isinstance(dataset, Dataset) or user is None or not user.is_authenticated:
        return Standing()
    mine = Membership.objects.filter(user=user).select_related("dataset").order_by("dataset__name")[:DATASETS]
    roles = {one.dataset_id: one.role for one in mine}
    role = roles.get(dataset.pk) or dataset.role_of(user)
    name, path = content.strip(), context["request"].path
    marks = _marks(dataset, user, role, name)
    own = Standing(datasets=_datasets(mine, name))
    if role != Membership.LEAD:
        judges = any(one.dataset_id == dataset.pk and one.adjudicates for one in mine)
        seen = [*(["adjudicate"] if judges else []), *_of_an_expert(dataset)]
        return replace(own, stages=_links(dataset, _pages_of(seen), name, path, marks))
    stages = tuple(_stage(dataset, title, pages, name, path, marks) for title, pages in STAGES.items())
    beneath = next((pages for pages in STAGES.values() if name in {page.name for page in pages}), ())
    pages = _links(dataset, beneath, name, path, marks) if len(beneath) > 1 else ()
    return replace(own, stages=stages, pages=pages)


def _of_an_expert(dataset: Dataset) -> tuple[str, ...]:
    """Names of the pages an expert sees; the rules only where the lead allows it."""
    return tuple(name for name in FOR_EXPERTS if name != "rules" or rules_of(dataset).rules_for_experts)


def _pages_of(names: Iterable[str]) -> list[MenuPage]:
    known = {page.name: page for pages in STAGES.values() for page in pages}
    return [known[name] for name in names]


def _stage(
    dataset: Dataset, title: str, pages: Iterable[MenuPage], name: str, path: str, marks: dict[str, tuple[str, str]]
) -> Link:
    """A stage leads to its first page; it carries the first mark of its pages."""
    links = _links(dataset, pages, name, path, marks)
    marked = next((link for link in links if link.waits), links[0])
    here = "page" if links[0].url == path else "true" if any(link.here for link in links) else ""
    return Link(title, links[0].url, here, marked.waits, marked.meaning)


def _links(
    dataset: Dataset, pages: Iterable[MenuPage], name: str, path: str, marks: dict[str, tuple[str, str]]
) -> tuple[Link, ...]:
    found = []
    for page in pages:
        url = reverse(page.name, args=[dataset.slug])
        here = "" if page.name != name else "page" if url == path else "true"
        found.append(Link(page.title, url, here, *marks.get(page.name, ("", ""))))
    return tuple(found)


def _marks(dataset: Dataset, user: User, role: str | None, name: str) -> dict[str, tuple[str, str]]:
    """MenuPage → how much waits there, in a word and in a sentence. The queue says on its own page what is open."""
    marks = {}
    checks = _held_checks(dataset, user) if role != Membership.LEAD else 0
    if name != "queue" and (n := _free_cases(dataset, user) + checks):
        marks["queue"] = (_counted(n), f"{_counted(n)} cases wait for you" if n > 1 else "1 case waits for you")
    if n := _to_settle(dataset, user, role):
        marks["adjudicate"] = (_counted(n), f"{_counted(n)} cases wait to be settled" if n > 1 else "1 case waits")
    if role == Membership.LEAD and (n := _failed(dataset)):
        marks["jobs"] = (_counted(n), f"{_counted(n)} jobs failed" if n > 1 else "1 job failed")
    if role == Membership.LEAD and (n := dataset.comments.unresolved()[: MOST + 1].count()):
        marks["comments"] = (_counted(n), f"{_counted(n)} comments are open" if n > 1 else "1 comment is open")
    return marks


def _free_cases(dataset: Dataset, user: User) -> int:
    """Of the first open cases not skipped: what else bars somebody takes a millisecond a case after many decisions."""
    if dataset.archived_at:
        return 0
    now = timezone.now()
    skipped = Skip.objects.standing().filter(expert=user).values("case")
    away = OfflineRow.objects.kept_by(user, now).values("case")
    waiting = dataset.cases.waiting_for(user, now).exclude(pk__in=skipped).exclude(pk__in=away)
    ids = list(waiting.in_order().values_list("id", flat=True)[: MOST + 1])
    return len(set(ids) - barred_from(user, ids))


def _to_settle(dataset: Dataset, user: User, role: str | None) -> int:
    """Cases on which experts differ or that they passed to a lead; asked only of whoever may settle them."""
    if role != Membership.LEAD and not Membership.objects.filter(dataset=dataset, user=user, adjudicates=True).exists():
        return 0
    return sum(case.awaits != Case.NOBODY for case in disputes_for(dataset, user, MOST + 1))


def _held_checks(dataset: Dataset, user: User) -> int:
    """A check that an expert holds counts like any other case, or its being missing would tell what it is."""
    now = timezone.now()
    held = dataset.cases.checks_of(user).filter(status=Case.OPEN, leased_until__gt=now)
    return held.exclude(pk__in=OfflineRow.objects.kept_by(user, now).values("case")).count()


def _failed(dataset: Dataset) -> int:
    """Jobs that failed and were not asked for again since."""
    return dataset.jobs.filter(status=Job.FAILED).not_asked_again()[: MOST + 1].count()


def _counted(n: int) -> str:
    return f"{MOST}+" if n > MOST else str(n)


def _datasets(mine: Iterable[Membership], name: str) -> tuple[Link, ...]:
    """Each dataset on this same page where its member may see it, else on the first page."""
    known = {page.name for pages in STAGES.values() for page in pages}
    links = []
    for one in mine:
        lead = one.role == Membership.LEAD
        seen = name in (known if lead else _of_an_expert(one.dataset))
        page = name if seen else "overview" if lead else "queue"
        links.append(Link(one.dataset.name, reverse(page, args=[one.dataset.slug])))
    return tuple(links)
