"""Offline static embeddings of texts: the weights come with a package, nothing is fetched."""

from array import array
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy import sparse
from tokenizers import Tokenizer

DIMENSIONS = 256
# Words handed to the tokenizer at a time: what it says of each takes far more memory than its tokens.
BATCH = 10_000
# Texts whose words are told apart together, and rows worked out at a time: neither grows with all of the texts.
TEXTS, ROWS = 200_000, 10_000
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
WEIGHTS = "weights/l2_supercat_256.safetensors"


def embed(texts: Sequence[str], dtype: type[np.floating] = np.float32) -> np.ndarray:
    """Unit-length rows (n, 256) of `dtype`, all zeros for a blank text: the mean of the vectors of its tokens.

    Static vectors see neither word order nor negation: nearness suggests a common topic and asserts nothing. A word's
    tokens do not depend on the words beside it, so every distinct word is read once.
    """
    rows = np.empty((len(texts), DIMENSIONS), dtype=dtype)
    for start in range(0, len(texts), TEXTS):
        _embed_into(rows[start : start + TEXTS], texts[start : start + TEXTS])
    return rows


def _embed_into(rows: np.ndarray, texts: Sequence[str]) -> None:
    """Fill `rows` (n, 256) with what n texts say."""
    place: dict[str, int] = {}
    words, ends = array("i"), [0]
    for text in texts:
        words.extend(place.setdefault(word, len(place)) for word in text.lower().split())
        ends.append(len(words))
    of_word, ones = np.frombuffer(words, dtype=np.int32), np.ones(len(words), np.float32)
    counts = sparse.csr_matrix((ones, of_word, ends), shape=(len(texts), len(place)))
    tokenizer, vectors = _model()
    tokens = _tokens(list(place), tokenizer, len(vectors))
    for start in range(0, len(texts), ROWS):
        some = slice(start, start + ROWS)
        said = np.asarray(counts[some] @ tokens @ vectors, dtype=np.float32)
        length = np.linalg.norm(said, axis=1, keepdims=True)
        rows[some] = said / np.where(length > 0, length, 1)


def _tokens(words: list[str], tokenizer: Tokenizer, n_tokens: int) -> sparse.csr_matrix:
    """How often each word has each token, float32 CSR (words, n_tokens)."""
    tokens, ends = array("i"), [0]
    for start in range(0, len(words), BATCH):
        for encoded in tokenizer.encode_batch(words[start : start + BATCH], add_special_tokens=False):
            tokens.extend(encoded.ids)
            ends.append(len(tokens))
    ones, flat = np.ones(len(tokens), np.float32), np.frombuffer(tokens, dtype=np.int32)
    return sparse.csr_matrix((ones, flat, ends), shape=(len(words), n_tokens))


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
