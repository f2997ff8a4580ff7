"""Copies of production that the guard keeps out of training: planted in many kinds of disguise, and false alarms.

Texts come from sets unlike one another. Of each set a part is production; every kind of copy is made of its rows, 300
of all lengths and 300 of 60 characters and more, as evenly over the sets as the kind allows (a text without accents
can't lose them), and planted in the rest. The rival is the search for near-duplicates alone, as groups are made. False
alarms are honest rows left out beyond those that the rival leaves out.
"""

import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from annotation.core.fields import Field
from annotation.core.likeness.grouping import copies_of_items
from annotation.core.likeness.near_duplicates import copies_of, normalise
from bench.leak_kinds import CHANGED, KEPT, Edit
from bench.made_texts import made_texts
from bench.table import Row, row
from tests.shared import SHARED

RIVAL = "near-duplicates alone"
SETS = {
    "banking77": "banking77/banking77.csv",
    "clinc150": "clinc150/clinc150.csv",
    "fin_num_claim": "fin_num_claim/pool_second_annotator.csv",
    "youtube": "youtube_spam_lfs/youtube.csv",
    "sentfin": "sentfin/sentfin.csv",
    "weather": "weather_sentiment_crowd/items.csv",
    **{name: f"suite/{name}/items.csv" for name in (
        "amazon_isbook", "klue_nli", "arsarcasm", "hausa_news", "hatebr", "wiki_politeness", "promise_nfr",
        "davidson_hate", "noisy_agnews", "uli_abuse", "relation_crowd", "wiki_toxicity", "climate_fever",
    )},
}  # fmt: skip
PRODUCTION, POOL, EACH, LONG = 600, 3000, 300, 60
FIELDS = (Field("text", "text"),)
GOAL = 0.99


@dataclass(frozen=True)
class Planted:
    """A copy of the production row `parent` of a set."""

    kind: str
    long: bool
    name: str
    parent: int
    text: str


def run() -> list[Row]:
    """Found of each kind, honest rows left out, and what the search costs."""
    if not (SHARED / "data/suite").is_dir():
        print(f"proof.leaks is skipped: no data in {SHARED}; SECONDLOOK_SHARED can point at it.", file=sys.stderr)
        return []
    sets = {name: texts_of(path) for name, path in SETS.items()}
    return [*found_rows(sets), *false_alarm_rows(sets), *time_rows()]


def texts_of(path: str) -> list[str]:
    """Distinct texts of a set, in an order of its own, that any reading of them leaves distinct."""
    frame = pd.read_csv(SHARED / "data" / path, dtype=str, keep_default_na=False)
    texts = frame["Title" if "Title" in frame else "text"]
    texts = texts[texts.str.strip() != ""]
    texts = texts[~texts.map(normalise).duplicated()].tolist()
    order = np.random.default_rng(zlib.crc32(Path(path).parent.name.encode())).permutation(len(texts))
    return [texts[i] for i in order[: PRODUCTION + POOL].tolist()]


def found_rows(sets: dict[str, list[str]]) -> list[Row]:
    planted = [one for kind in (*KEPT, *CHANGED) for long in (False, True) for one in planted_of(sets, kind, long)]
    found = {name: found_in(texts, [one for one in planted if one.name == name]) for name, texts in sets.items()}
    table = pd.DataFrame([vars(one) | verdict for name in sets for one, verdict in found[name]])
    for one in table[table["kind"].isin(KEPT) & ~table["ours"]].groupby("kind").head(4).itertuples():
        print(f"missed, {one.kind} in {one.name}: {one.text[:150]!r}", file=sys.stderr)
    rows = []
    for (kind, long), part in table.groupby(["kind", "long"], sort=False):
        goal = GOAL if kind in KEPT else 0.0
        name = f"proof.leaks.{kind}{'.long' if long else ''}"
        rows.append(share_row(name, part, goal))
    for long, part in table[table["kind"].isin(KEPT)].groupby("long", sort=False):
        rows.append(share_row(f"proof.leaks.all_that_keep_words{'.long' if long else ''}", part, GOAL))
    return rows


