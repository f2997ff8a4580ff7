"""What a kind of finding is called, what its share means and what a lead can do next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotation.reading.findings import FindingState


@dataclass(frozen=True)
class Kind:
    """A share is told as "7.1 % of 345 `units` `share`"."""

    title: str
    units: str
    share: str
    next: str


KINDS: dict[str, Kind] = {
    "rule": Kind(
        "Rules typed by hand", "items", "carry its label",
        "Let experts decide on its queue; they see whether your rule is right.",
    ),
    "run_rows": Kind(
        "Rows a model run points to", "rows it learned from", "are such rows",
        "Let experts decide on its queue: either the labels are wrong, or the run is; then retrain.",
    ),
    "class_pair": Kind(
        "One class labelled as another", "items", "carry the other class",
        "Let experts decide on a few dozen; if they reverse most, say in the guideline how the two classes differ.",
    ),
    "count_rule": Kind(
        "Labels given by counting a word", "items", "carry its label",
        "Let experts decide on a few dozen of its queue; if they reverse many, quarantine it until all are decided.",
    ),
    "annotator_shortcut": Kind(
        "Annotators who follow a shortcut", "labels", "follow it",
        "Speak with the annotator, and let experts decide on the queue.",
    ),
    "few_sources": Kind(
        "Signs that few sources carry", "items", "carry its label",
        "Ask whether the sign is the class's or only the sources'; import items from others.",
    ),
    "slice_reversed": Kind(
        "Parts of the dataset whose labels experts reverse", "judged labels", "were reversed",
        "Open the rest of it to experts; then look at who labelled this part, and how.",
    ),
    "slice": Kind(
        "Parts of the dataset with many doubtful labels", "labels", "are doubtful",
        "Let experts decide on its queue; then look at who labelled this part, and how.",
    ),
    "contested_confident": Kind(
        "Contested items the model is sure about", "contested items", "have a model sure of another label",
        "Let experts decide: either the label is wrong, or the model is confidently wrong.",
    ),
    "paraphrase": Kind(
        "Possible paraphrases with different labels", "items with another near them", "have one with another label",
        "Let experts decide on the pairs; legitimately different closes a pair for good.",
    ),
    "leakage": Kind(
        "Production inputs in the pool", "pool items", "copy a production input",
        "Find out how they got there; training leaves them out, and nothing needs deciding.",
    ),
    "drift": Kind(
        "Rates that changed over time or differ by source", "labels", "are this class",
        "Ask what changed then or there: items, annotators or guideline. If the labelling did, open its queue.",
    ),
    "unclear_class": Kind(
        "Classes nobody can tell", "items", "agree on the class or are found again by the model",
        "Write in the guideline what the class is and is not, or merge it with another; experts can settle its items.",
    ),
    "robustness": Kind(
        "Predictions that a change of no meaning flips", "changed items", "were given another class",
        "Let experts decide on its queue: where they keep the labels, the model needs more such items.",
    ),
    "too_few": Kind(
        "Classes with too few examples", "labels", "are in these classes",
        "Collect more examples, or merge the classes. There is no queue: nothing says that these labels are wrong.",
    ),
}  # fmt: skip
OTHER = Kind("Other findings", "items", "follow it", "Let experts decide on a few dozen of its queue.")


@dataclass(frozen=True)
class KindOfFindings:
    """The findings of one kind: `first` are shown, `folded` on demand."""

    kind: Kind
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
        grouped.append(KindOfFindings(KINDS.get(name, OTHER), standing[:shown], folded))
    return grouped
