import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.decide import decide
from annotation.actions.queue.draw_audit import draw_audit
from annotation.actions.queue.reorder import reorder
from annotation.models import LearnedOrder
from annotation.reading.labels_left import left_in_words
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, apart, imported
from tests.pages import html_of
from tests.people import erin, leo

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(monkeypatch, tmp_path):
    """Forty suspected items; of the hams, which are every other one, all are wrong."""
    use(monkeypatch, says=Says({"doubtful": 0.6}))
    rows = [{"id": f"i{n}", "text": apart("doubtful", n), "label": ("ham", "spam")[n % 2]} for n in range(40)]
    made = imported(tmp_path, rows)
    detect(made)
    return made


def decided(dataset, numbers):
    for n in numbers:
        case = dataset.cases.open().get(case_items__item__external_id=f"i{n}")
        decide(case, erin(dataset), answer(dataset, "spam"), timezone.now(), learn=False)


def test_without_an_audit_it_says_that_nobody_knows_and_what_was_decided_last(dataset):
    assert left_in_words(dataset) == "What share of the 40 labels left is wrong nobody can say without an audit."
    decided(dataset, range(10))
    assert left_in_words(dataset) == (
        "What share of the 30 labels left is wrong nobody can say without an audit. Of the last 10 labels decided 50 % "
        "were wrong (95 % interval 24 % to 76 %), but nobody drew those at random."
    )


def test_an_audit_says_it_less_what_was_found_since(dataset):
    """All 40 are drawn and 20 answered, half of them wrong; by strata 20.6 are wrong in all, 10 of which are found."""
    draw_audit(dataset, size=40, now=timezone.now())
    decided(dataset, range(20))
    said = left_in_words(dataset)
    assert said.startswith("Of the 20 labels left about 53 % are wrong by the audit (95 % interval ")
    assert said.endswith("n = 20 answers).")
    decided(dataset, range(20, 40))
    assert left_in_words(dataset) == ""


def test_pages_say_where_a_chance_is_shown_and_what_is_left(dataset, client):
    decided(dataset, range(2))
    order = reorder(dataset, timezone.now())
    assert order.support == {"checks": [], "left": left_in_words(dataset)}
    client.force_login(leo(dataset))
    audit = reverse("audit", args=[dataset.slug])
    assert "a chance is not shown yet" in html_of(client.get(audit))
    proved = {"value": 0.3, "low": 0.2, "high": 0.45, "n": 40}
    held = {"low": 0.2, "high": 0.35, "said": 0.28, "proved": proved, "holds": True}
    off = {"low": 0.35, "high": 0.5, "said": 0.48, "proved": proved, "holds": False}
    few = off | {"proved": proved | {"n": 24}}
    LearnedOrder.objects.update(calibration=[[0.1, 0.1]], support={"checks": [held, off, few], "left": "So it is."})
    for page in (audit, reverse("cases", args=[dataset.slug])):
        text = html_of(client.get(page))
        assert "A chance is shown from 20 % to 35 %, where" in text and "So it is." in text
    text = html_of(client.get(audit))
    assert "no: it was off" in text and "no: too few" in text and "yes" in text
    LearnedOrder.objects.update(support={})
    assert "no chance is shown" in html_of(client.get(audit))
    assert np.all([case.probability is None for case in dataset.cases.open()])
