"""What works each kind of job of this app; loaded by `work` with the first job."""

from annotation.actions.crowd import estimate_consensus
from annotation.actions.datasets import erase
from annotation.actions.detecting import detect, pieces
from annotation.actions.files import import_items
from annotation.actions.jobs.work import JOB_RUNNERS
from annotation.actions.opinions import ask_opinions
from annotation.actions.queue import reorder

JOB_RUNNERS.update({
    "import": import_items.run,
    "detection": detect.run,
    pieces.KIND: pieces.run,
    "consensus": estimate_consensus.run,
    "reorder": reorder.run,
    "second_opinion": ask_opinions.run,
    erase.KIND: erase.run,
})  # fmt: skip
