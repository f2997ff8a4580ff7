import numpy as np

from modeling.core.fitting.sources import by_source


def world(seed, n=400, moved=0.0):
    """Two overlapping classes in a plane, three sources; the second lies elsewhere by `moved`."""
    rng = np.random.default_rng(seed)
    truth, sources = rng.integers(2, size=n), rng.choice(["fax", "mail", "web"], size=n)
    X = rng.normal(size=(n, 2)) + 1.2 * truth[:, None]
    X[sources == "mail"] -= moved
    return X, truth, sources


def judged(X, truth, sources, seed=0, groups=None):
    def judge(out):
        gaps = np.linalg.norm(X[out][:, None] - X[~out][None], axis=2)
        near = truth[~out][np.argsort(gaps, axis=1)[:, :9]].mean(axis=1)
        return np.column_stack([1 - near, near])

    groups = np.arange(len(truth)) if groups is None else groups
    return by_source(sources, truth, groups, judge, lambda stage, share: None, seed)


def test_a_source_that_differs_loses_and_both_models_learned_from_as_many():
    rows = {row["source"]: row for row in judged(*world(0, 1_200, moved=3.0))}
    assert rows["mail"]["difference_high"] < 0 and rows["mail"]["accuracy"] < rows["mail"]["folds"]
    sources = world(0, 1_200)[2]
    assert rows["mail"]["rows_each"] == (sources != "mail").sum()
    assert abs(rows["mail"]["n"] - (sources == "mail").sum() / 2) <= 1


def test_sources_drawn_at_random_seldom_look_costly():
    lost = sum(any(row["difference_high"] < 0 for row in judged(*world(seed), seed=seed)) for seed in range(60))
    assert lost <= 5


def test_groups_stay_whole_and_one_source_is_none():
    X, truth, sources = world(1)
    groups = np.arange(400) // 2
    assert len(judged(X, truth, sources, groups=groups)) > 0
    assert judged(X, truth, np.full(400, "web")) == []
