"""The pages of a dataset as a whole, each role by each button."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.datasets.change_columns import UnableToChangeColumns, change_columns
from annotation.actions.jobs.work import UnableToWork
from annotation.actions.people.create_dataset import create_dataset
from annotation.actions.queue.lease import lease
from annotation.models import Case, Dataset, DatasetChange, Detection, FileImport, Job, Membership
from tests import people
from tests.factories import imported, open_case, small_dataset

pytestmark = pytest.mark.django_db
PAGES = ("imports", "dataset", "rename_dataset", "archive_dataset", "change_dataset_columns", "erase_dataset")


@pytest.fixture
def support(tmp_path):
    return small_dataset(tmp_path)


@pytest.fixture
def leo(client, support):
    client.force_login(people.leo(support))
    return client


def post(client, page, support, **data):
    return client.post(reverse(page, args=[support.slug]), data, follow=True)


def test_a_lead_reads_the_imports_and_takes_one_back(leo, support):
    brought = FileImport.objects.get()
    page = leo.get(reverse("imports", args=["support"])).content.decode()
    assert "1 file came in" in page and brought.file_name in page
    one = reverse("take_import_back", args=["support", brought.pk])
    assert "6 items" in leo.get(one).content.decode()
    assert "is taken back: 6 items left" in leo.post(one, follow=True).content.decode()
    assert "taken back already" in leo.get(one).content.decode()
    assert "taken back already" in leo.post(one, follow=True).content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_nobody_else_sees_them(client, support, name):
    for person in (people.erin(support), people.olga()):
        client.force_login(person)
        url = reverse(name, args=["support"])
        assert {client.get(url).status_code, client.post(url).status_code} <= {404, 405}
        assert 404 in {client.get(url).status_code, client.post(url).status_code}


def test_renamed_and_told_apart(leo, support, tmp_path):
    other = imported(tmp_path, [{"id": "1", "text": "a", "label": "x"}], "other")
    Membership.objects.create(dataset=other, user=people.leo(support), role=Membership.LEAD)
    assert "is called Requests now" in post(leo, "rename_dataset", support, name=" Requests ").content.decode()
    support.refresh_from_db()
    assert (support.name, support.slug) == ("Requests", "support")
    change = DatasetChange.objects.get()
    assert (change.was, change.now, change.author.username) == ("support", "Requests", "leo")
    for taken in ("other", "OTHER", "oth\u200ber", "ｏther"):
        assert "of that name already" in post(leo, "rename_dataset", support, name=taken).content.decode()
    assert "of that name already" in leo.post(reverse("new_dataset"), {"name": "Other"}).content.decode()


def test_two_of_one_name_made_by_two_leads_are_told_apart(leo, support):
    theirs = create_dataset("Support", people.olga())
    Membership.objects.create(dataset=theirs, user=people.leo(support), role=Membership.LEAD)
    page = leo.get(reverse("datasets")).content.decode()
    assert theirs.slug != "support" and f'<span class="soft">{theirs.slug}</span>' in page


def test_archived_nobody_is_asked_and_no_file_is_taken(leo, support, tmp_path):
    erin = people.erin(support)
    open_case(support, "s1")
    held = lease(support, erin, timezone.now())
    page = post(leo, "archive_dataset", support).content.decode()
    assert "nobody is asked about it" in page
    support.refresh_from_db()
    held.refresh_from_db()
    assert (held.leased_to, held.status) == (None, Case.OPEN)
    assert lease(support, erin, timezone.now()) is None
    with pytest.raises(UnableToWork, match="takes no files"):
        imported(tmp_path, [{"id": "s9", "text": "a", "label": "access"}])
    assert "1 archived" in leo.get(reverse("datasets")).content.decode()
    leo.force_login(erin)
    assert "archived" in leo.get(reverse("queue", args=["support"])).content.decode()
    leo.force_login(people.leo(support))
    post(leo, "archive_dataset", support, restore="1")
    support.refresh_from_db()
    assert lease(support, erin, timezone.now()) == held
    assert [one.kind for one in support.changes.order_by("id")] == ["archive", "restore"]


def test_a_field_becomes_a_category_before_anything_was_built_on_it(leo, support):
    post(leo, "change_dataset_columns", support, field_0="category")
    support.refresh_from_db()
    assert support.fields == [{"name": "text", "type": "category"}]
    with pytest.raises(UnableToChangeColumns, match="can't become number"):
        change_columns(support, {"text": "number"}, None)
    counts = dict.fromkeys(("n_items", "n_groups", "n_conflicts", "n_flags", "n_findings"), 0)
    Detection.objects.create(dataset=support, arrays="", seconds=0, **counts)
    with pytest.raises(UnableToChangeColumns, match="rests on these columns"):
        change_columns(support, {"text": "text"}, None)


def test_erased_by_its_name_and_by_staff_too(leo, support):
    page = post(leo, "erase_dataset", support, name="Support").content.decode()
    assert "That is not its name" in page and not Job.objects.filter(kind="erasure").exists()
    assert "Erasing support takes" in leo.get(reverse("erase_dataset", args=["support"])).content.decode()
    leo.force_login(people.otto())
    post(leo, "erase_dataset", support, name="support")
    assert Job.objects.get(kind="erasure").created_by.username == "otto"
    support.refresh_from_db()
    assert support.archived_at
    leo.force_login(people.leo(support))
    assert "being erased" in leo.get(reverse("datasets")).content.decode()
    assert "can&#x27;t be taken out again" in post(leo, "archive_dataset", support, restore="1").content.decode()
    assert Dataset.objects.exists()
