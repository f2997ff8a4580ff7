import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.lease import hold
from annotation.actions.queue.skip import skip
from annotation.models import Case, Job
from annotation.templatetags.stages import FOR_EXPERTS, STAGES
from tests.factories import open_case, small_dataset
from tests.pages import html_of
from tests.people import erin, leo, olga

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
NAMES = {page.name for pages in STAGES.values() for page in pages}
NO_PLACE = {
    "invitation",
    "login",
    "forgot",
    "reset",
    "404",
    "403_csrf",
    "account",
    "password_change",
    "datasets",
    "new_dataset",
    "notices",
    "operator",
    "tokens",
    "base",
    "authenticate",
    "reauthenticate",
    "index",
    "activate_form",
    "deactivate_form",
    "generate",
    "add_form",
    "authenticator_list",
    "authenticator_confirm_delete",
}


@pytest.fixture
def dataset(tmp_path, db):
    return small_dataset(tmp_path)


def get(person, name, dataset):
    client = Client()
    client.force_login(person)
    return html_of(client.get(reverse(name, args=[dataset.slug])))


def links_in(page, label):
    """Title → address of a navigation's links, and the title of the one where the page stands."""
    found = re.search(rf'<nav class="\w+" aria-label="{label}">(.*?)</nav>', page)
    if not found:
        return {}, ""
    links = re.findall(r'<a href="([^"]+)"([^>]*)>([\w ]+)', found[1])
    here = [title.strip() for _, rest, title in links if "aria-current" in rest]
    return {title.strip(): url for url, _, title in links}, "".join(here)


def pages_of_datasets():
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = path.read_text()
        if '{% extends "base.html" %}' in text and path.stem not in NO_PLACE:
            yield path, re.findall(r"{% block page %}(.*?){% endblock %}", text)


def test_each_page_says_where_it_stands():
    pages = dict(pages_of_datasets())
    assert len(pages) > 12, pages
    for path, said in pages.items():
        # a page beneath either of two learns from its view which
        assert len(said) == 1 and (said[0] in NAMES or said[0] == "{{ back }}"), path.relative_to(TEMPLATES)


def test_a_lead_finds_the_stages_and_the_pages_of_one(dataset):
    page = get(leo(dataset), "disagreement", dataset)
    stages, stage = links_in(page, "Stages")
    pages, here = links_in(page, "Pages of this stage")
    assert list(stages) == list(STAGES) and stage == "Labels"
    assert list(pages) == [one.title for one in STAGES["Labels"]] and here == "Disagreement"


def test_any_page_is_two_clicks_from_any_other(dataset):
    lead = leo(dataset)
    stages, _ = links_in(get(lead, "findings", dataset), "Stages")
    client = Client()
    client.force_login(lead)
    reached = set()
    for url in stages.values():
        pages, _ = links_in(html_of(client.get(url)), "Pages of this stage")
        reached |= {url, *pages.values()}
    for url in reached:
        assert client.get(url).status_code == 200
        assert list(links_in(html_of(client.get(url)), "Stages")[0].values()) == list(stages.values())
    assert {reverse(name, args=[dataset.slug]) for name in NAMES - {"jobs"}} <= reached


def test_an_expert_sees_their_own_few(dataset):
    page = get(erin(dataset), "history", dataset)
    stages, here = links_in(page, "Stages")
    assert list(stages.values()) == [reverse(name, args=[dataset.slug]) for name in FOR_EXPERTS]
    assert here == "My history"
    assert links_in(page, "Pages of this stage") == ({}, "")


def test_the_dataset_s_name_leads_to_the_same_page_of_ones_other_datasets(dataset, tmp_path):
    other, foreign = small_dataset(tmp_path, "other"), small_dataset(tmp_path, "foreign")
    leo(other)
    page = get(leo(dataset), "findings", dataset)
    switcher = re.search(r'<details class="switcher">(.*?)</details>', page)[1]
    assert reverse("findings", args=["other"]) in switcher
    assert foreign.slug not in switcher
    erin(other), erin(dataset)
    assert reverse("rules", args=["other"]) in get(erin(dataset), "rules", dataset)


def test_what_waits_is_marked(dataset):
    expert, lead = erin(dataset), leo(dataset)
    case = open_case(dataset, "s1")
    assert "1 case waits for you" in get(expert, "history", dataset)
    assert "1 case waits for you" in get(lead, "findings", dataset)
    skip(case, expert, timezone.now())
    assert "waits for you" not in get(expert, "history", dataset)


def test_a_check_that_is_held_is_marked_like_any_case(dataset):
    expert, now = erin(dataset), timezone.now()
    case = open_case(dataset, "s1")
    hold(case, expert, now)
    assert "1 case waits for you" in get(expert, "history", dataset)
    Case.objects.filter(pk=case.pk).update(kind=Case.GOLD, reserved_for=expert)
    assert "1 case waits for you" in get(expert, "history", dataset)


def test_jobs_that_failed_are_marked_until_asked_for_again(dataset):
    def failing(**more):
        return Job.objects.create(dataset=dataset, kind="detection", key="one", status=Job.FAILED, **more)

    lead, expert = leo(dataset), erin(dataset)
    failing()
    assert "1 job failed" in get(lead, "findings", dataset)
    assert "failed" not in get(expert, "history", dataset)
    failing()
    assert "1 job failed" in get(lead, "findings", dataset)
    Job.objects.create(dataset=dataset, kind="detection", key="one", status=Job.DONE)
    assert "failed" not in get(lead, "findings", dataset)


# the account


def test_the_name_leads_to_the_account_and_a_new_password(db):
    client, person = Client(), olga()
    client.force_login(person)
    assert reverse("account") in html_of(client.get("/"))
    person.set_password("an old password")
    person.save()
    client.force_login(person)
    sent = {"old_password": "an old password", "new_password1": "quite a new one", "new_password2": "quite a new one"}
    wrong = client.post(reverse("password_change"), sent | {"old_password": "?"})
    assert "Your old password was entered incorrectly" in html_of(wrong)
    assert "Your password is changed." in html_of(client.post(reverse("password_change"), sent, follow=True))
    person.refresh_from_db()
    assert person.check_password("quite a new one")


def test_the_account_is_for_whoever_is_logged_in(db):
    for name in ("account", "password_change"):
        assert Client().get(reverse(name)).url.startswith(reverse("login"))
