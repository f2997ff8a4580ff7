"""What a comparison found, as sentences."""

from typing import Literal, TypeAlias

from modeling.core.proving.proof import EXPECTED_COST
from modeling.core.proving.stored import Difference
from modeling.figures.words.numbers import money, signed, signed_money, span

Figure: TypeAlias = Literal["value", "low", "high", "low_planned", "high_planned", "accuracy", "macro_f1"]


def proved(difference: Difference, key: Figure = "value") -> str:
    """A figure of a comparison's difference, with its sign: points, or what is saved where costs decide."""
    amount = difference[key]
    return signed_money(amount) if difference["metric"] == EXPECTED_COST else signed(amount)


def proved_span(difference: Difference) -> str:
    return f"{proved(difference, 'low')} to {proved(difference, 'high')}"


def unit_words(difference: Difference) -> str:
    """What the figures of a difference count."""
    if difference["metric"] == EXPECTED_COST:
        return f"{difference['unit']} saved"
    return "points" if difference["metric"] == "accuracy" else "points of macro F1"


VERDICT_TAGS = {"better": "good", "worse": "bad", "refused": "warn", "exploratory": "warn"}


def verdict_words(verdict: str) -> str:
    """What is not distinguishable today may be with more rows."""
    return "not distinguishable yet" if verdict == "not distinguishable" else verdict


def settings_words(settings: list[str] | None, recipe: str) -> str:
    """In what the two sides differ beside their labels. settings: sentences, None where a side is no run."""
    if settings is None:
        return "At least one side is a prediction set from elsewhere"
    if settings:
        return f"Other settings: {'; '.join(settings)}"
    return f"Same recipe, same regularization ({recipe})"


def comparison_heading(subject: str, verdict: str, difference: Difference, reason: str | None) -> str:
    """The finding of a comparison in one sentence. subject: what was done, such as "Relabelling 96 cases"."""
    if verdict == "refused":
        return f"No verdict: {reason[0].lower()}{reason[1:]}" if reason else "No verdict"
    if verdict in ("better", "worse"):
        return f"{subject} {_gain(difference, verdict)}"
    seen = f"{proved(difference)} {unit_words(difference)} ({proved_span(difference)})"
    if verdict == "exploratory":
        return f"{subject} is exploratory only: {seen}"
    return f"{subject} is not distinguishable yet from no change: {seen}"


def _gain(difference: Difference, verdict: str) -> str:
    """What was gained or lost in production, its size and limits without a sign."""
    value, low, high = difference["value"], difference["low"], difference["high"]
    if verdict == "worse":
        value, low, high = -value, -high, -low
    if difference["metric"] == EXPECTED_COST:
        amount = f"{money(value)} {difference['unit']} in production ({money(low)} to {money(high)})"
        return f"saves {amount}" if verdict == "better" else f"loses {amount}"
    limits = span(low, high).replace("–", " to ")
    done = "gained" if verdict == "better" else "lost"
    return f"{done} {signed(value)[1:]} {unit_words(difference)} in production ({limits})"
