"""The table of items: how its pages follow one another, who sees it, and filters kept under a name."""

import csv
import io

import pytest
from django.urls import reverse

from annotation.models import SavedFilter
from annotation.reading.items import search as searching
from annotation.reading.items.in_order import read_key
from annotation.reading.items.search import search
from annotation.views.items import table
from annotation.views.items.table import read_query
from tests import people
from tests.annotation.items.world import found, item_of, page, post, world
from tests.pages import text_of
from tests.people import as_

SORTS = ("import", "-import", "score", "received", "-received")


@pytest.fixture
def dataset(tmp_path, db):
    return world(tmp_path)


def test_it_works(dataset):
    text = text_of(page(dataset))
    assert all(name in text for name in ("a1", "a8", "p2", "10 items in all", "Model differs from label"))
    assert "odd label" in text


def test_a_filter_is_shown_as_it_was_asked(dataset):
    text = text_of(page(dataset, "?words=card&label=payment&label=access&not=label&score_from=0.25"))
    assert "Items with words: card; not label now: payment or access; score: from 0.25" in text
    assert 'value="0.25"' in text
    assert text.count("checked") == 3


def test_what_cannot_be_asked_is_said_on_the_page(dataset):
    response = page(dataset, "?label=nothing")
    assert response.status_code == 200
    assert "is not known here" in text_of(response)


def test_experts_and_outsiders_see_none_of_it(dataset):
    for person in (people.erin(dataset), people.olga()):
        assert page(dataset, person=person).status_code == 404
        for name, args in (("item", [item_of(dataset, "a1").pk]), ("download_items", [])):
            assert as_(person).get(reverse(name, args=[dataset.slug, *args])).status_code == 404
        for name in ("open_items", "label_items", "save_filter"):
            assert as_(person).post(reverse(name, args=[dataset.slug])).status_code == 404


def test_pages_follow_one_another_without_gap_or_twin(dataset, monkeypatch):
    for sort in SORTS:
        seen, key = [], None
        looked = search(dataset, read_query(f"sort={sort}"))
        for _ in range(20):
            part = looked.look(key, 2, seconds=60)
            seen += part.items
            if part.after is None:
                break
            key = read_key(str(part.after))
        assert seen == [pk for one in looked.all() for pk in one], sort
        assert len(seen) == len(set(seen))


def test_a_look_ends_in_time_and_the_page_goes_on(dataset, monkeypatch):
    monkeypatch.setattr(searching, "BUDGET", 0.0)
    monkeypatch.setattr(searching, "FIRST", 4)
    monkeypatch.setattr(table, "search", lambda *args: _Hurried(search(*args)))
    text = text_of(page(dataset, "?source=phone"))
    assert "1 found so far" in text
    assert "Looked through" in text
    assert 'hx-trigger="load"' in text


class _Hurried:
    def __init__(self, found):
        self.found = found

    def look(self, after, wanted):
        return self.found.look(after, wanted, seconds=0.0001)


def test_the_rest_of_a_page_comes_as_lines(dataset):
    client = as_(people.leo(dataset))
    key = f"0.0,{item_of(dataset, 'a4').pk}"
    url = reverse("items", args=[dataset.slug]) + f"?source=phone&after={key}&found=1"
    text = client.get(url, headers={"HX-Request": "true", "HX-Target": "more"}).content.decode()
    assert "<html" not in text
    assert "a5" in text
    assert "a4" not in text
    assert "The last 4 items." in text


def test_keys_that_are_none_are_the_beginning(dataset):
    for key in ("", "x", "nan,3", "1e999,²", "0.0," + "9" * 40, "-inf,4", "inf,4", "1e300,4"):
        for sort in SORTS:
            assert page(dataset, f"?after={key}&sort={sort}").status_code == 200


def test_an_item_tells_all_that_happened_to_it(dataset):
    client = as_(people.leo(dataset))
    text = client.get(reverse("item", args=[dataset.slug, item_of(dataset, "a2").pk])).content.decode()
    for said in ("imported", "“payment”, by import", "“access”, by decision", "opened; it is settled", "erin", "bob"):
        assert said in text, said
    text = client.get(reverse("item", args=[dataset.slug, item_of(dataset, "a3").pk])).content.decode()
    assert "passed case" in text
    text = client.get(reverse("item", args=[dataset.slug, item_of(dataset, "a1").pk])).content.decode()
    for said in ("odd label", "payment for access", "“payment”, 80% by “pool”"):
        assert said in text, said


def test_a_filter_is_kept_under_a_name_that_is_not_taken(dataset):
    assert "Saved as “Cards”" in text_of(post(dataset, "save_filter", name=" Cards ", query="words=card"))
    kept = SavedFilter.objects.get()
    assert (kept.name, kept.query, kept.author.username) == ("Cards", "words=card", "leo")
    assert "?words=card" in text_of(page(dataset))
    assert "There is a filter “Cards” already" in text_of(post(dataset, "save_filter", name="Cards", query="words=x"))
    assert "set a condition first" in text_of(post(dataset, "save_filter", name="All", query=""))
    assert "Give the filter a name" in text_of(post(dataset, "save_filter", name="", query="words=x"))
    post(dataset, "delete_filter", kept.pk)
    assert not SavedFilter.objects.exists()


def test_what_is_shown_can_be_taken_away(dataset):
    client = as_(people.leo(dataset))
    response = client.get(reverse("download_items", args=[dataset.slug]) + "?source=web&sort=score")
    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode())))
    assert [row["id"] for row in rows] == found(dataset, "source=web&sort=score") == ["a1", "a3", "a2"]
    assert rows[0]["flags"] == "label_error: odd label"
    assert rows[2]["label"] == "access"
    assert rows[2]["label_as_imported"] == "payment"
    assert "bob: payment" in rows[2]["labels_given"]
    assert rows[1]["text"] == "Reset my PASSWORD please"
    refused = client.get(reverse("download_items", args=[dataset.slug]) + "?label=none", follow=True)
    assert "is not known here" in refused.content.decode()


def test_a_field_called_like_a_column_keeps_its_name(dataset):
    dataset.fields = [{"name": "label", "type": "text"}, {"name": "second_look_label", "type": "text"}]
    dataset.save()
    response = as_(people.leo(dataset)).get(reverse("download_items", args=[dataset.slug]))
    columns = next(csv.reader(io.StringIO(response.getvalue().decode())))
    assert columns[-3:-1] == ["label", "second_look_label"]
    assert "second_look_second_look_label" in columns
    assert len(set(columns)) == len(columns)
