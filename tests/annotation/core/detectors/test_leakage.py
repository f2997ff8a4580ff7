import numpy as np
import pandas as pd
import pytest

from annotation.core.detectors.leakage import Leakage
from annotation.core.fields import Field
from annotation.core.judging.evidence import Evidence
from annotation.core.likeness.near_duplicates import Groups, regroup

LEAKAGE = Leakage()
PRODUCTION = [
    "The stockholders’ equity came in at ¥131.5 billion at the end of the year",
    "We expect the café’s margin to recover in the second half – slowly",
    "Shipments to Osaka were delayed by the harbour strike in early March",
]


def mojibake(text):
    """UTF-8 read as if it were Windows-1252."""
    return text.encode().decode("cp1252", errors="replace")


def evidence(pool, production=PRODUCTION, **more):
    n = len(pool)
    return Evidence(
        pd.DataFrame({"text": pool}), (Field("text", "text"),), ("yes", "no"), np.arange(n) % 2,
        pd.DataFrame(columns=["item", "annotator", "label"]), (), Groups(np.arange(n), np.arange(n)),
        production=None if production is None else pd.DataFrame({"text": production}), **more,
    )  # fmt: skip


POOL = [
    "The dividend was cut to a tenth of what it used to be before the crisis",
    PRODUCTION[2],
    mojibake(PRODUCTION[0]),
    mojibake(PRODUCTION[1]),
    "Guidance for the coming year is unchanged, and the buyback goes on",
]


def test_planted_mojibake_is_found():
    assert POOL[2] != PRODUCTION[0] and "Â" in POOL[2]
    (finding,) = LEAKAGE.judge(evidence(POOL)).findings
    # those in another encoding come first
    assert finding.items.tolist() == [2, 3, 1]
    assert (finding.kind, finding.key, finding.n, finding.value) == ("leakage", "leakage", 5, 0.6)
    # Wilson's interval for 3 of 5
    assert (finding.low, finding.high) == pytest.approx((0.2307, 0.8824), abs=1e-3)
    assert finding.title == "Production inputs are in the pool: 3 items"
    assert "2 of them not letter by letter" in finding.reason
    assert finding.together == ()


def test_it_accuses_no_label():
    seen = evidence(POOL)
    assert not LEAKAGE.judge(seen).score.any()
    assert (LEAKAGE.judge(seen).suggested == -1).all()


def test_no_copies_and_no_production():
    assert LEAKAGE.judge(evidence(POOL[:1])).findings == []
    assert "production" in LEAKAGE.needs and "production" not in evidence(POOL, None).available
    assert LEAKAGE.judge(evidence([])).findings == []


def test_templated_texts_are_no_leak():
    pool = [f"Report of the week {n}: the value is {n * 3.7:.2f}" for n in range(40)]
    production = [f"Report of the week {n}: the value is {n * 3.7:.2f}" for n in range(39, 80)]
    (finding,) = LEAKAGE.judge(evidence(pool, production)).findings
    assert finding.items.tolist() == [39]


def test_the_index_of_the_pool_gives_the_same():
    texts = POOL * 2
    plain, indexed = evidence(texts), evidence(texts, index=vars(regroup(texts, None)[1]))
    assert LEAKAGE.judge(plain).findings[0].items.tolist() == LEAKAGE.judge(indexed).findings[0].items.tolist()


def test_typed_rows():
    random = np.random.default_rng(0)
    rows = pd.DataFrame({"income": random.lognormal(8, 1, 200), "age": random.integers(18, 80, 200).astype(float)})
    fields = (Field("income", "number"), Field("age", "number"))
    pool = rows[:120].reset_index(drop=True)
    production = rows[100:].reset_index(drop=True)
    seen = Evidence(
        pool, fields, ("yes", "no"), np.arange(120) % 2, pd.DataFrame(columns=["item", "annotator", "label"]), (),
        Groups(np.arange(120), np.arange(120)), production=production,
    )  # fmt: skip
    (finding,) = LEAKAGE.judge(seen).findings
    assert set(finding.items.tolist()) == set(range(100, 120))
