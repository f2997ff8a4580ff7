import numpy as np
import pandas as pd
import pytest

from annotation.core.fields import Field
from annotation.core.judging import new_batch
from annotation.core.judging.new_batch import KnownLabels, UnableToJudge, judge_batch

FIELDS, CLASSES = (Field("text", "text"),), ("access", "payment", "rare")
WORDS = (
    ("log", "in", "password", "account", "locked", "reset"),
    ("card", "charged", "refund", "invoice", "paid", "twice"),
)


def texts(labels, seed):
    """Made texts: four words of the class and three of none."""
    rng = np.random.default_rng(seed)
    noise = [f"w{n}" for n in range(60)]
    return pd.DataFrame({"text": [" ".join([*rng.choice(WORDS[k], 4), *rng.choice(noise, 3)]) for k in labels]})


def pool_of(n, wrong=0, seed=0):
    """n labelled rows, the first `wrong` of which carry the other label."""
    truth = np.arange(n) % 2
    given = truth.copy()
    given[:wrong] = 1 - given[:wrong]
    return KnownLabels(texts(truth, seed), given, np.zeros(n, dtype=bool))


TRUTH = np.arange(40) % 2
GIVEN = np.where(np.isin(np.arange(40), [3, 17, 30]), 1 - TRUTH, TRUTH)


def test_the_labels_that_are_wrong_are_named_with_what_is_expected():
    found = judge_batch(pool_of(300), texts(TRUTH, 1), GIVEN, FIELDS, CLASSES)
    assert sorted(found.doubted.tolist()) == [3, 17, 30] and (found.judged, found.examples) == (40, 300)
    assert found.expected.tolist() == TRUTH[found.doubted].tolist()
    assert found.share.value == 3 / 40 and found.share.n == 40 and 0 < found.share.low < found.share.high < 1


def test_doubted_labels_of_the_pool_are_not_learned_from():
    """The pool calls every third access payment; without those the batch's own errors are found again."""
    known = pool_of(300)
    wrong = (known.labels == 0) & (np.arange(300) % 3 == 0)
    labels = np.where(wrong, 1, known.labels)
    found = judge_batch(KnownLabels(known.table, labels, wrong), texts(TRUTH, 1), GIVEN, FIELDS, CLASSES)
    assert sorted(found.doubted.tolist()) == [3, 17, 30] and found.examples == 300 - wrong.sum()


def test_a_class_that_the_pool_hardly_shows_is_not_judged():
    given = GIVEN.copy()
    given[[0, 2]] = 2
    found = judge_batch(pool_of(300), texts(TRUTH, 1), given, FIELDS, CLASSES)
    assert found.judged == 38 and not {0, 2} & set(found.doubted.tolist())
    alone = judge_batch(pool_of(300), texts(TRUTH[:2], 1), np.array([2, 2]), FIELDS, CLASSES)
    assert (alone.judged, len(alone.doubted)) == (0, 0)


def test_of_a_large_pool_a_part_is_learned_from_the_same_each_time(monkeypatch):
    monkeypatch.setattr(new_batch, "MOST", 200)
    one, two = (judge_batch(pool_of(900), texts(TRUTH, 1), GIVEN, FIELDS, CLASSES) for _ in range(2))
    assert one.examples == 200 and one.doubted.tolist() == two.doubted.tolist()
    assert {3, 17, 30} <= set(one.doubted.tolist())


def test_rows_without_a_label_are_left_out():
    known = pool_of(200)
    labels = np.where(np.arange(200) < 150, known.labels, -1)
    known = KnownLabels(known.table, labels, known.doubted)
    assert judge_batch(known, texts(TRUTH, 1), GIVEN, FIELDS, CLASSES).examples == 150


def test_where_nothing_can_be_said_it_says_why():
    batch = texts(TRUTH, 1), GIVEN, FIELDS
    with pytest.raises(UnableToJudge, match="the pool has 60 labels to learn from, and it takes 100 of two classes"):
        judge_batch(pool_of(60), *batch, CLASSES)
    with pytest.raises(UnableToJudge, match="takes 100 of two classes"):
        judge_batch(KnownLabels(pool_of(300).table, np.zeros(300, int), np.zeros(300, bool)), *batch, CLASSES[:1])
    shuffled = KnownLabels(pool_of(300).table, np.random.default_rng(0).integers(0, 2, 300), np.zeros(300, bool))
    with pytest.raises(UnableToJudge, match="no better than how common they are"):
        judge_batch(shuffled, *batch, CLASSES)
    silent = KnownLabels(pd.DataFrame({"text": ["?"] * 300}), np.arange(300) % 2, np.zeros(300, bool))
    with pytest.raises(UnableToJudge, match="can't be said"):
        judge_batch(silent, pd.DataFrame({"text": ["!"] * 40}), GIVEN, FIELDS, CLASSES)


def test_typed_fields_are_read_too():
    rng = np.random.default_rng(0)

    def rows(labels):
        return pd.DataFrame({"amount": labels * 10.0 + rng.normal(0, 1, len(labels)),
                             "branch": np.where(labels, "north", "south")})  # fmt: skip

    truth = np.arange(300) % 2
    fields = (Field("amount", "number"), Field("branch", "category"))
    found = judge_batch(KnownLabels(rows(truth), truth, np.zeros(300, bool)), rows(TRUTH), GIVEN, fields, CLASSES[:2])
    assert sorted(found.doubted.tolist()) == [3, 17, 30]
