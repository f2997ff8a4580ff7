import numpy as np

from annotation.core.files.ledger import Ledger


def ledger(keys, contents=None, givers=None, good=None, **kind):
    n = len(keys)
    one = Ledger(**{"by_content": False, "several": False} | kind)
    parts = [slice(0, n // 2), slice(n // 2, n)]
    for part in parts:
        one.add(
            [key.encode().ljust(16) for key in keys[part]],
            [text.encode().ljust(8) for text in (contents or keys)[part]],
            np.array(givers or [0] * n)[part],
            list(range(2, 2 + n))[part],
            np.array([True] * n if good is None else good)[part],
        )
    one.close()
    return one


def test_a_repeated_id_is_a_duplicate_and_names_the_row_before():
    one = ledger(["a", "b", "a", "c", "a"], ["x", "x", "x", "x", "y"])
    assert one.first.tolist() == [True, True, False, True, False]
    assert one.duplicate.tolist() == [False, False, True, False, True]
    assert one.earlier == {2: (2, False), 4: (2, True)}


def test_several_annotators_may_repeat_an_id_but_not_with_another_content():
    one = ledger(["a", "a", "a", "b"], ["x", "x", "y", "x"], [0, 1, 2, 0], several=True)
    assert one.duplicate.tolist() == [False, False, True, False]
    assert not one.repeated.any()


def test_an_annotator_who_answers_twice_is_known():
    one = ledger(["a", "b", "a", "a"], ["x"] * 4, [0, 0, 1, 0], several=True)
    assert one.repeated.tolist() == [True, False, False, True]


def test_by_content_the_occurrence_counts_per_annotator():
    one = ledger(["a", "a", "a", "b"], givers=[0, 1, 0, 0], by_content=True, several=True)
    assert one.before.tolist() == [0, 0, 1, 0]
    assert one.first.tolist() == [True, False, True, True]


def test_a_row_that_is_not_good_counts_for_nothing():
    one = ledger(["a", "a", "a"], good=[False, True, False])
    assert one.first.tolist() == [False, True, False]
    assert not one.duplicate.any()


def test_nothing_at_all():
    one = ledger([])
    assert len(one.first) == 0
