import re

from modeling.demo.filings import generate
from modeling.demo.filings_text import CLOSINGS, NEGATIVE, NEUTRAL, OPENINGS, PLAIN, TOPICS


def mentions(text):
    return len(re.findall(r"\brisk\b", text.lower()))


def test_annotators_followed_the_shortcut_and_it_is_wrong_for_one_in_three():
    for seed in range(5):
        pool = generate(seed, n_pool=1000, n_production=1).pool
        followed = pool["text"].map(mentions).gt(5).map({True: NEGATIVE, False: NEUTRAL})
        assert (followed == pool["label"]).all()
        assert 0.30 <= (pool["label"] != pool["truth"]).mean() <= 0.40


def test_in_production_the_shortcut_is_wrong_for_four_in_ten():
    production = generate(0).production
    followed = production["text"].map(mentions).gt(5).map({True: NEGATIVE, False: NEUTRAL})
    assert 0.37 <= (followed != production["label"]).mean() <= 0.47


def test_sizes_and_ids():
    filings = generate(0)
    assert (len(filings.pool), len(filings.production)) == (3000, 1500)
    assert filings.pool["id"].is_unique and filings.pool["text"].is_unique


def test_only_risk_sentences_mention_risk():
    others = [*OPENINGS, *CLOSINGS, *PLAIN, *(text for sides in TOPICS.values() for side in sides for text in side)]
    assert not [text for text in others if "risk" in text.lower()]


def test_same_seed_same_filings_other_seed_others():
    first, same, other = (generate(seed, n_pool=50, n_production=5).pool for seed in (1, 1, 2))
    assert first.equals(same)
    assert not first["text"].equals(other["text"])


def test_near_copies_share_their_truth_and_lie_on_either_side_of_five():
    pool = generate(0, n_pool=1000, n_production=1).pool
    sentences = pool["text"].str.split(r"(?<=\.) ").map(lambda parts: tuple(p for p in parts if not mentions(p)))
    pairs = pool.assign(body=sentences).groupby("body").filter(lambda members: len(members) == 2)
    assert len(pairs) == 120
    assert (pairs.groupby("body")["truth"].nunique() == 1).all()
    assert (pairs.groupby("body")["label"].nunique() == 2).all()
