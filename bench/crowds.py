"""Real crowds: who said what of which item, and the truth, as far as it is more than what the same people said."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from annotation.core.crowd.votes import Votes, likeliest, majority_posterior, votes_of
from annotation.core.fields import Field
from annotation.core.judging.evidence import Evidence, build_evidence
from tests.shared import SHARED

SUITE = SHARED / "data/suite"
# How the truth came about. Where it is the majority of the same answers, majority wins by construction.
BY_VOTES, APART = "a function of the answers", "apart from the answers"
TRUTHS = {
    "hatebr": BY_VOTES, "wiki_toxicity": BY_VOTES, "wiki_politeness": BY_VOTES, "relation_crowd": BY_VOTES,
    "uli_abuse": BY_VOTES, "amazon_isbook": APART, "weather_crowdflower": APART, "weather_mturk": APART,
    "youtube_spam_lfs": APART,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Crowd:
    """truth: int (n,), class code, −1 = not known. texts: n of them, "" where there is none."""

    name: str
    votes: Votes
    truth: np.ndarray
    classes: tuple[str, ...]
    texts: list[str]

    @cached_property
    def evidence(self) -> Evidence:
        """What a detection gathers where the majority is the current label."""
        votes = self.votes
        frame = pd.DataFrame({"item": votes.item, "annotator": votes.annotator, "label": votes.label})
        frame = frame.assign(seconds=np.nan, at=pd.NaT)
        labels, names = likeliest(majority_posterior(votes), votes), tuple(map(str, range(votes.n_annotators)))
        table = pd.DataFrame({"text": self.texts})
        return build_evidence(table, (Field("text", "text"),), self.classes, labels, frame, names)

    @cached_property
    def predicted(self) -> np.ndarray:
        """Out-of-fold probabilities of the house float (n, K)."""
        found = self.evidence.probabilities
        return np.full((self.votes.n_items, len(self.classes)), 1 / len(self.classes)) if found is None else found


def crowd(name: str) -> Crowd:
    if name.startswith("weather_"):
        return _weather(name.removeprefix("weather_"))
    return _youtube() if name == "youtube_spam_lfs" else _suite(name)


def _suite(name: str) -> Crowd:
    items, labels = (pd.read_csv(SUITE / name / f"{file}.csv", dtype=str, keep_default_na=False)
                     for file in ("items", "labels"))  # fmt: skip
    classes = sorted({*items["given_label"], *items["true_label"], *labels["label"]} - {""})
    code = {one: number for number, one in enumerate(classes)}
    item, ids = pd.factorize(labels["item"])
    items = items.set_index("id").reindex(ids)
    frame = pd.DataFrame({"item": item, "annotator": labels["annotator"], "label": labels["label"].map(code)})
    truth = items["true_label"].map(lambda one: code.get(one, -1)).to_numpy()
    return _crowd(name, frame, truth, classes, items["text"].fillna("").tolist())


def _weather(pool: str) -> Crowd:
    folder = SHARED / "data/weather_sentiment_crowd"
    judgments = pd.read_csv(folder / "judgments.csv")
    judgments = judgments[judgments["pool"] == pool]
    texts = pd.read_csv(folder / "items.csv").set_index("tweet_id")["text"]
    item, tweets = pd.factorize(judgments["tweet_id"])
    truth = judgments.groupby("tweet_id")["true_label"].first().reindex(tweets).to_numpy()
    frame = pd.DataFrame({"item": item, "annotator": judgments["worker"], "label": judgments["label"].to_numpy()})
    classes = ("negative", "neutral", "positive", "unrelated", "cannot tell")
    return _crowd(f"weather_{pool}", frame, truth, classes, texts.reindex(tweets).fillna("").tolist())


def _youtube() -> Crowd:
    """Keyword rules in place of annotators; without the rows of which no rule says anything."""
    rows = pd.read_csv(SHARED / "data/youtube_spam_lfs/youtube.csv")
    rules = [name for name in rows if name not in ("text", "true_label", "split")]
    rows = rows[(rows["split"] != "test") & (rows[rules] >= 0).any(axis=1)]
    item, rule = np.nonzero(rows[rules].to_numpy() >= 0)
    frame = pd.DataFrame({"item": item, "annotator": rule, "label": rows[rules].to_numpy()[item, rule]})
    return _crowd("youtube_spam_lfs", frame, rows["true_label"].to_numpy(), ("HAM", "SPAM"), rows["text"].tolist())


def _crowd(name: str, frame: pd.DataFrame, truth: np.ndarray, classes: list[str] | tuple[str, ...],
           texts: list[str]) -> Crowd:  # fmt: skip
    annotator, annotators = pd.factorize(frame["annotator"])
    votes = votes_of(frame.assign(annotator=annotator), len(texts), len(annotators), len(classes))
    return Crowd(name, votes, truth, tuple(classes), texts)
