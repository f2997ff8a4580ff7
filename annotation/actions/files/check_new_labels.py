"""Labels that come in with a file, looked at before they are written; whatever happens here stops no import."""

import logging

import numpy as np
import pandas as pd

from annotation.core.files.parsing_items import ItemParser
from annotation.core.files.tables import Source
from annotation.core.judging.said import UNSAID, NewLabelsJson
from annotation.core.refusal import Refusal
from annotation.core.running.loaded import later
from annotation.models import Dataset, Item

log = logging.getLogger(__name__)

# Labels that are judged, drawn at random from as many of the first as a file is looked through for.
JUDGED, LOOKED = 2_000, 100_000
judge_new_labels = later("annotation.reading.new_labels.judge_new_labels")


def check_new_labels(slug: str, source: Source, parser: ItemParser) -> NewLabelsJson | None:
    """What the pool says of the labels of a file that `parser` has checked; None where it brings no label to the pool.

    The parser can be gone through again afterwards.
    """
    if parser.mapping.split != Item.POOL or not parser.n_labels:
        return None
    try:
        dataset = Dataset.objects.filter(slug=slug).first()
        if dataset is None:
            return _nothing(f"{UNSAID}: there is no dataset {slug!r} yet.")
        rows, of = _drawn(source, parser)
        return judge_new_labels(dataset, rows, of)
    except Refusal as why:
        return _nothing(str(why))
    except Exception:
        log.exception("the labels of a file for %s could not be judged", slug)
        return _nothing(f"{UNSAID}: judging them failed, and the log says why.")
    finally:
        parser.rewind()


def _nothing(why: str) -> NewLabelsJson:
    return {"sentence": why, "judged": 0, "doubted": 0, "rows": []}


def _drawn(source: Source, parser: ItemParser) -> tuple[pd.DataFrame, int]:
    """row, external_id, content and label of JUDGED labels and of how many they were drawn, abstentions and repeated
    answers left out."""
    parts, found = [], 0
    for table in source.chunks():
        batch = parser.parse(table)
        labels = batch.labels[batch.labels["label"].notna() & ~batch.labels["repeated"].astype(bool)]
        content = batch.items.set_index("external_id")["content"]
        part = labels[["row", "external_id", "label"]].join(content, on="external_id", how="inner")
        parts.append(part)
        found += len(part)
        if found >= LOOKED:
            break
    rows = pd.concat(parts, ignore_index=True)
    if len(rows) > JUDGED:
        chosen = np.random.default_rng(0).choice(len(rows), JUDGED, replace=False)
        rows = rows.iloc[np.sort(chosen)].reset_index(drop=True)
    return rows, found
