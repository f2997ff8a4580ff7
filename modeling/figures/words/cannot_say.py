"""What a comparison leaves open, in sentences."""

from dataclasses import dataclass

from modeling.core.proving.stored import ComparisonProof
from modeling.figures.words.comparisons import class_words, declared_words, needed_words
from modeling.figures.words.numbers import percent

HALF = 0.5


@dataclass(frozen=True)
class Limits:
    """What limits a comparison. share: of production labels by people who relabelled the pool; settings: in what the
    two sides differ, None where a side is no run; metric: in words; searched: decisions on items looked for."""

    proof: ComparisonProof
    share: float
    settings: list[str] | None
    metric: str
    sources: int
    searched: int


def cannot_say(limits: Limits) -> list[str]:
    """The first is what a reader should know first."""
    proof, said = limits.proof, []
    if proof["verdict"] == "exploratory":
        said.append("It is exploratory, so it proves nothing; a fresh production set would.")
    said += class_words(proof)
    if limits.share > HALF:
        said.append(
            f"{percent(limits.share)} of the true labels are by people who also relabelled what the model learned "
            "from: it shows that the model now agrees with them, not that they are right."
        )
    if limits.settings is None:
        said.append("A side is a model from elsewhere; what it learned from is not known here.")
    elif limits.settings:
        said.append("The settings differ too, so the difference is not the labels’ alone.")
    if proof["verdict"] == "not distinguishable" and (needed := proof.get("needed")):
        said.append(needed_words(proof["difference"], needed))
    worthwhile = proof.get("worthwhile")
    if proof["verdict"] == "not distinguishable" and worthwhile:
        declared = declared_words(proof["difference"], worthwhile)
        said.append(f"That nothing was shown does not mean that nothing changed by {declared}.")
    said.append(
        "It speaks of rows like these"
        f"{', from one source' if limits.sources < 2 else ''}, labelled as these were, at the time they came in."
    )
    if limits.searched:
        said.append("Some answers were given on items that were looked for; how many of all labels are wrong, only an "
                    "audit tells.")  # fmt: skip
    return said
