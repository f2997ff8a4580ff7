"""A large gathering in pieces that any process can do, in files between them; what is done is not done again.

What is read and grouped is laid out once. Then come two rounds of pieces: which cell each item is in and the first
opinions on labels; then its neighbours in the cells near it and, now that it is known which labels those opinions
doubt, the second ones. A piece is a function of what lies there alone.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from threadpoolctl import threadpool_limits

from annotation.core.features.matrices import Features
from annotation.core.features.places import places
from annotation.core.fields import Field
from annotation.core.judging.gathered import NEIGHBOURS, Gathered, read
from annotation.core.judging.out_of_fold import (
    Judged,
    both_rounds,
    folds_of,
    kept_in,
    learnable,
    one_class,
    pool_folds,
    undoubted,
    views,
    weighed_of,
)
from annotation.core.likeness.grouping import regroup_items
from annotation.core.likeness.near_duplicates import Groups
from annotation.core.likeness.neighbours import Cells, centres_of, joined, nearest_centre, nearest_of_cells
from annotation.core.progress import Report

CELL, FIRST, NEAR, SECOND = "cell", "first", "near", "second"
# Items of one piece of the search for neighbours.
EACH = 100_000
# Bytes of a file that is read and not mapped.
SMALL = 1 << 16


@dataclass(frozen=True)
class DeskPiece:
    """kind: CELL, FIRST, NEAR or SECOND; number: from 0, of a part of the items or cells, or of a fold."""

    kind: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.number}"


@dataclass(frozen=True)
class Desk:
    """Named bundles of named arrays in a folder. A bundle is there whole or not at all."""

    folder: Path

    def has(self, name: str) -> bool:
        return (self.folder / name).is_dir()

    def put(self, name: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep the arrays; where another process was quicker, its are as good."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=self.folder, prefix=".putting-"))
        for key, array in arrays.items():
            with open(temporary / f"{key}.npy", "wb") as file:
                np.save(file, array, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
        try:
            temporary.chmod(0o755)
            temporary.rename(self.folder / name)
        except OSError:
            shutil.rmtree(temporary)
            if not self.has(name):
                raise

    def get(self, name: str) -> dict[str, np.ndarray]:
        """The arrays, mapped: what is looked at is in memory, and no more of it than there is room for."""
        return {path.stem: _mapped(path) for path in sorted((self.folder / name).glob("*.npy"))}


def _mapped(path: Path) -> np.ndarray:
    if path.stat().st_size < SMALL:
        return np.load(path, allow_pickle=False)
    # a plain array that can be written to, if only in memory: to a kernel others are of another type
    return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))


def lay_out(
    desk: Desk, table: pd.DataFrame, fields: Sequence[Field], labels: np.ndarray, n_classes: int, seed: int,
    report: Report, index: Mapping[str, np.ndarray],
) -> None:  # fmt: skip
    """All that the pieces look at; arguments as in `gather_at_once`."""
    with threadpool_limits(1):
        if not desk.has("groups"):
            report("finding near-duplicates", 0.0)
            groups, found = regroup_items(table, fields, index, seed)
            desk.put("index", found)
            desk.put("groups", {"of": groups.of, "medoid": groups.medoid})
        if not desk.has("features"):
            report("reading the fields", 0.3)
            desk.put("features", _arrays_of(*read(table, fields)))
        features, of = _features(desk)[1], desk.get("groups")["of"]
        if features and not desk.has("centres"):
            report("finding neighbours", 0.9)
            desk.put("centres", {"centres": centres_of(features.vectors, seed)})
        facts = np.array([n_classes, seed], dtype=np.int64)
        desk.put("asked", {"labels": labels, "folds": folds_of(labels, of, seed), "facts": facts})


def laid_out(desk: Desk) -> bool:
    return desk.has("asked")


def first_pieces(desk: Desk) -> list[DeskPiece]:
    """What can be done at once."""
    return _round(desk, CELL, FIRST)


def second_pieces(desk: Desk) -> list[DeskPiece]:
    """What can be done once the first pieces are there."""
    pieces = _round(desk, NEAR, SECOND)
    if any(piece.kind == SECOND for piece in pieces) and not desk.has("doubted"):
        first, labels = _pooled(desk, FIRST), desk.get("asked")["labels"]
        can, learned = learnable(first, labels), undoubted(first, labels)
        desk.put("doubted", {"first": first, "learnable": np.array(can), "learned": learned})
    return [piece for piece in pieces if piece.kind == NEAR or desk.get("doubted")["learnable"]]


def _round(desk: Desk, by_items: str, by_folds: str) -> list[DeskPiece]:
    if not desk.has("centres"):
        return []
    asked = desk.get("asked")
    pieces = [DeskPiece(by_items, number) for number in range(_parts(len(asked["labels"])))]
    return pieces + (_of_folds(desk, by_folds) if asked["facts"][0] > 1 else [])


def do(desk: Desk, piece: DeskPiece, report: Report) -> None:
    """Work the piece out, unless it is there."""
    if desk.has(piece.name):
        return
    _, features = _features(desk)
    assert features
    asked = desk.get("asked")
    (n_classes, seed), parts = asked["facts"].tolist(), _parts(len(asked["labels"]))
    with threadpool_limits(1):
        if piece.kind in (CELL, NEAR):
            report("finding neighbours", 0.0)
            centres = desk.get("centres")["centres"]
        if piece.kind == CELL:
            desk.put(piece.name, {"of": nearest_centre(features.vectors, centres, piece.number, parts)})
            return
        if piece.kind == NEAR:
            cells = Cells(np.concatenate([desk.get(DeskPiece(CELL, one).name)["of"] for one in range(parts)]), centres)
            rows, near, similar = nearest_of_cells(
                features.vectors, desk.get("groups")["of"], NEIGHBOURS, cells, piece.number, parts,
                lambda share: report("finding neighbours", share),
            )  # fmt: skip
            desk.put(piece.name, {"rows": rows, "near": near, "similar": similar})
            return
        report("judging each label by the others", 0.0)
        learned = asked["labels"] >= 0 if piece.kind == FIRST else desk.get("doubted")["learned"]
        said = views(features, asked["labels"], asked["folds"], learned, n_classes, seed, piece.number)
        desk.put(piece.name, {"said": said})


def gather_up(desk: Desk) -> Gathered:
    """What `gather_at_once` gives, of a desk on which all pieces are done."""
    asked, groups = desk.get("asked"), Groups(**desk.get("groups"))
    embeddings, features = _features(desk)
    labels, (n_classes, seed) = asked["labels"], asked["facts"].tolist()
    if features is None:
        return Gathered(groups, desk.get("index"), embeddings, None, None, None)
    parts = [desk.get(DeskPiece(NEAR, number).name) for number in range(_parts(len(labels)))]
    neighbours = joined(len(labels), NEIGHBOURS, [(part["rows"], part["near"], part["similar"]) for part in parts])
    with threadpool_limits(1):
        place = places(features.terms, features.vectors, seed)
        return Gathered(groups, desk.get("index"), embeddings, place, neighbours, _judged(desk, labels, n_classes))


def _judged(desk: Desk, labels: np.ndarray, n_classes: int) -> Judged:
    if n_classes < 2:
        return one_class(len(labels), n_classes)
    doubted = desk.get("doubted")
    second = _pooled(desk, SECOND, kept_in(len(labels))) if doubted["learnable"] else None
    return both_rounds(np.array(doubted["first"]), second, labels)


def _pooled(desk: Desk, kind: str, dtype: type[np.floating] = np.float32) -> np.ndarray:
    asked = desk.get("asked")
    said = [desk.get(piece.name)["said"] for piece in _of_folds(desk, kind)]
    weighed = weighed_of(asked["labels"], int(asked["facts"][1]))
    return pool_folds(said, asked["folds"], asked["labels"], weighed, dtype)


def _parts(n: int) -> int:
    return max(1, n // EACH)


def _of_folds(desk: Desk, kind: str) -> list[DeskPiece]:
    return [DeskPiece(kind, fold) for fold in range(int(desk.get("asked")["folds"].max()) + 1)]


def _arrays_of(embeddings: np.ndarray | None, features: Features | None) -> dict[str, np.ndarray]:
    arrays = {} if embeddings is None else {"embeddings": embeddings}
    if features is None:
        return arrays
    terms = features.terms
    arrays |= {"data": terms.data, "indices": terms.indices, "indptr": terms.indptr, "shape": np.array(terms.shape)}
    if features.vectors is not embeddings:
        arrays["vectors"] = features.vectors
    if features.columns is not None:
        arrays["columns"] = features.columns
    return arrays


def _features(desk: Desk) -> tuple[np.ndarray | None, Features | None]:
    arrays = desk.get("features")
    embeddings = arrays.get("embeddings")
    if "shape" not in arrays:
        return embeddings, None
    cells = (arrays["data"], arrays["indices"], arrays["indptr"])
    terms = sparse.csr_matrix(cells, shape=tuple(arrays["shape"].tolist()))
    vectors = arrays["vectors"] if embeddings is None else arrays.get("vectors", embeddings)
    return embeddings, Features(terms, vectors, arrays.get("columns"))
