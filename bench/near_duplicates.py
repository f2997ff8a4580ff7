"""Near-duplicate groups of made texts beside datasketch and gaoya: time, memory, how much is found and is right.

One configuration for all figures: the application's defaults. Rivals get the same normalised texts, the same shingles
of four characters and 20 bands of 5 rows, and check their candidates with rapidfuzz; everybody has one thread and a
process of its own. Texts are as long as real questions of eight words or more; *all_lengths* takes shorter ones too,
of which many are alike by chance. Growth is between the medians of five runs each, taken in turns: the quickest of a
few would favour short runs, which now and then have the machine to themselves from end to end.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from datasketch import MinHash, MinHashLSH
from gaoya.minhash import MinHashStringIndex
from rapidfuzz.distance import Indel
from rapidfuzz.fuzz import token_set_ratio
from rapidfuzz.process import cpdist
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from annotation.core.likeness.minhash import BANDS, ROWS, SHINGLE
from annotation.core.likeness.near_duplicates import TEXT_THRESHOLD, find_groups, normalise, regroup
from bench.made_texts import KINDS, MIN_WORDS, MadeTexts, made_texts
from bench.table import Row, row
from tests.shared import SHARED

ROOT = Path(__file__).resolve().parents[1]
DATA = SHARED / "data/banking77/banking77.csv"
SYNONYM = list(KINDS).index("synonym")
# A pair counts as right where it was planted or is alike by exact Jaccard of the shingles of five characters.
RIGHT_JACCARD = 0.7
SAMPLE = 20_000
CHUNK = 10_000


def run_100k() -> list[Row]:
    return run(100_000, "100k")


def run_1m() -> list[Row]:
    return run(1_000_000, "1m")


def run(n: int, name: str) -> list[Row]:
    if not DATA.is_file():
        print(f"detect.near_duplicates is skipped: no data at {DATA}; set SECONDLOOK_SHARED.", file=sys.stderr)
        return []
    real = pd.read_csv(DATA)["text"].tolist()
    made = made_texts(real, n, MIN_WORDS)
    ours = measured("ours", made.texts)
    rows = []
    for rival, wanted in (("gaoya", 3.0), ("datasketch", 5.0)):
        theirs = measured(rival, made.texts)
        print(f"{rival}, {n} texts: {quality(made, theirs)}", file=sys.stderr)
        rows.append(beside(f"{name}.cpu_{rival}", n, "CPU s", ours.seconds, theirs.seconds, rival, wanted))
        if rival == "datasketch":
            rows.append(beside(f"{name}.memory", n, "MiB beyond the texts", ours.mib, theirs.mib, rival, 4.0))
    rows += of_quality(f"{name}.{MIN_WORDS}_words_or_more", made, ours)
    rows += of_quality(f"{name}.all_lengths", *all_lengths(real, n))
    times_more = growth(made.texts, made_texts(real, n // 10, MIN_WORDS).texts)
    rows.append(limit(f"{name}.growth", n, "times the CPU of a tenth of the texts", times_more, 11))
    identical = measured("ours", [made.texts[0]] * (n // 2) + made.texts[n // 2 :])
    times = "times the CPU where half the texts are identical"
    rows.append(limit(f"{name}.half_identical", n, times, identical.seconds / ours.seconds, 1.5))
    extended = measured("extended", made.texts)
    if not np.array_equal(extended.of, ours.of):
        raise SystemExit("An import on top of earlier groups gave other groups than grouping everything anew.")
    return [*rows, row(f"detect.near_duplicates.{name}.import_of_1_percent", "made from banking77", n, "CPU s",
                       extended.seconds, ours.seconds, "ours from scratch", "", 2.0, more_is_better=False)]  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """`of` (n,) the group of each text, `head` (n,) a text of that group that its members are compared with."""

    seconds: float
    mib: float
    of: np.ndarray
    head: np.ndarray


@dataclass(frozen=True)
class Quality:
    """Shares in [0, 1]: of edited copies in their parent's group, without synonyms too, and of right pairs."""

    found: float
    without_synonyms: float
    precision: float


def all_lengths(real: list[str], n: int) -> tuple[MadeTexts, Measured]:
    made = made_texts(real, n, 1)
    return made, measured("ours", made.texts)


def growth(many: list[str], few: list[str]) -> float:
    runs = [[measured("ours", texts).seconds for texts in (many, few)] for _ in range(5)]
    print(f"many and few texts in turns, CPU s: {runs}", file=sys.stderr)
    return float(np.divide(*np.median(runs, axis=0)))


def beside(name: str, n: int, unit: str, ours: float, theirs: float, rival: str, goal: float) -> Row:
    return row(f"detect.near_duplicates.{name}", "made from banking77", n, unit, ours, theirs, f"{rival} + rapidfuzz",
               version(rival), goal, more_is_better=False)  # fmt: skip


def limit(name: str, n: int, unit: str, ours: float, most: float, more_is_better: bool = False) -> Row:
    return row(f"detect.near_duplicates.{name}", "made from banking77", n, unit, ours, most, "what is asked", "", 1.0,
               more_is_better)  # fmt: skip


def of_quality(name: str, made: MadeTexts, ours: Measured) -> list[Row]:
    seen, n = quality(made, ours), len(made.texts)
    return [
        limit(f"{name}.found", n, "share of edited copies", seen.found, 0.93, True),
        limit(f"{name}.found_without_synonyms", n, "share of edited copies", seen.without_synonyms, 0.99, True),
        limit(f"{name}.precision", n, f"share of pairs, Jaccard ≥ {RIGHT_JACCARD}", seen.precision, 0.97, True),
    ]


