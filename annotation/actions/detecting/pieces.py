"""A large detection in pieces, each a job of its own: any number of workers goes through them side by side, and one
that is killed loses the piece it was at. Between them lie files, until the detection is over."""

from typing import TypedDict

import numpy as np
import pandas as pd

from annotation.actions.detecting.desks import clear_desks, folder_of
from annotation.actions.jobs.parts import Part, Wait
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.core.features.vectorizer import typed
from annotation.core.judging.desk import Desk, DeskPiece, do, first_pieces, gather_up, laid_out, lay_out, second_pieces
from annotation.core.judging.gathered import Gathered
from annotation.core.progress import Report
from annotation.models import Job
from annotation.reading.pool_evidence import earlier_index, pool_table

KIND = "detection_piece"
# Items from which on it takes so long that files between pieces are nothing beside it.
MANY = 100_000
# What was read of the pool at first, of which everything else is worked out.
PINNED = ("item", "code", "current", "state", "basis")
OF_WORDS = ("state", "basis")


class PieceParams(TypedDict):
    """whole: the detection's job; kind, number: as `DeskPiece`."""

    whole: int
    kind: str
    number: int


class PieceResult(TypedDict):
    """What was worked out stands in a file."""

    piece: str


def desk_of(whole: int) -> Desk:
    """Where the pieces of a detection's job lie."""
    return Desk(folder_of(whole))


def run(job: Job, report: Report) -> Write:
    asked: PieceParams = job.params
    desk, piece = desk_of(asked["whole"]), DeskPiece(asked["kind"], asked["number"])
    if not laid_out(desk):
        raise UnableToWork(f"What detection {asked['whole']} laid out for its pieces is not in this data folder.")
    do(desk, piece, report)
    name = piece.name

    def write() -> PieceResult:
        return {"piece": name}

    return write


def waits_for(job: Job) -> Wait | None:
    """What a detection that was laid out waits for next; None where all is there or nothing was laid out."""
    desk = desk_of(job.pk)
    asked = set(job.parts.values_list("params__kind", "params__number"))
    if not asked or not laid_out(desk):
        return None
    _make_up(desk, first_pieces(desk))
    following = second_pieces(desk)
    if all((piece.kind, piece.number) in asked for piece in following):
        return None
    return Wait(_parts(job, [*first_pieces(desk), *following]))


def begin(job: Job, pool: pd.DataFrame, report: Report) -> Wait | None:
    """Lay out a large pool for pieces, and wait for them; None where it is small or nothing in it can be parted."""
    if len(pool) < MANY or job.parts.exists():
        return None
    clear_desks()
    desk, dataset = desk_of(job.pk), job.own_dataset
    if not desk.has("pool"):
        desk.put("pool", {name: _plain(pool[name], name) for name in PINNED})
    pool = pinned(job, pool)
    table = typed(pool_table(dataset, pool), dataset.typed_fields)
    labels = pool["code"].to_numpy(dtype=np.int64)
    lay_out(
        desk, table, dataset.typed_fields, labels, len(dataset.class_names), job.seed,
        lambda stage, share: report(stage, 0.05 + 0.45 * share), earlier_index(dataset),
    )  # fmt: skip
    pieces = first_pieces(desk)
    return Wait(_parts(job, pieces)) if pieces else None


def gathered(job: Job, report: Report) -> Gathered | None:
    """What all pieces found, those made up here whose jobs failed; None where nothing was laid out."""
    desk = desk_of(job.pk)
    if not laid_out(desk):
        return None
    for pieces in (first_pieces, second_pieces):
        _make_up(desk, pieces(desk))
    report("evidence gathered", 0.75)
    return gather_up(desk)


def pinned(job: Job, pool: pd.DataFrame) -> pd.DataFrame:
    """The pool as it was when it was laid out, whatever was decided or imported since; as it is where nothing was.
    Raises UnableToWork where items of it are gone."""
    desk = desk_of(job.pk)
    if not desk.has("pool"):
        return pool
    then = desk.get("pool")
    rows = pd.Index(pool["item"]).get_indexer(then["item"])
    if (rows < 0).any():
        raise UnableToWork("Items were taken away while this detection was at work. Ask for it once more.")
    names = np.array([*job.own_dataset.class_names, None], dtype=object)
    if then["code"].max(initial=-1) >= len(names) - 1:
        raise UnableToWork("Classes were changed while this detection was at work. Ask for it once more.")
    words = {name: pd.Series(then[name], dtype=object).replace("", None) for name in OF_WORDS}
    return (
        pool.iloc[rows]
        .reset_index(drop=True)
        .assign(code=then["code"], current=then["current"], label=names[then["code"]], **words)
    )


def _plain(column: pd.Series, name: str) -> np.ndarray:
    """The column as an array of numbers or short words, "" = missing."""
    return column.fillna("").to_numpy(dtype=str) if name in OF_WORDS else column.to_numpy()


def _make_up(desk: Desk, pieces: list[DeskPiece]) -> None:
    for piece in pieces:
        do(desk, piece, lambda stage, share: None)


def _parts(job: Job, pieces: list[DeskPiece]) -> list[Part]:
    params: list[PieceParams] = [{"whole": job.pk, "kind": one.kind, "number": one.number} for one in pieces]
    return [Part(KIND, one) for one in params]
