"""Words: what a writer of the language calls so, the same to the vectorizer of training and to the hashed terms."""

import re

import numpy as np
import pytest

from annotation.core.features import hashing
from annotation.core.features.words import WORD, kinds_of

READ = [
    ("error E1001, pay 1,250.50$ now!", ["error", "e1001", ",", "pay", "1,250.50", "$", "now", "!"]),
    ("ICD E11.9; 4G. v1.2.", ["icd", "e11.9", ";", "4g", ".", "v1.2", "."]),
    ("a.b 1. 2", ["a", ".", "b", "1", ".", "2"]),
    ("यह दिन बड़ा है।", ["यह", "दिन", "बड़ा", "है", "।"]),
    ("বাংলা ভাষা", ["বাংলা", "ভাষা"]),
    ("日本語テスト2024年", ["日", "本", "語", "テ", "ス", "ト", "2024", "年"]),
    ("这个酒店", ["这", "个", "酒", "店"]),
    ("ไทย", ["ไ", "ท", "ย"]),
    ("한국어 문장", ["한국어", "문장"]),
    ("great 👍🏽 ❤️", ["great", "👍", "🏽", "❤"]),
    ("שָׁלוֹם مَرْحَبًا", ["שָׁלוֹם", "مَرْحَبًا"]),
]


@pytest.mark.parametrize(("text", "words"), READ)
def test_words_are_what_their_writer_calls_so(text, words):
    assert re.findall(WORD, text.lower()) == words


@pytest.mark.parametrize("text", [*(text for text, _ in READ), "don't. 3.x, x.3 .5 5. \u200dA\u200b", "_a_ - 1,2,,3"])
def test_detection_reads_the_words_that_training_reads(text):
    points, starts = hashing._code_points([text])
    kinds, at, words = kinds_of(points), 0, []
    while at < starts[1]:
        stop = hashing._word_end(kinds, at, starts[1]) if kinds[at] else at + 1
        words += ["".join(map(chr, points[at:stop]))] if kinds[at] else []
        at = stop
    assert words == re.findall(WORD, text.lower())


@pytest.mark.parametrize("text", ["", "  ", " \ufe0f"])
def test_a_text_without_a_word_is_one_word_to_training_and_none_to_detection(text):
    assert re.findall(WORD, text) == [text]
    assert not np.any(kinds_of(hashing._code_points([text])[0]))
