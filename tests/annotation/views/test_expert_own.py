"""An expert's own history, searched, and own keys."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.models import Decision, OwnKeys, Reason
from annotation.reading.experts.digits import on_digits, own_keys
from tests.annotation.views.expert_page import class_id, get, read
from tests.factories import answer, imported, open_case, small_dataset
from tests.people import emil, erin, olga

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


@pytest.fixture
def expert(client, dataset):
    person = erin(dataset)
    client.force_login(person)
    return person


def found(client, dataset, **asked):
    lines = client.get(reverse("history", args=[dataset.slug]), asked).context["lines"]
    return [line.items[0].external_id for line in lines]


@pytest.fixture
def decided(dataset, expert):
    """s3 four days ago, s2 and s1 now; newest first s1, s2, s3."""
    reason = Reason.objects.create(dataset=dataset, text="names a card", position=0)
    decide(open_case(dataset, "s3"), expert, answer(dataset, "ambiguous"), timezone.now() - timedelta(days=4))
    decide(open_case(dataset, "s2"), expert, answer(dataset, "payment", reasons=[reason]), timezone.now())
    decide(open_case(dataset, "s1"), expert, answer(dataset, "access", note="asked Bob"), timezone.now())
    decide(open_case(dataset, "s4"), emil(dataset), answer(dataset, "access"), timezone.now())


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("declined", ["s2"]),
        ("LOG in", ["s1"]),
        ("payment", ["s2"]),
        ("bob", ["s1"]),
        ("names card", ["s2"]),
        ("ambig", ["s3"]),
        ("my", ["s3"]),
        ("declined bob", []),
        ("charged", []),
        ("50%", []),
    ],
)
def test_answers_are_found_by_words(client, dataset, decided, words, names):
    assert found(client, dataset, q=words) == names


def test_answers_are_found_by_day(client, dataset, decided):
    today = timezone.localdate()
    assert found(client, dataset, since=today) == ["s1", "s2"]
    assert found(client, dataset, until=today - timedelta(days=1)) == ["s3"]
    assert found(client, dataset, since="yesterday-ish") == ["s1", "s2", "s3"]
    page = client.get(reverse("history", args=[dataset.slug]), {"q": "declined", "until": today - timedelta(days=3)})
    assert "None of your answers fits" in read(page)


def test_older_pages_keep_what_was_asked(client, dataset, decided, monkeypatch):
    monkeypatch.setattr("annotation.views.answering.history.PAGE", 1)
    page = client.get(reverse("history", args=[dataset.slug]), {"since": "2020-01-01"})
    assert "?since=2020-01-01&amp;before=" in page.content.decode()


# ---- keys


def test_keys_of_ones_own_are_kept_and_are_mine_alone(client, dataset, expert):
    url = reverse("own_keys", args=[dataset.slug])
    assert "Key 9" in read(client.get(url))
    assert client.post(url, {"digit_5": class_id(dataset, "payment"), "letters": "on"}).status_code == 302
    kept = OwnKeys.objects.get()
    assert (kept.user, kept.keys, kept.letters) == (expert, {class_id(dataset, "payment"): "5"}, True)
    digits = [(digit, one.name) for digit, one in get_digits(dataset, expert)]
    assert digits == [("1", "access"), ("5", "payment")]
    assert [one.name for _, one in get_digits(dataset, emil(dataset))] == ["access", "payment"]
    client.post(url, {})
    assert not OwnKeys.objects.get().letters


def get_digits(dataset, person):
    return on_digits(dataset, person, list(dataset.label_classes.all()), own_keys(dataset, person))


def test_a_class_stands_on_one_key(client, dataset, expert):
    access = class_id(dataset, "access")
    page = client.post(reverse("own_keys", args=[dataset.slug]), {"digit_1": access, "digit_2": access})
    assert "stands on two keys" in read(page)
    assert not OwnKeys.objects.exists()


def test_an_outsider_has_no_keys_here(client, dataset):
    client.force_login(olga())
    assert client.get(reverse("own_keys", args=[dataset.slug])).status_code == 404


def test_of_many_classes_the_most_used_stand_on_the_digits_and_stay_there_for_a_while(tmp_path, client):
    rows = [{"id": str(n), "text": f"text {n}", "label": f"class {n % 12:02}"} for n in range(60)]
    dataset = imported(tmp_path, rows, "many")
    person = erin(dataset)

    def says(n, name):
        decide(open_case(dataset, str(n)), person, answer(dataset, name), timezone.now(), learn=False)

    assert [one.name for _, one in get_digits(dataset, person)][:2] == ["class 00", "class 01"]
    for n in range(24):
        says(n, "class 11")
    assert get_digits(dataset, person)[0][1].name == "class 00", "not yet"
    says(24, "class 10")
    names = [one.name for _, one in get_digits(dataset, person)]
    assert names[:3] == ["class 11", "class 10", "class 00"] and len(names) == 9
    assert Decision.objects.count() == 25
    client.force_login(person)
    open_case(dataset, "40")
    assert "what you use most" in read(get(client, dataset))
