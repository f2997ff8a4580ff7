"""Made rows of four classes with two words each of their own and many that say nothing; causes of error planted."""

import numpy as np
import pandas as pd

from annotation.core.fields import Field
from modeling.core.diagnosing.sides import SideRows, Sides
from modeling.core.fitting.training import FEATURES

K, FIELDS = 4, (Field("text", "text"),)


def texts(labels: np.ndarray, rng: np.random.Generator, dialect: np.ndarray) -> list[str]:
    """Two words of the class, of twelve in either of two dialects, and six of sixty that say nothing."""
    made = []
    for label, other in zip(labels, dialect, strict=True):
        own = [f"{'xy'[int(other)]}{label}{one}" for one in rng.integers(0, 12, 2)]
        made.append(" ".join([*own, *(f"f{one}" for one in rng.integers(0, 60, 6))]))
    return made


def rows(n: int, seed: int, dialects: float = 0.0, source: str = "") -> SideRows:
    """n rows; a share of them speaks the other dialect."""
    rng = np.random.default_rng(seed)
    labels, dialect = rng.integers(0, K, n), rng.random(n) < dialects
    table = pd.DataFrame({"text": texts(labels, rng, dialect)}, dtype=object)
    sources = np.where(dialect & bool(source), source, "web")
    return SideRows(table, labels, np.arange(n), sources)


def sides(pool: SideRows, production: SideRows, C: float = 20.0) -> Sides:
    return Sides(pool, production, FIELDS, K, {"C": C, "l1_ratio": 0.0, **FEATURES})
