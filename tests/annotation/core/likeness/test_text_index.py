import dataclasses

import numpy as np
import pandas as pd
import pytest

from annotation.core.artifacts import arrays_to_bytes, bytes_to_arrays
from annotation.core.likeness import near_duplicates, text_index
from annotation.core.likeness.near_duplicates import find_groups, regroup
from annotation.core.likeness.text_index import empty_index, keys_of, usable

STEMS = "account balance cancel declined exchange foreign identity machine payment pending refund statement".split()  # noqa: SIM905


def made(n, seed=0):
    """n texts of eight words, a third of them edited copies, some with numbers, some made from a template."""
    random = np.random.default_rng(seed)
    texts = [" ".join(f"{a}{b}" for a, b in zip(random.choice(STEMS, 8), random.integers(0, 30, 8), strict=True))
             for _ in range(n // 2)]  # fmt: skip
    texts += [text.replace("a", "o", 1) for text in texts[: n // 3]]
    return texts + [f"Reading {i} of the meter was {random.integers(10_000)} units" for i in range(n - len(texts))]


def same(one, other):
    return np.array_equal(one.of, other.of) and np.array_equal(one.medoid, other.medoid)


@pytest.fixture
def worked(monkeypatch):
    """How many texts were normalised and sketched and how many pairs compared."""
    counts = {"normalised": 0, "sketched": 0, "compared": 0}
    normalise, sketch, cpdist = near_duplicates.normalise, text_index.sketch, near_duplicates.cpdist

    def count(name, function, many):
        def counting(*args, **options):
            counts[name] += many(args[0])
            return function(*args, **options)

        return counting

    monkeypatch.setattr(near_duplicates, "normalise", count("normalised", normalise, lambda text: 1))
    monkeypatch.setattr(text_index, "sketch", count("sketched", sketch, len))
    monkeypatch.setattr(near_duplicates, "cpdist", count("compared", cpdist, len))
    return counts


def test_the_same_texts_again_cost_nothing(worked):
    texts = made(300)
    groups, index = regroup(texts, None)
    worked.update(normalised=0, sketched=0, compared=0)
    again, kept = regroup(texts, index)
    assert same(groups, again)
    assert worked == {"normalised": 0, "sketched": 0, "compared": 0}
    for name, array in vars(index).items():
        assert np.array_equal(array, getattr(kept, name)), name


def test_an_import_is_compared_with_what_is_there(worked):
    texts = made(600)
    earlier = regroup(texts, None)[1]
    scratch = dict(worked)
    new = [text.replace("e", "ee", 1) for text in texts[40:60]] + ["something wholly new"]
    worked.update(normalised=0, sketched=0, compared=0)
    groups, _ = regroup(texts + new, earlier)
    assert worked["sketched"] == 21
    assert worked["compared"] < 0.3 * scratch["compared"]
    # old texts are normalised only where a new one is compared with them
    assert worked["normalised"] < 0.3 * scratch["normalised"]
    assert same(groups, find_groups(texts + new))


@pytest.mark.parametrize("seed", range(4))
def test_groups_are_those_from_scratch_after_changes(seed):
    random = np.random.default_rng(seed)
    texts = made(300, seed)
    index = regroup(texts, None)[1]
    for _ in range(3):
        kept = [text for text in texts if random.random() < 0.85]
        changed = [text + " now" if random.random() < 0.1 else text for text in kept]
        texts = changed + made(40, int(random.integers(1 << 30))) + changed[:5]
        groups, index = regroup(texts, index)
        assert same(groups, find_groups(texts))
        assert len(index.raw) == len(set(texts))


def test_order_may_change_too():
    texts = made(200)
    index = regroup(texts, None)[1]
    shuffled = [texts[i] for i in np.random.default_rng(1).permutation(200)]
    assert same(regroup(shuffled, index)[0], find_groups(shuffled))


def test_an_index_survives_storing():
    texts = made(100)
    index = regroup(texts, None)[1]
    read = usable(bytes_to_arrays(arrays_to_bytes(**vars(index))), 0)
    assert read is not None
    assert same(regroup(texts + ["more"], read)[0], find_groups(texts + ["more"]))


def test_nothing_and_one_text():
    groups, index = regroup([], None)
    assert groups.of.size == 0
    assert usable(vars(index), 0) is not None
    assert regroup(["alone"], index)[0].of.tolist() == [0]
    assert regroup([], regroup(["alone"], None)[1])[0].of.size == 0


def test_what_is_no_index_is_not_used():
    index = regroup(made(60), None)[1]
    assert usable(vars(index), 0) is not None
    assert usable(vars(index), 1) is None
    assert usable({}, 0) is None
    assert usable(vars(index) | {"more": np.zeros(1)}, 0) is None
    for name, wrong in (
        ("stamp", index.stamp + np.uint64(1)),
        ("stamp", index.stamp[:0]),
        ("of", index.of + 10_000),
        ("of", index.of[1:]),
        ("of", index.of.astype(np.float64)),
        ("marks", index.marks[:, 1:]),
        ("buckets", index.buckets[:, 1:]),
        ("pairs", index.pairs[:-1]),
        ("normal", np.uint64(3)),
    ):
        assert usable(vars(dataclasses.replace(index, **{name: wrong})), 0) is None, name


def test_an_index_made_with_other_software_is_not_used(monkeypatch):
    index = empty_index(0)
    monkeypatch.setattr(text_index, "VERSION", text_index.VERSION + 1)
    assert usable(vars(index), 0) is None


def test_keys_are_numbered_as_they_appear():
    for keys in ([], [7], [7, 7, 7], [5 << 60, 9 << 59, 5 << 60, 1, 9 << 59, 5 << 60], [1, 2, 1, 3, 2]):
        codes, first = text_index._by_appearance(np.array(keys, dtype=np.uint64))
        assert codes.tolist() == pd.factorize(np.array(keys, dtype=np.uint64))[0].tolist()
        assert first.tolist() == [keys.index(key) for key in dict.fromkeys(keys)]


def test_lone_surrogates_have_a_key():
    keys = keys_of(["a\ud800", "a", "b"])
    assert len(set(keys.tolist())) == 3
    assert find_groups(["the card \ud800 was declined today", "the card was declined today"]).of.size == 2


def test_texts_with_digits_are_found_across_blocks(monkeypatch):
    monkeypatch.setattr(text_index, "_TEXTS", 3)
    texts = ["no", "1 yes", "no", "ünö", "2", "", "no", "a 3.5 b", ""]
    assert text_index._with_digits(texts) == [1, 4, 7]
    assert text_index._with_digits([]) == []
