"""A diagnosis in words: what the next hour is best spent on, and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from annotation.core.stored import IntervalJson
from annotation.core.wording import counted, quoted
from modeling.core.diagnosing.naming import COVERAGE, DATA, FIT, LABELS, NOBODY
from modeling.core.diagnosing.stored import DiagnosisJson
from modeling.figures.words.numbers import percent, span

# Name → on the chart, and after "on".
TITLES = {
    LABELS: "Labels", COVERAGE: "Coverage", FIT: "Regularization", DATA: "More data of the same kind",
    NOBODY: "Nobody can fix",
}  # fmt: skip
SPENT = {
    LABELS: "labels", COVERAGE: "coverage", FIT: "regularization", DATA: "more data of the same kind",
    NOBODY: "nothing here",
}  # fmt: skip
SHOWN = 3


@dataclass(frozen=True)
class CauseCard:
    """A card: what was found of one cause."""

    name: str
    title: str
    sentences: tuple[str, ...]


def heading(found: DiagnosisJson) -> str:
    """The one sentence."""
    gains = {cause["name"]: cause["gain"] for cause in found["causes"]}
    named = [name for name in found["named"] if name != NOBODY]
    if named:
        first, *others = named
        rest = others[:1] or sorted((one for one in gains if one not in (first, NOBODY)), key=_by(gains))[:1]
        said = "; ".join(f"{SPENT[name]}: {points(gains[name])}" for name in rest)
        return f"Spend the next hour on {SPENT[first]}: about {points(gains[first], ' points')}; {said}"
    if found["named"]:
        lost = points(gains[NOBODY], " points")
        return f"No hour is sure to pay: about {lost} look like errors that nothing here can mend"
    return "Cannot tell yet what the next hour is best spent on"


def points(gain: IntervalJson, unit: str = "") -> str:
    """A gain with its interval in whole points, from 0 on: 6 (4 to 9); of an interval of under two in tenths."""
    value, low, high = (max(0.0, 100 * share) for share in (gain["value"], gain["low"], gain["high"]))
    digits = 0 if high - low >= 2 else 1
    return f"{value:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f})"


def whys(found: DiagnosisJson) -> tuple[CauseCard, ...]:
    """One card for each cause, those named first."""
    said = {
        LABELS: _labels(found), FIT: _fit(found), DATA: _data(found), COVERAGE: _coverage(found),
        NOBODY: _nobody(found),
    }  # fmt: skip
    gains = {cause["name"]: cause["gain"] for cause in found["causes"]}
    order = [*found["named"], *sorted((name for name in said if name not in found["named"]), key=_by(gains))]
    return tuple(CauseCard(name, f"{TITLES[name]}: why", tuple(said[name])) for name in order)


def _by(gains: dict[str, IntervalJson]) -> Callable[[str], float]:
    return lambda name: -gains[name]["value"]


def _labels(found: DiagnosisJson) -> list[str]:
    one = found["labels"]
    audit = one["audit"]
    said = []
    if audit:
        limits = span(audit["low"], audit["high"])
        said.append(f"The audit finds {percent(audit['value'])} wrong ({limits}; n = {audit['n']:,}).")
    said += [
        f"About {percent(one['share'])} of the labels learned from are wrong at random: models that never saw them are "
        "right about production more often."
        if one["share"]
        else "The labels learned from agree with models as often as production’s do: no sign of labels wrong at random."
    ]
    if one["pairs"]:
        pairs = _listed([f"{quoted(true)} taken for {quoted(taken)}" for true, taken in one["pairs"]])
        said.append(f"Production contradicts what the pool says of {pairs}: a habit the model learned.")
    if one["n"]:
        said.append(f"{counted(one['n'], 'label')} to look at, the most doubtful first.")
    return said


def _fit(found: DiagnosisJson) -> list[str]:
    fit = found["fit"]
    tried = dict(fit["tried"])
    if fit["C"] == fit["chosen"]:
        return [f"C = {fit['C']:g} is what models of parts of the pool choose on the rest: nothing to gain."]
    return [
        f"Out of fold C = {fit['chosen']:g} is right on {percent(tried[fit['chosen']])} of the pool’s labels, "
        f"C = {fit['C']:g} in use on {percent(tried[fit['C']])}: it is regularized too "
        f"{'little' if fit['chosen'] < fit['C'] else 'much'}."
    ]


def _data(found: DiagnosisJson) -> list[str]:
    parts = ", ".join(f"{percent(accuracy)} from {share:.0%}" for share, accuracy in found["parts"])
    return [f"Accuracy on production, learned from parts of the {found['learned_from']:,} rows: {parts}."]


def _coverage(found: DiagnosisJson) -> list[str]:
    one = found["coverage"]
    limits = span(one["auc"] - 2 * one["error"], one["auc"] + 2 * one["error"])
    said = [
        f"A classifier tells production from the pool in {percent(one['auc'])} of pairs ({limits}; 50 % is not at "
        f"all); {percent(one['far'])} of production is far from the pool."
    ]
    if one["near_accuracy"] is not None and one["far_accuracy"] is not None:
        said.append(f"Accuracy is {percent(one['far_accuracy'])} there and {percent(one['near_accuracy'])} near it.")
    said += [
        f"The source {quoted(lack['source'] or 'without a name')} is {counted(lack['n'], 'row')} of production and "
        f"{counted(lack['pool'], 'row')} of the pool; accuracy there is {percent(lack['accuracy'])}."
        for lack in one["lacking"][:SHOWN]
    ]
    if not one["next"]:
        said.append("There are no unlabelled rows to choose from; import some like these.")
    return said


def _nobody(found: DiagnosisJson) -> list[str]:
    if not found["confused"]:
        return ["No two classes are taken for one another about equally often."]
    pairs = _listed([f"{quoted(one['one'])} and {quoted(one['other'])} ({one['n']})" for one in found["confused"]])
    return [
        f"Taken for one another about equally often, whatever the penalty: {pairs}. If experts too differ on them, "
        "say in the guideline how they differ, or merge them."
    ]


def _listed(parts: Sequence[str]) -> str:
    more = f" and {len(parts) - SHOWN} more" if len(parts) > SHOWN else ""
    return ", ".join(parts[:SHOWN]) + more
