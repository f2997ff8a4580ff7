"""Offline static embeddings of texts: the weights come with a package, nothing is fetched."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import wordllama
from wordllama import WordLlama

DIMENSIONS = 256
BATCH = 1024


def embed(texts: Sequence[str]) -> np.ndarray:
    """Unit-length rows float32 (n, 256), all zeros for a text without a known word. Static vectors see neither word
    order nor negation: nearness suggests a common topic and asserts nothing."""
    lowered = [text.lower() for text in texts]
    if not lowered:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    vectors = np.nan_to_num(_model().embed(lowered, norm=False, batch_size=BATCH)).astype(np.float32)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, 1)


@cache
def _model() -> WordLlama:
    return WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
