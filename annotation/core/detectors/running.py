"""Runs the detectors over gathered evidence: one way for the product and for the benchmarks."""

from dataclasses import dataclass

import numpy as np

from annotation.core.detectors import DETECTORS
from annotation.core.detectors.suspicion import Suspicion
from annotation.core.judging.evidence import Evidence


@dataclass(frozen=True)
class Suspicions:
    """What the detectors say of n items: scores and suggested classes by detector, and why some did not run. effect:
    float (n,), how much more an error moves a model here than anywhere."""

    scores: dict[str, np.ndarray]
    flagged: dict[str, np.ndarray]
    suggested: dict[str, np.ndarray]
    reasons: dict[str, list[str]]
    findings: list[Suspicion]
    failed: dict[str, str]
    effect: np.ndarray


def suspect(evidence: Evidence, only: tuple[str, ...] = ()) -> Suspicions:
    """Run the detectors; one that fails or lacks its evidence is reported and the rest go on."""
    found = Suspicions({}, {}, {}, {}, [], {}, np.ones(len(evidence.labels)))
    for name, detector in DETECTORS.items():
        if only and name not in only:
            continue
        missing = detector.needs - evidence.available
        if missing:
            found.failed[name] = f"There is no evidence of this kind yet: {', '.join(sorted(missing))}."
            continue
        try:
            score = detector.score(evidence)
            flagged = score > detector.flag_above
            suggested, reasons = detector.suggest(evidence), detector.reasons(evidence, np.flatnonzero(flagged))
            findings = detector.findings(evidence) if hasattr(detector, "findings") else []
        except Exception as error:
            found.failed[name] = f"It failed: {type(error).__name__}: {error}."
            continue
        found.scores[name], found.flagged[name] = score, flagged
        found.suggested[name], found.reasons[name] = suggested, reasons
        found.findings.extend(findings)
        if hasattr(detector, "effect"):
            found.effect[:] *= detector.effect(evidence)
    return found
