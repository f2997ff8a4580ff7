import numpy as np
import pandas as pd
import pytest

from annotation.core.likeness import near_duplicates
from annotation.core.likeness.minhash import BANDS, reference_links, sketch, stable_order, star_links
from annotation.core.likeness.near_duplicates import copies_of, find_groups, normalise
from tests.shared import needs_shared, shared

WORDS = """
    account amount answer balance bank branch budget cable capital cash chance charge claim client contract copper
    credit danger demand dollar engine factor freight garden growth harbour income insurer island journey kitchen
    ladder ledger letter machine margin market meadow method mirror number office orange outlook parcel partner
    pencil planet policy profit quarter reason receipt record refund region report request reserve revenue saving
    season segment shipment signal silver station supply system tariff tender timber trade transfer travel tunnel
    update valley vendor vessel village volume voucher warrant weather window winter yellow
""".split()  # noqa: SIM905


def sentences(n, words, seed=0):
    drawn = np.random.default_rng(seed).choice(WORDS, (n, words))
    return [" ".join(row) for row in drawn]


def shipped(n):
    """Texts that differ in one word made of two."""
    about = "has been shipped to the address that we have on our file and will arrive within the coming week"
    return [f"your {WORDS[i // 80]}{WORDS[i % 80]} {about}" for i in range(n)]


def verified_pairs(monkeypatch):
    """How many pairs of texts each call compares."""
    compared = []
    plain = near_duplicates.cpdist

    def counting(left, right, **options):
        compared.append(len(left))
        return plain(left, right, **options)

    monkeypatch.setattr(near_duplicates, "cpdist", counting)
    return compared


# Comparing


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("stockholdersâ€™ equity", "stockholders' equity"),
        ("came in at Â¥131.5 billion", "came in at ¥131.5 billion"),
        ("2017â€“2025", "2017-2025"),
        ("Ã©tÃ© Ã  Paris", "été à paris"),
        ("Ã¢â‚¬â„¢", "'"),
        ("it\x92s", "it's"),
        ("ﬁne  Ｔｅｘｔ\n", "fine text"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("naïve café", "naïve café"),
        ("STRASSE Straße", "strasse strasse"),
        (" \t ", ""),
    ],
)
def test_normalise(broken, whole):
    assert normalise(broken) == whole


def test_the_sketch_estimates_jaccard():
    texts = ["abcdefghij" * 3 + "klmnopqrst", "abcdefghij" * 3 + "uvwxyz0123"]
    shingles = [{text[i : i + 4] for i in range(len(text) - 3)} for text in texts]
    jaccard = len(shingles[0] & shingles[1]) / len(shingles[0] | shingles[1])
    estimates = [sketch(texts, seed).similarity(np.array([0]), np.array([1]))[0] for seed in range(40)]
    # 40 sketches of 100 draws each: standard error .008
    assert np.mean(estimates) == pytest.approx(jaccard, abs=0.03)


def test_shingles_do_not_cross_from_one_text_into_the_next(monkeypatch):
    texts = ["abc", "abcd", "", "abcdefgh", "ñandú"]
    together = sketch(texts, 0)
    for position, text in enumerate(texts):
        alone = sketch([text], 0)
        assert np.array_equal(together.buckets[:, position], alone.buckets[:, 0])
        assert np.array_equal(together.marks[position], alone.marks[0])
    monkeypatch.setattr("annotation.core.likeness.minhash._BLOCK", 5)
    assert np.array_equal(sketch(texts, 0).buckets, together.buckets)


def test_links_of_a_bucket_grow_with_its_members():
    for n in (10, 1000):
        left, right = star_links(np.zeros(n, np.uint32), np.arange(n, dtype=np.uint32))
        assert len(left) <= 4 * n
        assert len(set(zip(np.minimum(left, right), np.maximum(left, right), strict=True))) == len(left)
        assert (left != right).all()
        # everybody is linked to the first
        assert set(right[left == 0]) == set(range(1, n))


def test_members_alone_in_their_bucket_have_no_links():
    left, right = star_links(np.array([3, 1, 3, 2], np.uint32), np.zeros(4, np.uint32))
    assert (left.tolist(), right.tolist()) == ([0], [2])


