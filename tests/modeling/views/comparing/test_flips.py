"""Rows that flipped, the changed labels behind them, and asking about those again."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.reopen import UnableToReopen
from annotation.models import Case, Item
from modeling.actions.proving.reopen_flips import reopen_flips
from modeling.models import Comparison, Steering
from modeling.reading.comparing.flips import BROKEN, MENDED, FlipsAsked, all_flips, list_flips
from modeling.reading.comparing.traces import relabelled_near
from modeling.reading.looks import steered_by
from tests import people
from tests.factories import small_dataset
from tests.modeling import small_world
from tests.pages import html_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(tmp_path, client):
    dataset, _, _, comparison = small_world.whole_round(tmp_path)
    client.force_login(people.leo(dataset))
    return dataset, comparison


def first_flip(comparison):
    return Item.objects.get(pk=int(all_flips(comparison)["item"].iloc[0]))


def test_kinds_are_counted_as_the_proof_counts_them(world):
    _, comparison = world
    kinds = all_flips(comparison)["kind"].value_counts()
    proof = comparison.proof
    assert (kinds.get(MENDED, 0), kinds.get(BROKEN, 0)) == (proof["wrong_to_right"], proof["right_to_wrong"])
    assert proof["wrong_to_right"] > 0


def test_pages_are_filtered_and_follow_one_another(world):
    _, comparison = world
    everything = list_flips(comparison, FlipsAsked(), size=1_000)
    seen, after = [], 0
    while True:
        page = list_flips(comparison, FlipsAsked(kind=MENDED, after=after), size=2)
        seen += [flip.item.pk for flip in page.flips]
        if not page.next_after:
            break
        after = page.next_after
    assert seen == [flip.item.pk for flip in everything.flips if flip.kind == MENDED] and page.n == len(seen)
    web = list_flips(comparison, FlipsAsked(source="web", truth="access"))
    assert {(flip.item.source, flip.truth) for flip in web.flips} <= {("web", "access")}


def test_the_list_and_a_flip_as_a_page_and_as_a_fragment(world, client):
    dataset, comparison = world
    listed = client.get(reverse("flips", args=[dataset.slug, comparison.pk]), {"kind": "mended"})
    flip = first_flip(comparison)
    assert "wrong before, right after" in html_of(listed) and "Changed labels like it" in html_of(listed)
    url = reverse("flip", args=[dataset.slug, comparison.pk, flip.pk])
    page = words_of(client.get(url))
    assert "changed labels are like this row" in page and "erin" in page
    assert "recorded as use of this production set" in page
    fragment = html_of(client.get(url, headers={"HX-Request": "true"}))
    assert "<html" not in fragment and "recorded as use" in fragment
    assert client.get(reverse("flip", args=[dataset.slug, comparison.pk, 1])).status_code == 404, "it did not flip"


def test_changed_labels_say_by_whom_they_were_changed(world):
    _, comparison = world
    near = relabelled_near(comparison, first_flip(comparison))
    assert near and [one.likeness for one in near] == sorted((one.likeness for one in near), reverse=True)
    assert all(one.before != one.after and one.decision.expert.username == "erin" for one in near)


def test_asking_again_names_the_old_case_and_is_recorded_as_use_of_the_set(world, client):
    dataset, comparison = world
    flip = first_flip(comparison)
    near = relabelled_near(comparison, flip)
    url = reverse("flip", args=[dataset.slug, comparison.pk, flip.pk])
    said = html_of(client.post(url, {"item": [near[0].item.pk]}, follow=True))
    assert "1 case opened again" in said and "Recorded as use of this production set" in said
    steering = Steering.objects.get()
    case = steering.cases.get()
    assert case.reopens == near[0].decision.case and case.status == Case.OPEN
    assert f"comparison {comparison.pk}" in case.reopen_reason and steering.lead.username == "leo"
    assert list(steered_by(comparison.snapshot)) == [steering]
    client.post(url, {"item": [near[0].item.pk]})
    assert Steering.objects.count() == 1, "what is open already steers nothing anew"


def test_only_changed_labels_are_asked_about_again(world, client):
    _, comparison = world
    now, leo = timezone.now(), people.leo(comparison.snapshot.dataset)
    untouched = Item.objects.get(external_id="r1-30")
    with pytest.raises(UnableToReopen, match="Only labels that differ"):
        reopen_flips(comparison, [untouched.pk], leo, now)
    with pytest.raises(UnableToReopen, match="Tick at least one"):
        reopen_flips(comparison, [], leo, now)
    Comparison.objects.filter(pk=comparison.pk).update(before_run=None)
    with pytest.raises(UnableToReopen, match="no run"):
        reopen_flips(Comparison.objects.get(), [untouched.pk], leo, now)
    assert not Steering.objects.exists()


def test_only_leads_of_this_dataset(world, client, tmp_path):
    dataset, comparison = world
    flip = first_flip(comparison).pk
    other = small_dataset(tmp_path, "other")
    for person, slug in ((people.erin(dataset), "support"), (people.olga(), "support"), (people.leo(other), "other")):
        client.force_login(person)
        for url in (reverse("flips", args=[slug, comparison.pk]), reverse("flip", args=[slug, comparison.pk, flip])):
            assert client.get(url).status_code == 404
        assert client.post(url, {"item": [flip]}).status_code == 404
