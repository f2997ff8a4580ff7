"""Small tables of words whose classes can be learned, for the tests beside this file."""

import numpy as np
import pandas as pd

from annotation.core.fields import Field

FIELDS = (Field("text", "text"),)
CLASSES = ("claim", "none", "other")


def worded(n=240, n_classes=3, noise=0.1, seed=0):
    """table, labels: each text has twelve words, of which some belong to its class; a share of the labels is wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(n_classes, size=n)
    own = rng.random((n, 12)) < 0.35
    words = np.where(own, 40 * (truth[:, None] + 1), 0) + rng.integers(40, size=(n, 12))
    labels = np.where(rng.random(n) < noise, rng.integers(n_classes, size=n), truth)
    return pd.DataFrame({"text": [" ".join(f"word{w}" for w in row) for row in words]}), labels


def silent(stage, share):
    assert stage and 0 <= share <= 1