def test_star_links_are_those_of_a_plain_walk_through_the_buckets():
    random = np.random.default_rng(0)
    bucket = random.integers(0, 60, 300).astype(np.uint32) * np.uint32(70_000_003)
    then = random.integers(0, 4, 300).astype(np.uint32)
    wanted = []
    for value in set(bucket.tolist()):
        members = sorted(np.flatnonzero(bucket == value).tolist(), key=lambda member: (then[member], member))
        head = min(members)
        wanted += [(head, member) for member in members if member != head]
        for at, member in enumerate(members):
            near = [before for before in members[max(0, at - 3) : at] if head not in (before, member)]
            wanted += [(before, member) for before in near]
    left, right = star_links(bucket, then)
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == sorted(wanted)


def test_stable_order_leaves_ties_as_they_stood():
    order, values = stable_order(np.array([2**32 - 1, 5, 0, 5], np.uint32))
    assert order.tolist() == [2, 1, 3, 0]
    assert values.tolist() == [0, 5, 5, 2**32 - 1]


def test_the_estimated_similarity_is_the_share_of_equal_marks():
    sketched = sketch(["how do i get my money back", "how do i get the money back", "quite another text"], 0)
    left, right = np.array([0, 0, 1, 2]), np.array([0, 1, 2, 2])
    wanted = [(sketched.marks[a] == sketched.marks[b]).mean() for a, b in zip(left, right, strict=True)]
    assert np.allclose(sketched.similarity(left, right), wanted)
    assert sketched.similarity(left, right)[0] == 1


def test_reference_links_only_cross_the_border_and_stay_in_the_bucket():
    bucket = np.array([1, 1, 1, 2, 2, 3], np.uint32)
    inside = np.array([True, False, False, False, True, False])
    outside, reference = reference_links(bucket, np.arange(6, dtype=np.uint32), inside)
    assert set(zip(outside.tolist(), reference.tolist(), strict=True)) == {(1, 0), (2, 0), (3, 4)}


# Groups of texts


def test_groups_by_hand():
    texts = [
        "I am still waiting on my card, it was ordered in May",
        "What is the exchange rate for dollars today?",
        "I am still waiting on my card, it was ordered in may!",
        "i am  STILL waiting on my card, it was ordered in May",
        "I am still waiting for my card, it was ordered in May",
    ]
    groups = find_groups(texts)
    assert groups.of.tolist() == [0, 1, 0, 0, 0]
    assert groups.sizes.tolist() == [4, 1]
    assert groups.medoid.tolist() == [0, 1]
    assert [members.tolist() for members in groups.as_lists()] == [[0, 2, 3, 4]]
    assert [members.tolist() for members in groups.as_lists(min_size=1)] == [[0, 2, 3, 4], [1]]


