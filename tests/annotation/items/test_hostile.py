"""Every address of the table under absurd questions, wrong methods and ids that are not there."""

import pytest
from django.urls import reverse

from tests import people
from tests.annotation.items.world import item_of, world
from tests.factories import small_dataset
from tests.people import as_

ODD = ["-1", "²", "٣", "nan,nan", "9" * 30, "9" * 5_000, "a\x00b", "🙈", '"', "%"]
GETS = ("words", "label", "was", "said", "annotator", "source", "expert", "detector", "state", "split", "case",
        "differ", "finding", "snapshot", "audit", "draw", "import", "model", "score_from", "probability_to",
        "received_from", "brought_to", "not", "sort", "after", "found", "done")  # fmt: skip
FIELDS = ("query", "ids", "item", "every", "confirmed", "label", "token", "seen", "name", "also_decided")
READ, DONE = ("items", "download_items"), ("open_items", "label_items", "save_filter")


@pytest.fixture
def dataset(tmp_path, db):
    return world(tmp_path)


@pytest.mark.fault("absurd questions to the table of items")
def test_absurd_questions_are_no_fault_of_the_server(dataset):
    client = as_(people.leo(dataset))
    client.raise_request_exception = False
    bad = []
    for odd in ODD:
        asked = [{name: odd} for name in GETS] if odd in ODD[:7] else [dict.fromkeys(("words", "source", "after"), odd)]
        bad += [(data, odd[:9]) for data in asked
                if client.get(reverse("items", args=[dataset.slug]), data).status_code >= 500]  # fmt: skip
        for name in DONE:
            for data in (dict.fromkeys(FIELDS, odd), {name: odd for name in FIELDS if name != "confirmed"}):
                if client.post(reverse(name, args=[dataset.slug]), data).status_code >= 500:
                    bad.append((name, odd[:9]))
    assert bad == []


@pytest.mark.fault("items changed by a link")
def test_what_changes_something_takes_no_get(dataset):
    client = as_(people.leo(dataset))
    assert {client.get(reverse(name, args=[dataset.slug])).status_code for name in DONE} == {405}
    assert {client.post(reverse(name, args=[dataset.slug])).status_code for name in READ} == {405}


@pytest.mark.fault("numbers of another dataset's items")
def test_items_and_ids_of_another_dataset_are_not_there(dataset, tmp_path):
    other = small_dataset(tmp_path, "other")
    client = as_(people.leo(other))
    own = item_of(dataset, "a4").pk
    for pk in (own, 0, 10**18, 10**30):
        assert client.get(reverse("item", args=["other", pk])).status_code == 404
        assert client.post(reverse("delete_filter", args=["other", pk])).status_code == 404
    for name in ("open_items", "label_items"):
        response = client.post(reverse(name, args=["other"]), {"item": [own]}, follow=True)
        assert "Tick at least one item first." in response.content.decode()
    client.post(reverse("open_items", args=["other"]), {"ids": str(own), "confirmed": "on"})
    assert not other.cases.exists()
    assert dataset.cases.filter(case_items__item=own).count() == 0
