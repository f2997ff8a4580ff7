"""Labels that turn on one word, in scripts and codes that a reader of `\\w+` cuts or swallows: read in detection and in
training alike."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from annotation.core.detectors.label_error import LabelError
from annotation.core.features.vectorizer import vectorizer
from annotation.core.fields import Field
from annotation.core.judging.evidence import build_evidence

N = 400
FILLING = ["ships", "store", "phone", "paint", "tickets", "order"]
NO_VOTES = pd.DataFrame({name: [] for name in ("item", "annotator", "label", "seconds", "at")})
TELLING = {
    "codes": (["E1001", "E1008", "E1015"], ["E1002", "E1009", "E1016"], FILLING),
    "Hindi": (["दिन"], ["दीन"], ["यह", "नया", "था", "आज", "घर", "बड़ा", "पानी", "शहर"]),
    "Chinese": (["好"], ["坏"], list("这个酒店的服务房间早餐非常")),
    "emoji": (["👍"], ["👎"], FILLING),
    "punctuation": (["!"], ["?"], FILLING),
}


def said(name: str) -> tuple[list[str], np.ndarray]:
    """Texts and their classes."""
    first, second, words = TELLING[name]
    rng, truth, texts = np.random.default_rng(0), np.arange(N) % 2, []
    for label in truth:
        parts = [*rng.choice(words, 6), rng.choice(second if label else first)]
        texts.append(("" if name == "Chinese" else " ").join(rng.permutation(parts)))
    return texts, truth


@pytest.mark.parametrize("name", TELLING)
def test_detection_finds_the_labels_that_the_word_contradicts(name):
    texts, truth = said(name)
    wrong = np.random.default_rng(1).random(N) < 0.08
    table = pd.DataFrame({"text": texts})
    fields = [Field("text", "text")]
    evidence = build_evidence(table, fields, ["a", "b"], np.where(wrong, 1 - truth, truth), NO_VOTES, [])
    first = np.argsort(-LabelError().judge(evidence).score, kind="stable")[: wrong.sum()]
    assert wrong[first].mean() > 0.9


@pytest.mark.parametrize("name", TELLING)
def test_training_reads_it_too(name):
    texts, truth = said(name)
    rows = vectorizer([Field("text", "text")]).fit_transform(pd.DataFrame({"text": texts}))
    assert cross_val_score(LogisticRegression(C=10), rows, truth, cv=5).mean() > 0.97