def share_row(name: str, part: pd.DataFrame, goal: float) -> Row:
    """`ratio` is the share found, for the goal to be one of shares."""
    ours, rival = float(part["ours"].mean()), float(part["rival"].mean())
    data = f"{part['name'].nunique()} sets"
    return row(name, data, len(part), f"share found; {RIVAL}: {rival:.3f}", ours, 1.0, "all", "", goal)


def planted_of(sets: dict[str, list[str]], kind: str, long: bool) -> list[Planted]:
    """EACH copies of one kind, one set after the other in turn."""
    random = np.random.default_rng(zlib.crc32(f"{kind} {long}".encode()))
    edit = {**KEPT, **CHANGED}[kind]
    waiting = {name: random.permutation(min(PRODUCTION, len(texts) // 3)).tolist() for name, texts in sets.items()}
    planted: list[Planted] = []
    while len(planted) < EACH and any(waiting.values()):
        for name in [name for name, left in waiting.items() if left]:
            one = next_of(sets[name], waiting[name], edit, random, long)
            if one and len(planted) < EACH:
                planted.append(Planted(kind, long, name, *one))
    return planted


def next_of(
    texts: list[str], waiting: list[int], edit: Edit, random: np.random.Generator, long: bool
) -> tuple[int, str] | None:
    """The next waiting text that the edit changes, and what it becomes."""
    while waiting:
        parent = waiting.pop()
        text = texts[parent]
        if long and len(text) < LONG:
            continue
        edited = edit(text, random)
        if edited != text and edited.strip():
            return parent, edited
    return None


def found_in(texts: list[str], planted: list[Planted]) -> list[tuple[Planted, dict[str, bool]]]:
    n = min(PRODUCTION, len(texts) // 3)
    both = texts + [one.text for one in planted]
    inside = np.arange(len(both)) < n
    ours, rival = guard(both, inside)[len(texts) :], copies_of(both, inside)[len(texts) :]
    return [(one, {"ours": bool(a), "rival": bool(b)}) for one, a, b in zip(planted, ours, rival, strict=True)]


def guard(texts: list[str], inside: np.ndarray) -> np.ndarray:
    return copies_of_items(pd.DataFrame({"text": texts}), FIELDS, inside)


def false_alarm_rows(sets: dict[str, list[str]]) -> list[Row]:
    """Honest rows left out beyond the rival's, as a share of all."""
    more = rows = 0
    for name, texts in sets.items():
        inside = np.arange(len(texts)) < min(PRODUCTION, len(texts) // 3)
        rival, ours = copies_of(texts, inside), guard(texts, inside)
        extra = np.flatnonzero(ours & ~rival)
        more, rows = more + len(extra), rows + int((~inside).sum())
        print(f"{name}: {int(rival.sum())} of {int((~inside).sum())} left out before, {len(extra)} more now, "
              f"{int((rival & ~ours).sum())} fewer", file=sys.stderr)  # fmt: skip
        for i in extra[:12].tolist():
            print(f"    {texts[i][:160]!r}", file=sys.stderr)
    unit = "share of honest rows left out beyond the rival's"
    return [row("proof.leaks.false_alarms", f"{len(sets)} sets", rows, unit, more / rows, 0.002, "what is asked", "",
                1.0, more_is_better=False)]  # fmt: skip


def time_rows() -> list[Row]:
    real = pd.read_csv(SHARED / "data/banking77/banking77.csv")["text"].tolist()
    texts = made_texts(real, 105_000).texts
    texts = [texts[i] for i in np.random.default_rng(0).permutation(len(texts)).tolist()]
    inside = np.arange(len(texts)) < 5_000
    seconds: dict[str, list[float]] = {"ours": [], "rival": []}
    for _ in range(3):
        for name, method in (("ours", guard), ("rival", copies_of)):
            started = time.process_time()
            method(texts, inside)
            seconds[name].append(time.process_time() - started)
    ours, rival = (float(np.median(seconds[name])) for name in ("ours", "rival"))
    return [row("proof.leaks.time", "made from banking77", len(texts), "CPU s", ours, rival, RIVAL, "", 0.5,
                more_is_better=False)]  # fmt: skip
