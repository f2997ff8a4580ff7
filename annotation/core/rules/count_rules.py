"""Finds "more than k times this word → this label", and says what the rest of the text would say."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB

from annotation.core.judging.folds import grouped_folds
from annotation.core.judging.judges import softmax

WORD = r"(?u)\b\w\w+\b"
SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
FOLDS = 5
# An expert decided on that text; annotators may have counted a word.
DECIDED = 3.0
# Inverse strength of the logistic regression's penalty, and the least probability either model is believed.
PENALTY, FLOOR = 3.0, 1e-3


@dataclass(frozen=True)
class WordCount:
    """More than `threshold` mentions of `word` go with class `label` (code).

    balanced: balanced accuracy of the rule as a predictor of that class against all others, in [0, 1]. present: the
    best it reaches at thresholds 0 and 1, that is by the word's mere presence.
    """

    word: str
    threshold: int
    label: int
    balanced: float
    present: float


def count_words(texts: Sequence[str], min_items: int) -> tuple[sparse.csc_matrix, np.ndarray]:
    """Counts (n, words) of the words that occur at least twice in `min_items` texts, and the words."""
    try:
        counter = CountVectorizer(token_pattern=WORD, min_df=min(min_items, max(1, len(texts))))
        counts = counter.fit_transform(texts).tocsc()
    except ValueError:
        return sparse.csc_matrix((len(texts), 0), dtype=np.int64), np.array([], dtype=object)
    often = np.asarray((counts > 1).sum(axis=0)).ravel() >= min_items
    return counts[:, often], counter.get_feature_names_out()[often]


def best_rules(
    counts: sparse.csc_matrix, words: np.ndarray, labels: np.ndarray, n_classes: int, highest: int
) -> list[WordCount]:
    """The best rule with a threshold of 2 to `highest` for every class that has one, over all `words`.

    labels: int (n,), −1 = none. One sparse product per threshold: linear in the mentions.
    """
    labelled = labels >= 0
    size = np.bincount(labels[labelled], minlength=n_classes)
    member = sparse.csr_matrix(
        (np.ones(labelled.sum()), (labels[labelled], np.flatnonzero(labelled))), shape=(n_classes, len(labels))
    )
    balanced = np.stack([_balanced(counts > k, member, size) for k in range(highest + 1)])
    rules = []
    for label in np.flatnonzero((size > 0) & (size < labelled.sum())) if len(words) else []:
        k, word = np.unravel_index(balanced[2:, label].argmax(), balanced[2:, label].shape)
        present = float(balanced[:2, label, word].max())
        rules.append(WordCount(str(words[word]), int(k) + 2, int(label), float(balanced[k + 2, label, word]), present))
    return rules


def _balanced(above: sparse.csc_matrix, member: sparse.csr_matrix, size: np.ndarray) -> np.ndarray:
    """Balanced accuracy (classes, words) of "this word is above the threshold" as a predictor of each class."""
    hits = (member @ above.astype(np.float64)).toarray()
    others = size.sum() - size
    caught = hits / np.maximum(size, 1)[:, None]
    wrongly = (hits.sum(axis=0) - hits) / np.maximum(others, 1)[:, None]
    return (caught + 1 - wrongly) / 2


def whole_word(word: str) -> re.Pattern[str]:
    """Finds a word or phrase that does not stand inside another word, whatever its case and blanks."""
    phrase = r"\s+".join(map(re.escape, word.split()))
    return re.compile(rf"(?<!\w){phrase}(?!\w)", re.IGNORECASE)


def mentions(texts: Sequence[str], word: str) -> np.ndarray:
    """How often each text mentions `word` as a whole word, whatever its case: int (n,)."""
    pattern = whole_word(word)
    return np.array([len(pattern.findall(text)) for text in texts], dtype=np.int64)


def without_word(texts: Sequence[str], word: str) -> list[str]:
    """Each text without the sentences that mention `word`; where nothing would be left, without the word alone."""
    pattern = whole_word(word)
    kept = (" ".join(part for part in SENTENCE.split(text) if not pattern.search(part)) for text in texts)
    return [rest if rest.strip() else pattern.sub(" ", text) for rest, text in zip(kept, texts, strict=True)]


def said_by_the_rest(
    texts: Sequence[str], labels: np.ndarray, groups: np.ndarray, n_classes: int, decided: np.ndarray | None = None,
    seed: int = 0,
) -> np.ndarray:  # fmt: skip
    """Out-of-fold class probabilities (n, K) of naive Bayes (Rennie et al. 2003) and logistic regression over words and
    pairs of words, pooled as one opinion (geometric mean; Genest and Zidek 1986).

    Where labels followed a shortcut that the texts no longer show, what is left of them still goes along with the
    truth, as far as the shortcut itself did. Naive Bayes reads that from labels alone; logistic regression gains more
    from what experts decided (bool (n,), None = nothing), which counts DECIDED times.
    """
    weight = np.ones(len(labels)) if decided is None else np.where(decided, DECIDED, 1.0)
    out = np.full((len(labels), n_classes), 1 / n_classes)
    folds = grouped_folds(groups, labels, FOLDS, seed)
    try:
        matrix = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True).fit_transform(texts)
    except ValueError:
        return out
    for fold in range(FOLDS):
        learn, judge = (folds != fold) & (labels >= 0), folds == fold
        if judge.any() and len(np.unique(labels[learn])) > 1:
            models = (ComplementNB(), LogisticRegression(C=PENALTY, tol=1e-3, max_iter=200))
            said = [model.fit(matrix[learn], labels[learn], weight[learn]) for model in models]
            logs = sum(np.log(model.predict_proba(matrix[judge]) + FLOOR) for model in said)
            out[judge] = 0.0
            out[np.ix_(judge, said[0].classes_)] = softmax(logs / len(said))
    return out
