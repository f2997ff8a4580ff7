"""The kinds of finding, in words, and the findings of a dataset by kind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotation.core.detectors import DETECTORS
from annotation.core.wording import FindingKind
from annotation.reading.findings import FindingState

# Kinds that no detector makes: of a rule typed by hand, of rows behind a figure, of a probe's flipped predictions.
BY_HAND = {
    "rule": FindingKind(
        "Rules typed by hand", "items", "carry its label",
        "Let experts decide on its queue; they see whether your rule is right.",
    ),
    "items": FindingKind(
        "Items picked from the table", "items", "were picked",
        "Let experts decide on its queue; the table shows what they have in common.",
    ),
    "run_rows": FindingKind(
        "Rows a model run points to", "rows it learned from", "are such rows",
        "Let experts decide on its queue: either the labels are wrong, or the run is; then retrain.",
    ),
    "robustness": FindingKind(
        "Predictions that a change of no meaning flips", "changed items", "were given another class",
        "Let experts decide on its queue: where they keep the labels, the model needs more such items.",
    ),
    "diagnosis": FindingKind(
        "Rows a diagnosis points to", "rows learned from", "are such rows",
        "Let experts decide on its queue, most doubtful first; then retrain and compare.",
    ),
}  # fmt: skip
OTHER = FindingKind("Other findings", "items", "follow it", "Let experts decide on a few dozen of its queue.")


KINDS = BY_HAND | {name: kind for detector in DETECTORS.values() for name, kind in detector.kinds.items()}


def kind_named(name: str) -> FindingKind:
    """The kind in words; OTHER where no detector of today makes it."""
    return KINDS.get(name, OTHER)


@dataclass(frozen=True)
class KindOfFindings:
    """The findings of one kind: `first` are shown, `folded` on demand."""

    kind: FindingKind
    first: Sequence[FindingState]
    folded: Sequence[FindingState]


def by_kind(found: Iterable[FindingState], shown: int = 5) -> list[KindOfFindings]:
    """Findings by kind in the order given, a kind where its first stands; dismissed ones are always folded."""
    kinds: dict[str, list[FindingState]] = {}
    for state in found:
        kinds.setdefault(state.finding.kind if state.finding.kind in KINDS else "", []).append(state)
    grouped = []
    for name, states in kinds.items():
        standing = [state for state in states if state.rule != "dismissed"]
        folded = standing[shown:] + [state for state in states if state.rule == "dismissed"]
        grouped.append(KindOfFindings(kind_named(name), standing[:shown], folded))
    return grouped