def test_nothing_one_item_and_short_texts():
    nothing = find_groups([])
    assert (nothing.of.size, nothing.medoid.size, nothing.as_lists()) == (0, 0, [])
    assert find_groups(["alone"]).of.tolist() == [0]
    assert find_groups(["", "a", " ", "A", "ab", "abc", "abcd", "b"]).of.tolist() == [0, 1, 0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(("text", "alike"), [("how can i top up", 1), ("how do i top up my virtual card", 2)])
def test_in_a_short_text_a_word_more_is_another_text(text, alike):
    assert find_groups([text, f"{text} today"]).sizes.max() == alike
    assert find_groups([text, text.replace("top", "topp")]).sizes.tolist() == [2]
    assert find_groups([text, f"{text}?!"]).sizes.tolist() == [2]


def test_groups_do_not_depend_on_the_order_of_the_items():
    texts = sentences(300, 10)
    texts += [text.replace("a", "o", 1) for text in texts[:100]]
    shuffled = np.random.default_rng(1).permutation(len(texts))
    plain, mixed = find_groups(texts), find_groups([texts[i] for i in shuffled])
    together = {frozenset(members.tolist()) for members in plain.as_lists()}
    assert len(together) > 80
    assert {frozenset(shuffled[members].tolist()) for members in mixed.as_lists()} == together
    medoids = {texts[position] for position in plain.medoid}
    assert {texts[shuffled[position]] for position in mixed.medoid} == medoids


def test_groups_are_deterministic():
    texts = sentences(200, 6)
    assert np.array_equal(find_groups(texts, seed=5).of, find_groups(texts, seed=5).of)


def test_the_medoid_is_the_text_with_most_copies():
    text = "please cancel the transfer that I made yesterday evening"
    groups = find_groups([text + " now", text + ", sorry", text, text, text])
    assert groups.of.tolist() == [0] * 5
    assert groups.medoid.tolist() == [2]


def test_chains_of_small_changes_break():
    random = np.random.default_rng(0)
    chain = list(sentences(1, 12)[0])
    texts = ["".join(chain)]
    for _ in range(400):
        chain[random.integers(len(chain))] = "abcdefghijklmnopqrstuvwxyz"[random.integers(26)]
        texts.append("".join(chain))
    groups = find_groups(texts)
    assert 1 < groups.sizes.max() < 40
    first, last = groups.of[0], groups.of[-1]
    assert first != last
    for members in groups.as_lists():
        assert np.ptp(members) < 60


def test_inserted_sentences_group_and_shared_templates_do_not():
    random = np.random.default_rng(0)
    risk = [f"We see a risk in {place} and report it here." for place in ("Ohio", "Porto", "Osaka", "Lyon", "Pune")]
    openings, closings = sentences(30, 5, seed=1), sentences(30, 5, seed=2)
    templates = [f"{one} {{}} {other} {{}}." for one, other in zip(openings, closings, strict=True)]

    def document():
        chosen = random.choice(len(templates), 12, replace=False)
        return [templates[i].format(*random.choice(WORDS, 2)) for i in chosen]

    originals = [document() for _ in range(150)]
    copies = [
        [*original[:3], *random.choice(risk, 2, replace=False), *original[3:9], *random.choice(risk, 1), *original[10:]]
        for original in originals[:50]
    ]
    groups = find_groups([" ".join(document) for document in originals + copies])
    assert [members.tolist() for members in groups.as_lists()] == [[i, 150 + i] for i in range(50)]


def test_half_of_all_items_identical_costs_no_comparison(monkeypatch):
    compared = verified_pairs(monkeypatch)
    find_groups(sentences(500, 8))
    alone = sum(compared)
    compared.clear()
    groups = find_groups(sentences(500, 8) + ["the very same complaint about a late card"] * 500)
    assert groups.sizes.max() == 500
    assert sum(compared) <= alone + BANDS


def test_half_of_all_items_nearly_identical_costs_a_few_comparisons_each(monkeypatch):
    compared = verified_pairs(monkeypatch)
    n = 3000
    groups = find_groups(shipped(n))
    assert groups.sizes.max() > 0.8 * n
    # two scorers, four links, some again towards the medoid: never n² / 2 = 4.5 million
    assert sum(compared) < 20 * n


def test_texts_in_another_script_group_too():
    texts = ["моя карта ещё не пришла, жду две недели", "моя карта ещё не пришла, жду две недели!", "какой курс"]
    assert find_groups(texts).of.tolist() == [0, 0, 1]
    texts = ["我的卡还没有到，已经等了两个星期了", "我的卡还没有到，已经等了两个星期", "今天美元的汇率是多少"]
    assert find_groups(texts).of.tolist() == [0, 0, 1]


# Templates


def reports(n, seed=0):
    """Texts made from one template, no two with the same numbers."""
    values = np.random.default_rng(seed).uniform(1, 900, n).round(2)
    return [f"Report of the week {i % 52 + 1} of {1900 + i // 52}: the value is {v}" for i, v in enumerate(values)]


def test_in_a_template_other_numbers_are_another_text():
    texts = reports(400)
    assert find_groups(texts).sizes.max() == 1
    # nine alike are no template, and a number more or less is a near-copy
    assert find_groups(texts[:9]).sizes.max() > 1


def test_copies_of_templated_texts_are_still_found():
    texts = reports(2000)
    copies = [text.replace("the value", "teh value") for text in texts[:300]]
    copies += [text.upper() for text in texts[300:400]]
    copies += [text.replace("Report of", "Report, of") for text in texts[400:600]]
    groups = find_groups(texts + copies)
    assert (groups.of[2000:] == groups.of[:600]).all()
    assert groups.sizes.max() == 2


def test_templates_do_not_make_the_pool_a_copy_of_production():
    production, pool = reports(300), reports(900, seed=1)[300:]
    planted = [text.replace("value", "valeu") for text in production[:50]]
    inside = np.arange(len(production) + len(pool) + len(planted)) < len(production)
    found = copies_of(production + pool + planted, inside)
    assert found[-50:].all()
    assert not found[:-50].any()


def test_two_templates_and_plain_texts_side_by_side():
    invoices = [f"Invoice {i} over {i * 7 % 991} euros is due on the {i % 28 + 1} of the month" for i in range(300)]
    plain = sentences(100, 9)
    texts = reports(300) + invoices + plain + [text + " please" for text in plain]
    groups = find_groups(texts)
    assert groups.sizes[groups.of[:600]].max() == 1
    assert (groups.of[600:700] == groups.of[700:]).all()


# Copies of a reference


def test_copies_of_a_reference_exact_near_and_other():
    reference = ["The invoice was paid twice in March, please refund one payment", "ok"]
    pool = [
        "the invoice was paid twice in March,  please refund one payment",
        "OK",
        "no",
        "The invoice was paid twice in march - please refund a payment",
        "When does the office in Lyon open?",
    ]
    inside = np.array([True] * 2 + [False] * 5)
    assert copies_of(reference + pool, inside).tolist() == [False, False, True, True, False, True, False]


def test_copies_without_reference_or_without_others():
    texts = ["same text here", "same text here"]
    assert copies_of(texts, np.array([False, False])).tolist() == [False, False]
    assert copies_of(texts, np.array([True, True])).tolist() == [False, False]
    assert copies_of([], np.array([], dtype=bool)).size == 0


def test_a_copy_is_found_in_a_bucket_full_of_others():
    many = shipped(2000)
    inside = np.zeros(len(many), dtype=bool)
    inside[777] = True
    found = copies_of(many, inside)
    assert found.mean() > 0.95
    assert not found[777]


def test_a_copy_of_a_member_far_from_its_medoid_is_found():
    hub = sentences(1, 30)[0].split()
    member, copy = list(hub), list(hub)
    for position, word in zip((2, 5, 8, 11), ("zebra", "quilt", "xylem", "pixel"), strict=True):
        member[position] = copy[position] = word
    for position, word in zip((14, 17, 20, 23, 26), ("jumbo", "fjord", "vixen", "kayak", "gizmo"), strict=True):
        copy[position] = word
    others = [[*hub, word] for word in ("acorn", "birch", "cedar", "daisy", "elder", "fern")]
    texts = [" ".join(words) for words in (*[hub] * 5, *others, member, copy)]
    assert find_groups(texts).of.tolist() == [0] * 12 + [1]
    assert copies_of(texts, np.arange(13) == 11)[12]


# Real data


def typing_error(text, random):
    at = random.integers(len(text))
    return text[:at] + "abcdefghijklmnopqrstuvwxyz"[random.integers(26)] + text[at + 1 :]


def word_dropped(text, random):
    words = text.split()
    del words[random.integers(len(words))]
    return " ".join(words)


def word_added(text, random):
    words = text.split()
    words.insert(random.integers(len(words) + 1), random.choice(["please", "really", "now", "today", "again"]))
    return " ".join(words)


@needs_shared
def test_planted_edits_of_short_questions_are_found():
    frame = pd.read_csv(shared("banking77/banking77.csv")).drop_duplicates("text")
    texts, intents = frame["text"].tolist(), frame["label"].to_numpy()
    random = np.random.default_rng(0)
    parents = random.choice(len(texts), 2400, replace=False)
    edits = (typing_error, word_dropped, word_added)
    planted = [edits[k % 3](texts[parent], random) for k, parent in enumerate(parents)]
    groups = find_groups(texts + planted)
    assert (groups.of[len(texts) :] == groups.of[parents]).mean() > 0.93
    # neighbours by nature are right when they ask for the same thing
    intents = np.r_[intents, intents[parents]]
    members = np.flatnonzero(groups.medoid[groups.of] != np.arange(len(intents)))
    assert (intents[members] == intents[groups.medoid[groups.of[members]]]).mean() > 0.955


@needs_shared
def test_production_rows_in_another_encoding_are_found():
    pool = pd.read_csv(shared("fin_num_claim/pool_second_annotator.csv"))["text"].tolist()
    production = pd.read_csv(shared("fin_num_claim/production_analyst_reports.csv"))["text"].tolist()
    planted = [text.encode().decode("cp1252", errors="replace") for text in production if not text.isascii()]
    inside = np.arange(len(pool) + len(production) + len(planted)) < len(production)
    found = copies_of(production + pool + planted, inside)
    assert len(planted) > 250
    assert found[-len(planted) :].all()
    assert found[len(production) : -len(planted)].mean() < 0.03
