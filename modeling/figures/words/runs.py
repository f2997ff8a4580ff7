"""What a run is, in sentences: its score, how training went, what it goes by, its settings one by one."""

from collections.abc import Sequence
from typing import Any

from modeling.core.fitting.stored import AlikeNames, Coefficients, Scores, Settings, SourceScores, TrainingCurve
from modeling.figures.words.numbers import percent, span

# Settings in a person's words; a key that is not here is its own name.
NAMES = {
    "C": "C", "l1_ratio": "L1 ratio", "max_iter": "most iterations", "max_features": "most features",
    "ngrams": "words in a row", "max_epochs": "most epochs", "tol": "tolerance",
}  # fmt: skip


def run_heading(name: str, validation: Scores, converged: bool = True, at_chance: bool = False) -> str:
    """name: such as "Run 3"; validation: its scores on rows it had not learned from."""
    if not converged:
        return f"{name} did not converge"
    if at_chance:
        return f"{name} has learned nothing: on labels it has not seen it is no better than chance"
    limits = span(validation["accuracy_low"], validation["accuracy_high"])
    return f"{name} is right about {percent(validation['accuracy'])} of the labels it has not seen ({limits})"


def loss_heading(curve: TrainingCurve) -> str:
    """curve: a network's, epoch by epoch."""
    return f"Training stopped after epoch {curve['stopped']}; the network of epoch {curve['best']} was kept"


def path_heading(C: float, l1_ratio: float | None, tried: int, sparse: bool) -> str:
    """l1_ratio: None where it was given. sparse: the rule was the strongest penalty within one standard error."""
    rule = "the strongest penalty within one standard error of the least log loss" if sparse else "the least log loss"
    if l1_ratio is None:
        return f"C = {C:g} was chosen of {tried} tried: {rule}"
    return f"C = {C:g} with L1 ratio {l1_ratio:g} was chosen of {tried} pairs tried: {rule}"


def coefficients_heading(found: Coefficients | None) -> str:
    """found: a linear run's largest weights; None where they cannot be read."""
    if found is None:
        return "Its weights cannot be read"
    few = found["active"] < found["features"]
    used = f"{found['active']:,} of {found['features']:,} features" if few else f"all {found['features']:,} features"
    if found.get("columns", 1) > 1:
        used = f"{found['active_columns']:,} of {found['columns']:,} columns ({used})"
    return f"It uses {used}" if few else f"It uses {used}, each a little"


def alike_heading(groups: Sequence[AlikeNames]) -> str:
    """groups: what nearly repeats what counts more."""
    followers = sum(len(one["others"]) for one in groups)
    columns = [one for one in groups if one["column"]]
    if len(groups) == 1:
        kind = "column" if columns else "feature"
        more = f"{followers:,} more {kind}{'s' * (followers != 1)}"
        return f"{'Column' if columns else 'Feature'} {groups[0]['name']} stands for {more}"
    return f"{len(groups):,} features or columns stand for {followers:,} more"


def sources_heading(worst: SourceScores | None) -> str:
    """worst: the source that surely loses when the model has not seen it."""
    if worst is None:
        return "No source clearly loses accuracy when the model has not seen it"
    return f"A source it has never seen may cost accuracy: {worst['source'] or 'no source'}"


def setting_rows(resolved: Settings) -> list[tuple[str, str]]:
    """(name, value) of each resolved setting, as a person reads them."""
    return [(NAMES.get(key, key.replace("_", " ")), value_words(value)) for key, value in sorted(resolved.items())]


def value_words(value: Any) -> str:
    """[256, 128] → 256, 128; pairs as text (text), such as a field and its type; None → –."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(_part_words(part) for part in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _part_words(part: Any) -> str:
    if isinstance(part, Sequence) and not isinstance(part, str) and len(part) == 2:
        return f"{part[0]} ({part[1]})"
    return str(part)
