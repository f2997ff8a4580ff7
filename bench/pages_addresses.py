"""The address of every page that is asked for, by the URL map, with something of the site in each place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

LEAD, EXPERT = "lead", "expert 0"
# Pages that are another page under a filter or with something typed: (name of the page, what is added, HTMX).
MORE = [
    ("items", "?words=kitten", False), ("items", "?words=nowhere", False), ("items", "?sort=score", False),
    ("items", "?state=contested", False), ("items", "?differ=annotators", False), ("items", "?detector=any", False),
    ("items", "?label=class+3&annotator=ann+7", False), ("items", "?sort=-received", False),
    ("cases", "?status=settled", False), ("cases", "?status=every", False), ("cases", "?detector=label_error", False),
    ("cases", "?passed=any", False), ("annotators", "?all", False),
    ("rules", "?kind=word&name=kitten", False), ("rules", "?kind=word&name=w18", True),
    ("rules", "?kind=longer&number=5", True), ("rules", "?kind=source&name=s3", True),
    ("rules", "?kind=first&number=100", True), ("overview", "", True), ("columns", "", True),
]  # fmt: skip
# They start something, or hand out a file that is made while one waits.
NOT_PAGES = {"logout", "reset", "invitation", "download_export", "download_cases", "download_items", "offline_cases",
             "report_markdown", "report_json", "download_runs", "download_coefficients", "download_model",
             "predicted", "import_rejected", "rejected_rows", "import_columns"}  # fmt: skip


@dataclass(frozen=True)
class Page:
    """name: of the page, the dataset and what is added to the address; user: who asks."""

    name: str
    address: str
    user: str
    headers: dict[str, str] = field(default_factory=dict)


def pages_of(slugs: Sequence[str]) -> list[Page]:
    """Every address of the URL map that there is something for, as a lead and as an expert; some take answers only."""
    found: dict[tuple[str, str], Page] = {}
    for slug in slugs:
        for user in (LEAD, EXPERT):
            for name, address in _addresses(slug):
                found.setdefault((address, user), Page(f"{name} {slug} {user.split()[0]}", address, user))
    more = [
        Page(f"{name}{add}{' part' * htmx} {slugs[0]} lead", found[key].address + add, LEAD, _headers(htmx))
        for name, add, htmx in MORE
        for key in found
        if found[key].name == f"{name} {slugs[0]} lead"
    ]
    return [*found.values(), *more]


def _headers(htmx: bool) -> dict[str, str]:
    return {"hx-request": "true", "hx-target": "tried"} if htmx else {}


def _addresses(slug: str) -> Iterator[tuple[str, str]]:
    from django.urls import NoReverseMatch, get_resolver, reverse  # noqa: PLC0415

    from annotation.models import Dataset  # noqa: PLC0415

    things = _things(Dataset.objects.get(slug=slug))
    for part in get_resolver().url_patterns:
        for pattern in getattr(part, "url_patterns", []):
            name = getattr(pattern, "name", None)
            if not name or name in NOT_PAGES or getattr(part, "app_name", None):
                continue
            needed = pattern.pattern.converters
            values = {one: slug if one == "slug" else things.get((name, one)) for one in needed}
            if None in values.values():
                continue
            try:
                yield name, reverse(name, kwargs=values)
            except NoReverseMatch:
                continue


def _things(dataset: Any) -> dict[tuple[str, str], Any]:
    """(page, place in its address) → id of something of the dataset."""
    from annotation.models import Decision, User  # noqa: PLC0415

    items, cases, people = dataset.items.filter(split="pool").order_by("id"), dataset.cases, dataset.annotators
    item, decided = items.first(), Decision.objects.filter(case__dataset=dataset).order_by("id").first()
    case, expert = cases.filter(status="open").order_by("id").first(), User.objects.get(username=EXPERT)
    last = dict.fromkeys(("run", "sweep", "comparison", "diagnosis", "attribution"))
    found: dict[tuple[str, str], Any] = {
        ("take_import_back", "pk"): _first(dataset.file_imports), ("job", "pk"): _first(dataset.jobs),
        ("annotator", "pk"): _first(people), ("two_annotators", "pk"): _first(people),
        ("two_annotators", "other"): people.order_by("id").values_list("id", flat=True)[3],
        ("case", "pk"): case and case.pk, ("why", "pk"): case and case.pk, ("item", "pk"): item and item.pk,
        ("item_text", "pk"): item and item.pk, ("item_text", "place"): 0, ("item_comments", "pk"): item and item.pk,
        ("similar", "pk"): decided and decided.pk, ("touched", "version"): 1,
        ("expert_record", "pk"): expert.pk,
    }  # fmt: skip
    return found | {(name, "pk"): value for name, value in last.items()}


def _first(rows: Any) -> Any:
    return rows.order_by("id").values_list("id", flat=True).first()
