"""The detectors as the product runs them, for benches: one that fails, fails the bench."""

from annotation.core.detectors.running import Suspicions, suspect
from annotation.core.judging.evidence import Evidence


def detected(evidence: Evidence, *names: str) -> Suspicions:
    """What the detectors of these names say, all of them without names. Raises RuntimeError where one failed."""
    found = suspect(evidence, names)
    if found.failed:
        raise RuntimeError(f"Detectors failed: {found.failed}")
    return found
