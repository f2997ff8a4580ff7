"""Runs the detectors over gathered evidence: one way for the product and for the benchmarks."""

import logging
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from annotation.core.detectors import DETECTORS
from annotation.core.detectors.suspicion import Detector, Judgement, NotApplicable, Suspicion
from annotation.core.judging.evidence import Evidence

log = logging.getLogger(__name__)
UNLEARNABLE = (
    "Models that never saw a label predict it no better than how common each class is. From these fields nothing can "
    "be learned that speaks against a label, so none is flagged for it."
)


@dataclass(frozen=True)
class Suspicions:
    """What the detectors say of n items, by detector: their judgements, the sentences for what they flag, and their
    priors; and why the others said nothing: there was nothing for them to look at, or they failed."""

    n: int
    judgements: dict[str, Judgement] = field(default_factory=dict)
    reasons: dict[str, list[str]] = field(default_factory=dict)
    priors: dict[str, float] = field(default_factory=dict)
    not_applicable: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @cached_property
    def scores(self) -> dict[str, np.ndarray]:
        return {name: one.score for name, one in self.judgements.items()}

    @cached_property
    def flagged(self) -> dict[str, np.ndarray]:
        return {name: one.flagged for name, one in self.judgements.items()}

    @cached_property
    def suggested(self) -> dict[str, np.ndarray]:
        return {name: one.suggested for name, one in self.judgements.items()}

    @cached_property
    def findings(self) -> list[Suspicion]:
        return [finding for one in self.judgements.values() for finding in one.findings]

    @cached_property
    def effect(self) -> np.ndarray:
        """Float (n,), how much more an error moves a model here than anywhere."""
        effect = np.ones(self.n)
        for one in self.judgements.values():
            if one.effect is not None:
                effect *= one.effect
        return effect


def suspect(evidence: Evidence, only: tuple[str, ...] = ()) -> Suspicions:
    """Run the detectors, or `only` those of these names; one that fails is reported and the rest go on."""
    found = Suspicions(len(evidence.labels))
    for name, detector in DETECTORS.items():
        if only and name not in only:
            continue
        try:
            judgement, reasons = _judged(detector, evidence)
        except NotApplicable as why:
            found.not_applicable[name] = str(why)
        except Exception as error:
            log.exception("detector %s failed", name)
            found.failed[name] = f"{type(error).__name__}: {error}."
        else:
            found.judgements[name], found.reasons[name] = judgement, reasons
            found.priors[name] = detector.prior
    return found


def _judged(detector: Detector, evidence: Evidence) -> tuple[Judgement, list[str]]:
    missing = detector.needs - evidence.available
    if "probabilities" in missing and not evidence.learnable:
        raise NotApplicable(UNLEARNABLE)
    if missing:
        raise NotApplicable(f"There is no evidence of this kind yet: {', '.join(sorted(missing))}.")
    judgement = detector.judge(evidence)
    return judgement, judgement.reasons
