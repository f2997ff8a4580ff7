"""What each filter of the table finds, and what it says of a value that it cannot have."""

import pytest

from annotation.core.items.asked import UnableToFilter, asked_for, read_asked
from annotation.core.items.words import has_words, read_words
from annotation.models import Audit, AuditItem, PredictionSet
from annotation.views.items.table import read_query
from tests.annotation.items.world import found, item_of, world

ALL = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "p1", "p2"]


@pytest.fixture
def dataset(tmp_path, db):
    return world(tmp_path)


def without(*names):
    return [name for name in ALL if name not in names]


FILTERS = [
    ("", ALL),
    ("sort=-import", ALL[::-1]),
    ("words=card", ["a1", "a2", "a5", "p1"]),
    ("words=CARD+-lost", ["a1", "a5", "p1"]),
        ('words="card+was"', ["a1"]),
    ("words=na%C3%AFve", ["a2"]),
    ("words=text", []),
    ("words=card&not=words", without("a1", "a2", "a5", "p1")),
    ("label=payment", ["a1", "p1"]),
    ("label=payment&label=access&not=label", ["a6", "a7", "a8"]),
    ("was=payment", ["a1", "a2", "p1"]),
    ("label=access&was=payment", ["a2"]),
    ("annotator=bob", ["a2", "a4", "a8"]),
    ("annotator=bob&said=payment", ["a2", "a8"]),
    ("annotator=bob&said=payment&not=said", without("a2", "a8")),
    ("said=payment", ["a1", "a2", "a8", "p1"]),
    ("annotator=ann&not=annotator", ["a2", "a4", "a6"]),
    ("source=phone", ["a4", "a5", "a6", "a7"]),
    ("expert=erin", ["a2", "a7"]),
    ("expert=any&not=expert", without("a2", "a7")),
    ("state=bad_input", ["a7"]),
    ("state=contested", ["a8"]),
    ("state=none", ["a6"]),
    ("state=none&state=bad_input", ["a6", "a7"]),
    ("state=labelled&not=state", ["a6", "a7", "a8"]),
    ("detector=label_error", ["a1"]),
    ("detector=any&not=detector", without("a1")),
    ("detector=near_duplicate_conflict", []),
    ("split=production", ["p1", "p2"]),
    ("split=pool&split=production", ALL),
    ("case=open", ["a3"]),
    ("case=settled", ["a2", "a7"]),
    ("case=skipped", ["a3"]),
    ("case=none", without("a2", "a3", "a7")),
    ("differ=annotators", ["a8"]),
    ("differ=experts", []),
    ("score_from=0.4", ["a1", "a5"]),
    ("score_from=0.4&not=score", without("a1", "a5")),
    ("score_to=0.4&sort=score", ["a3", "a2"]),
    ("sort=score", ["a1", "a5", "a3", "a2"]),
    ("sort=score&label=access", ["a5", "a3", "a2"]),
    ("received_from=2026-01-04&received_to=2026-01-05", ["a4", "a5"]),
    ("sort=-received", ["a8", "a5", "a4", "a3", "a2", "a1"]),
    ("sort=received&source=phone", ["a4", "a5"]),
    ("brought_from=2100-01-01", []),
    ("words=card&source=web&label=payment&not=source", []),
    ("unknown=1&after=7", ALL),
]  # fmt: skip


def test_a_filter_finds_just_its_items(dataset):
    assert {query: found(dataset, query) for query, _ in FILTERS} == dict(FILTERS)


def test_rows_of_tables_are_filters_too(dataset):
    audit = Audit.objects.create(dataset=dataset, seed=1, strata=[], n_items=8, n_drawn=1)
    AuditItem.objects.create(audit=audit, item=item_of(dataset, "a4"), stratum=0, probability=1)
    assert found(dataset, f"audit={audit.pk}") == ["a4"]
    assert found(dataset, f"audit={audit.pk}&not=audit") == without("a4")
    finding = dataset.findings.get()
    assert found(dataset, f"finding={finding.pk}") == ["a1"]
    first = dataset.file_imports.order_by("id").first()
    if first:
        assert found(dataset, f"import={first.pk}") == without("p1", "p2")


def test_a_model_that_differs_from_the_label(dataset):
    pool, production = (PredictionSet.objects.get(name=name).pk for name in ("pool", "production"))
    assert found(dataset, f"model={pool}") == ["a5"]
    assert found(dataset, f"model={production}&split=production") == ["p2"]
    assert found(dataset, f"model={pool}&not=model") == without("a5")
    assert found(dataset, f"model={pool}&sort=score") == ["a5"]
    assert found(dataset, f"model={pool}&model={production}") == ["a5", "p2"]


REFUSED = [
    ("label=nothing", "label now 'nothing' is not known here"),
    ("annotator=zoe", "annotator 'zoe' is not known here"),
    ("expert=zoe", "expert who decided 'zoe' is not known"),
    ("state=odd", "can be labelled, contested, ambiguous, bad_input and none"),
    ("finding=12345678", "There is no finding 12345678"),
    ("import=12345678", "There is no import 12345678"),
    ("model=12345678", "There is no prediction set 12345678"),
    ("audit=x", "is no number"),
    ("score_from=2", "is no number from 0 to 1"),
    ("score_from=0.5&score_to=0.1", "the first has to be the smaller"),
    ("received_from=yesterday", "write it like 2026-03-31"),
    ("received_from=2026-02-02&received_to=2026-01-01", "the first has to be the earlier"),
    ("sort=colour", "not sorted by 'colour'"),
]  # fmt: skip


def test_a_value_that_cannot_be_is_a_sentence(dataset):
    for query, said in REFUSED:
        with pytest.raises(UnableToFilter, match=said):
            found(dataset, query)


def test_a_query_reads_back_as_itself():
    asked = read_query("words=a+-b&label=x&label=y&score_from=0,25&received_to=2026-01-01&not=label&not=odd&sort=score")
    assert read_query(asked.query) == asked
    assert asked.but_not == {"label"}
    assert asked.in_words == "words: a -b; not label now: x or y; score: from 0.25; received: to 2026-01-01"


def test_code_cannot_link_to_a_condition_that_is_none():
    assert asked_for({"label": ["a", "b"], "score_from": 0.5}).query == "label=a&label=b&score_from=0.5"
    with pytest.raises(KeyError):
        asked_for({"lable": "a"})


def test_words():
    words = read_words('Refund -"no  money" "card declined" -late - "" x"y')
    assert [(word.text, word.absent) for word in words] == [
    ("refund", False), ("no money", True), ("card declined", False), ("late", True), ('x"y', False)
    ]  # fmt: skip
    assert has_words(read_words("STRASSE -weg"), ["zur Strasse", "hin"])
    assert not has_words(read_words("a b"), ["a only"])
    assert has_words(read_words("a b"), ["a only", "b here"])
    assert read_asked({"words": ["-"]}).is_all
