"""Offline static embeddings of texts: the weights come with a package, nothing is fetched."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy import sparse
from tokenizers import Tokenizer

DIMENSIONS = 256
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
WEIGHTS = "weights/l2_supercat_256.safetensors"


def embed(texts: Sequence[str]) -> np.ndarray:
    """Unit-length rows float32 (n, 256), all zeros for a blank text: the mean of the vectors of its tokens.

    Static vectors see neither word order nor negation: nearness suggests a common topic and asserts nothing. A word's
    tokens do not depend on the words beside it, so every distinct word is read once.
    """
    place: dict[str, int] = {}
    words = [[place.setdefault(word, len(place)) for word in text.lower().split()] for text in texts]
    ends = np.cumsum([0, *map(len, words)])
    of_word = np.fromiter((word for row in words for word in row), dtype=np.int64, count=ends[-1])
    counts = sparse.csr_matrix((np.ones(len(of_word), np.float32), of_word, ends), shape=(len(words), len(place)))
    rows = np.asarray(counts @ _word_vectors(list(place)), dtype=np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def _word_vectors(words: list[str]) -> np.ndarray:
    """The sum of the vectors of each word's tokens, float32 (words, 256)."""
    tokenizer, vectors = _model()
    if not words:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    tokens = [encoded.ids for encoded in tokenizer.encode_batch(words, add_special_tokens=False)]
    ends = np.cumsum([0, *map(len, tokens)])
    flat = np.fromiter((token for row in tokens for token in row), dtype=np.int64, count=ends[-1])
    member = sparse.csr_matrix((np.ones(len(flat), np.float32), flat, ends), shape=(len(words), len(vectors)))
    return member @ vectors


@cache
def _model() -> tuple[Tokenizer, np.ndarray]:
    """The tokenizer and the vectors float32 (tokens, 256) that lie in the package `wordllama`. Only its files are used:
    importing it would set up logging for the whole process."""
    package = find_spec("wordllama")
    assert package and package.submodule_search_locations
    folder = Path(package.submodule_search_locations[0])
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    (vectors,) = load_file(folder / WEIGHTS).values()
    return tokenizer, np.ascontiguousarray(vectors, dtype=np.float32)