def quality(made: MadeTexts, measured: Measured) -> Quality:
    copies = np.flatnonzero(made.parent >= 0)
    found = measured.of[copies] == measured.of[made.parent[copies]]
    root = np.where(made.parent >= 0, made.parent, np.arange(len(made.texts)))
    members = np.flatnonzero(measured.head != np.arange(len(made.texts)))
    members = np.random.default_rng(0).permutation(members)[:SAMPLE]
    heads = measured.head[members]
    right = [
        root[a] == root[b] or jaccard(made.texts[a], made.texts[b]) >= RIGHT_JACCARD
        for a, b in zip(members.tolist(), heads.tolist(), strict=True)
    ]
    kinds = made.kind[copies]
    return Quality(*(float(np.mean(share)) for share in (found, found[kinds != SYNONYM], right)))


def jaccard(one: str, other: str) -> float:
    a, b = (shingles(normalise(text), 5) for text in (one, other))
    return len(a & b) / len(a | b)


def shingles(text: str, length: int) -> set[str]:
    return {text[at : at + length] for at in range(max(1, len(text) - length + 1))}


def measured(method: str, texts: list[str]) -> Measured:
    """What `method` needs and finds, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="secondlook-bench-") as folder:
        (Path(folder) / "texts.json").write_text(json.dumps(texts))
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
        command = [sys.executable, "-m", "bench.near_duplicates", method, folder]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **threads}, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr.strip())
        printed = json.loads(done.stdout)
        groups = np.load(Path(folder) / "groups.npy")
    # a run takes minutes, and what is measured is worth seeing even where it is cut short
    print(f"{method}, {len(texts):,} texts: {printed['seconds']:.2f} CPU s, {printed['mib']:.0f} MiB", file=sys.stderr)
    return Measured(printed["seconds"], printed["mib"], *groups)


def worker(method: str, folder: str) -> None:
    texts = json.loads((Path(folder) / "texts.json").read_text())
    before = Path("/proc/self/statm").read_text().split()[1]
    resident = int(before) * resource.getpagesize() / 2**20
    work = METHODS[method](texts) if method == "extended" else partial(METHODS[method], texts)
    started = time.process_time()
    groups = work()
    seconds = time.process_time() - started
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - resident
    np.save(Path(folder) / "groups.npy", np.stack(groups))
    print(json.dumps({"seconds": seconds, "mib": mib}))


def ours(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    groups = find_groups(texts)
    return groups.of, groups.medoid[groups.of]


def extended(texts: list[str]) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """Grouping all texts where all but the last hundredth were grouped before."""
    index = regroup(texts[: len(texts) - len(texts) // 100], None)[1]

    def work() -> tuple[np.ndarray, np.ndarray]:
        groups, _ = regroup(texts, index)
        return groups.of, groups.medoid[groups.of]

    return work


def with_datasketch(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    texts = [normalise(text) for text in texts]
    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))

    def candidates(start: int) -> Iterable[list[int]]:
        tokens = [[piece.encode() for piece in shingles(text, SHINGLE)] for text in texts[start : start + CHUNK]]
        for position, sketch in enumerate(MinHash.bulk(tokens, num_perm=BANDS * ROWS), start):
            yield index.query(sketch)
            index.insert(position, sketch)

    return linked(texts, candidates)


def with_gaoya(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    texts = [normalise(text) for text in texts]
    index = MinHashStringIndex(
        hash_size=32, jaccard_threshold=0.5, num_bands=BANDS, band_size=ROWS, analyzer="char",
        ngram_range=(SHINGLE, SHINGLE), id_container="vec",
    )  # fmt: skip

    def candidates(start: int) -> Iterable[list[int]]:
        for position, text in enumerate(texts[start : start + CHUNK], start):
            yield index.query(text)
            index.insert_document(position, text)

    return linked(texts, candidates)


def linked(texts: list[str], candidates: Callable[[int], Iterable[list[int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Groups by each text's candidates among those before it, every pair checked by the mean of two similarities."""
    lefts, rights = [], []
    for start in range(0, len(texts), CHUNK):
        found = list(candidates(start))
        left = np.repeat(np.arange(start, start + len(found)), [len(one) for one in found])
        right = np.array([other for one in found for other in one], dtype=np.int64)
        alike = checked(texts, left, right)
        lefts.append(left[alike])
        rights.append(right[alike])
    pairs = np.concatenate(lefts), np.concatenate(rights)
    joined = coo_matrix((np.ones(len(pairs[0]), dtype=bool), pairs), shape=(len(texts),) * 2)
    of = connected_components(joined, directed=False)[1]
    first = np.full(of.max() + 1, len(texts))
    np.minimum.at(first, of, np.arange(len(texts)))
    return of.astype(np.int64), first[of]


def checked(texts: list[str], left: np.ndarray, right: np.ndarray) -> np.ndarray:
    pair = [texts[i] for i in left.tolist()], [texts[i] for i in right.tolist()]
    scores = cpdist(*pair, scorer=Indel.normalized_similarity) + cpdist(*pair, scorer=token_set_ratio) / 100
    return scores >= 2 * TEXT_THRESHOLD


METHODS: dict[str, Callable] = {"ours": ours, "extended": extended, "datasketch": with_datasketch, "gaoya": with_gaoya}

if __name__ == "__main__":
    worker(*sys.argv[1:3])
