"""Detectors that say what a test needs, and the shortest way to a detection."""

from collections.abc import Callable

import numpy as np

from annotation.actions.detecting.detect import request_detection
from annotation.actions.jobs.work import work_here
from annotation.core.detectors.suspicion import Judgement, Suspicion


class Says:
    """Suspects items by a word of their text: {word: score}; suggests class 1 for all it flags."""

    needs, prior, kinds, flag_above = frozenset({"labels", "texts"}), 0.5, {}, 0.1

    def __init__(self, by_word: dict[str, float], finds: Callable = lambda evidence: ()):
        self.by_word, self.finds = by_word, finds

    def judge(self, evidence):
        texts = evidence.table[evidence.fields[0].name]
        score = np.array([max((self.by_word.get(word, 0.0) for word in text.split()), default=0.0) for text in texts])
        suggested = np.where(score > self.flag_above, 1, -1)
        return Judgement(score, suggested, self.flag_above, lambda item: f"It is item {item}.", self.finds(evidence))


class Breaks(Says):
    def judge(self, evidence):
        raise ZeroDivisionError("no such thing")


def one_finding(evidence):
    """A finding on the first two items, the second first."""
    return [Suspicion("count_rule", "k", "A rule", "Both do.", {"word": "w"}, np.array([1, 0]), 2, 1.0, 0.3, 1.0)]


def use(monkeypatch, **detectors):
    """Put these detectors in place of the house's own, and spare the test the model they would not look at."""
    monkeypatch.setattr("annotation.actions.detecting.detect.DETECTORS", detectors)
    monkeypatch.setattr("annotation.core.detectors.running.DETECTORS", detectors)
    monkeypatch.setattr("annotation.core.judging.gathered.out_of_fold", lambda *args, **kwargs: None, raising=False)


def detect(dataset, again=False, **asked):
    """The detection, after its job is done."""
    job = work_here(request_detection(dataset, background=False, again=again, **asked))
    return dataset.detections.get(pk=job.result["detection"])
