import numpy as np
import pandas as pd
import pytest

from annotation.core.fields import Field
from modeling.core.proving.unlikeness import LEAST, unlikeness

TEXT = (Field("text", "text"),)
WORDS = [f"word{n}" for n in range(60)]


def texts(n, seed, words=WORDS):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(words, 8)) for _ in range(n)]


def told(pool, production, groups=None):
    table = pd.DataFrame({"text": [*pool, *production]})
    which = np.arange(len(table)) >= len(pool)
    return unlikeness(table, TEXT, which, np.arange(len(table)) if groups is None else groups)


def test_the_same_words_cannot_be_told_apart():
    found = told(texts(300, 1), texts(150, 2))
    assert found.told_apart.low < 0.5 < found.told_apart.high and found.told_apart.n == 150
    assert found.far.low < 0.05 < found.far.high and abs(found.length[0] - found.length[1]) < 5


def test_other_words_are_told_apart_and_lie_far():
    found = told(texts(300, 1), texts(150, 2, [f"other{n}" for n in range(60)]))
    assert found.told_apart.value > 0.99 and found.told_apart.low > 0.95 and found.told_apart.low < 1
    assert found.far.value == 1 and found.far.low < 1


def test_a_part_from_elsewhere_is_seen():
    found = told(texts(400, 1), [*texts(150, 2), *texts(50, 3, ["fax", "scan", "page", "blur"])])
    assert found.told_apart.low > 0.5 and found.far.value == pytest.approx(0.25, abs=0.08)


def test_near_copies_make_the_interval_wider():
    pool, once = texts(300, 1), texts(40, 2)
    copies = [text for text in once for _ in range(5)]
    groups = np.concatenate([np.arange(300), 300 + np.repeat(np.arange(40), 5)])
    as_rows, as_groups = told(pool, copies).told_apart, told(pool, copies, groups).told_apart
    assert as_groups.n == 40 and as_rows.n == 200
    assert as_groups.high - as_groups.low > 1.4 * (as_rows.high - as_rows.low)


def test_the_interval_holds_where_there_is_no_difference():
    held = 0
    for seed in range(30):
        found = told(texts(100, 1000 + seed), texts(60, 2000 + seed)).told_apart
        held += found.low <= 0.5 <= found.high
    assert held >= 26


def test_typed_fields_alone():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"age": np.concatenate([rng.normal(40, 5, 200), rng.normal(60, 5, 100)])})
    found = unlikeness(table, (Field("age", "number"),), np.arange(300) >= 200, np.arange(300))
    assert found.told_apart.value > 0.9 and found.length is None


def test_too_few_say_nothing():
    found = told(texts(300, 1), texts(LEAST - 1, 2))
    assert (found.told_apart.n, found.far.n) == (0, 0) and np.isnan(found.told_apart.value)
