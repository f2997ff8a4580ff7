"""What a page asks of the database does not grow with its dataset."""

import pytest
from django.test import Client

from annotation.models import User
from annotation.reading import disagreement, rule_bench
from bench.pages_addresses import Page, pages_of
from bench.pages_site import build
from tests.counting import counted

pytestmark = pytest.mark.django_db

SMALL, LARGE, SAMPLE = 400, 4_000, 100
# Rows of one query of a page, and queries that one page may have more than another for what it happens to show.
MOST_ROWS, MORE = 2_000, 12
# These read every decision, finding, or name of an artifact, which are few beside the items.
OF_DECISIONS = {"erase_dataset", "experts", "expert_record", "my_record", "returns", "over_time", "routing"}


@pytest.fixture
def asked(monkeypatch, settings):
    """(name of a page, dataset) → what it asked; of two datasets, one ten times the other."""
    settings.DEBUG = False
    monkeypatch.setattr(disagreement, "SAMPLE", SAMPLE)
    monkeypatch.setattr(rule_bench, "SAMPLE", SAMPLE)
    build("small", SMALL)
    build("large", LARGE)
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(username="lead"))
    found = {}
    for slug in ("small", "large"):
        for page in pages_of((slug,)):
            # of no dataset; it says 503 where no worker is
            if page.user == "lead" and page.address != "/ready/":
                found[page.name.replace(f" {slug}", ""), slug] = _asked(client, page)
    return {key: one for key, one in found.items() if one}


def _asked(client: Client, page: Page):
    with counted() as asked:
        status = client.get(page.address, headers=page.headers).status_code
    assert status < 500, page
    return asked if status == 200 else None


def test_no_page_asks_more_of_a_larger_dataset(asked):
    names = {name for name, slug in asked if (name, "small") in asked and (name, "large") in asked}
    assert len(names) > 60
    more = {
        name: (asked[name, "small"].n, asked[name, "large"].n, asked[name, "large"].largest)
        for name in sorted(names)
        if name.split()[0].split("?")[0] not in OF_DECISIONS
        if asked[name, "large"].n > asked[name, "small"].n + MORE or asked[name, "large"].largest[1] > MOST_ROWS
    }
    assert not more, "\n".join(f"{name}: {one}"[:400] for name, one in more.items())
