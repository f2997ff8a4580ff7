"""What works each kind of job of this app, and what it needs loaded with the first job of that kind."""

from annotation.actions.jobs.work import JOB_RUNNERS
from annotation.core.running.loaded import later

JOB_RUNNERS.update({
    "import": later("annotation.actions.files.import_items.run"),
    "detection": later("annotation.actions.detecting.detect.run"),
    "detection_piece": later("annotation.actions.detecting.pieces.run"),
    "consensus": later("annotation.actions.crowd.estimate_consensus.run"),
    "reorder": later("annotation.actions.queue.reorder.run"),
    "second_opinion": later("annotation.actions.opinions.ask_opinions.run"),
    "erasure": later("annotation.actions.datasets.erase.run"),
})  # fmt: skip
