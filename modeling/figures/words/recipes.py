"""Settings, differences and verdicts as sentences."""

from typing import Any

from modeling.core.augmentation import augmentation_words
from modeling.core.learners import recipe_words as learner_words
from modeling.core.learners import used_words
from modeling.core.proof import EXPECTED_COST
from modeling.core.training import OF_ROWS

__all__ = [
    "comparison_heading", "differing_settings", "left_out_words", "money", "p_words", "percent", "proved",
    "proved_span", "recipe_words", "signed", "signed_money", "signed_span", "span", "unit_words", "used_words",
]  # fmt: skip

LEFT_OUT = {
    "without_label": "have no label",
    "contested": "are contested",
    "ambiguous": "were called ambiguous",
    "bad_input": "were called bad input",
    "quarantined": "are under a finding in quarantine",
    "near_duplicate_of_production": "are near-copies of production",
    "not_in_labels_of": "were not in the snapshot whose labels these rows carry",
}


def recipe_words(learner: str, settings: dict[str, Any]) -> str:
    """Learner, settings and copies in words: logistic regression, L2, C = 10, 1 changed copy of each row (typos)."""
    return ", ".join(filter(None, [learner_words(learner, settings), augmentation_words(settings)]))


def percent(share: float) -> str:
    """0.714 → 71.4 %, the space unbreakable."""
    return f"{100 * share:.1f}\u00a0%"


def span(low: float, high: float) -> str:
    """Limits of a share, in percent: 0.701, 0.726 → 70.1–72.6."""
    return f"{100 * low:.1f}–{100 * high:.1f}"


def signed(difference: float) -> str:
    """A difference of shares in points: 0.093 → +9.3, −0.0004 → 0.0."""
    text = f"{100 * difference:+.1f}".replace("-", "−")
    return "0.0" if text in ("+0.0", "−0.0") else text


def signed_span(low: float, high: float) -> str:
    """Limits of a difference in points: −0.003, 0.017 → −0.3 to +1.7."""
    return f"{signed(low)} to {signed(high)}"


def left_out_words(left_out: dict[str, int]) -> list[tuple[int, str]]:
    """(how many items, why), only reasons that left any out."""
    return [(n, LEFT_OUT.get(reason, reason.replace("_", " "))) for reason, n in left_out.items() if n]


def differing_settings(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Resolved settings in which two runs differ: C was 10 and is 100."""
    keys = [key for key in {**before, **after} if key not in OF_ROWS and before.get(key) != after.get(key)]
    return [f"{key} was {_short(before.get(key))} and is {_short(after.get(key))}" for key in keys]


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def money(amount: float) -> str:
    """An amount without its unit, to three digits or whole: 1234.5 → 1,234, 12.34 → 12.3, 0.1234 → 0.123."""
    if amount != amount:
        return "–"
    digits = next((digits for least, digits in ((100, 0), (10, 1), (1, 2)) if abs(amount) >= least), 3)
    text = f"{amount:,.{digits}f}".replace("-", "−")
    return "0" if not text.strip("−0.,") else text


def signed_money(amount: float) -> str:
    """What is saved: 112.4 → +112."""
    text = money(amount)
    return text if text == "0" or text.startswith("−") else f"+{text}"


def proved(difference: dict[str, Any], key: str = "value") -> str:
    """A figure of a comparison's difference, with its sign: points, or what is saved where costs decide."""
    amount = difference[key]
    return signed_money(amount) if difference["metric"] == EXPECTED_COST else signed(amount)


def proved_span(difference: dict[str, Any]) -> str:
    return f"{proved(difference, 'low')} to {proved(difference, 'high')}"


def unit_words(difference: dict[str, Any]) -> str:
    """What the figures of a difference count."""
    if difference["metric"] == EXPECTED_COST:
        return f"{difference['unit']} saved"
    return "points" if difference["metric"] == "accuracy" else "points of macro F1"


def comparison_heading(subject: str, verdict: str, difference: dict[str, Any], reason: str | None) -> str:
    """The finding of a comparison in one sentence. subject: what was done, such as "Relabelling 96 cases"."""
    if verdict == "refused":
        return f"No verdict: {reason[0].lower()}{reason[1:]}" if reason else "No verdict"
    if verdict in ("better", "worse"):
        return f"{subject} {_gain(difference, verdict)}"
    seen = f"{proved(difference)} {unit_words(difference)} ({proved_span(difference)})"
    if verdict == "exploratory":
        return f"{subject} is exploratory only: {seen}"
    return f"{subject} is not distinguishable yet from no change: {seen}"


def _gain(difference: dict[str, Any], verdict: str) -> str:
    """What was gained or lost in production, its size and limits without a sign."""
    value, low, high = difference["value"], difference["low"], difference["high"]
    if verdict == "worse":
        value, low, high = -value, -high, -low
    if difference["metric"] == EXPECTED_COST:
        told = f"{money(value)} {difference['unit']} in production ({money(low)} to {money(high)})"
        return f"saves {told}" if verdict == "better" else f"loses {told}"
    limits = span(low, high).replace("–", " to ")
    done = "gained" if verdict == "better" else "lost"
    return f"{done} {signed(value)[1:]} {unit_words(difference)} in production ({limits})"


def p_words(p: float) -> str:
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)
