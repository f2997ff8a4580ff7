"""Crowds whose truth and skills are known."""

import numpy as np

from annotation.core.crowd.votes import Votes


def votes(*rows, n_items=None, n_annotators=None, n_classes=2):
    """Votes out of (item, annotator, label) rows."""
    item, annotator, label = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    n_items = n_items or item.max(initial=-1) + 1
    return Votes(item, annotator, label, int(n_items), int(n_annotators or annotator.max(initial=-1) + 1), n_classes)


def crowd(n_items=300, accuracies=(0.9, 0.85, 0.8, 0.4, 0.35), n_classes=3, share=1.0, seed=0):
    """(votes, truth): each annotator labels `share` of the items, right as often as `accuracies` says and else any
    other class."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_items)
    rows = []
    for annotator, accuracy in enumerate(accuracies):
        items = np.flatnonzero(rng.random(n_items) < share)
        wrong = (truth[items] + rng.integers(1, max(n_classes, 2), len(items))) % n_classes
        label = np.where(rng.random(len(items)) < accuracy, truth[items], wrong)
        rows += zip(items, [annotator] * len(items), label, strict=True)
    return votes(*rows, n_items=n_items, n_annotators=len(accuracies), n_classes=n_classes), truth
