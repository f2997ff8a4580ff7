"""What a comparison found, as sentences. The interval that decides is the one shown; the plain one stands beside it."""

from typing import Literal, TypeAlias

from annotation.core.wording import counted, listed
from modeling.core.proving.proof import EXPECTED_COST
from modeling.core.proving.stored import ComparisonProof, Difference, MethodJson, ProofJson, RowsNeeded
from modeling.figures.words.numbers import money, points_words, signed, signed_money, span

Figure: TypeAlias = Literal["value", "low", "high", "low_planned", "high_planned", "accuracy", "macro_f1"]


def proved(difference: Difference, key: Figure = "value") -> str:
    """A figure of a comparison's difference, with its sign: points, or what is saved where costs decide."""
    amount = difference[key]
    return signed_money(amount) if difference["metric"] == EXPECTED_COST else signed(amount)


def proved_span(difference: Difference) -> str:
    """The limits that decide."""
    return f"{proved(difference, 'low_planned')} to {proved(difference, 'high_planned')}"


def plain_span(difference: Difference) -> str:
    """The limits as if this were the only look."""
    return f"{proved(difference, 'low')} to {proved(difference, 'high')}"


def unit_words(difference: Difference) -> str:
    """What the figures of a difference count."""
    if difference["metric"] == EXPECTED_COST:
        return f"{difference['unit']} saved"
    return "points" if difference["metric"] == "accuracy" else "points of macro F1"


def declared_words(difference: Difference, worthwhile: float) -> str:
    """A difference declared worth having, in its unit: 1 point, 0.5 points of macro F1, 20 EUR per 1,000 items."""
    if difference["metric"] == EXPECTED_COST:
        return f"{money(worthwhile)} {difference['unit']} per 1,000 items"
    said = points_words(worthwhile)
    return said if difference["metric"] == "accuracy" else f"{said} of macro F1"


VERDICT_TAGS = {"better": "good", "worse": "bad", "equivalent": "on", "refused": "warn", "exploratory": "warn"}


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


def comparison_heading(subject: str, proof: ProofJson) -> str:
    """The finding of a comparison in one sentence. subject: what was done, such as "Relabelling 96 cases"."""
    verdict, difference, reason = proof["verdict"], proof["difference"], proof.get("reason")
    if verdict == "refused":
        return f"No verdict: {reason[0].lower()}{reason[1:]}" if reason else "No verdict"
    if verdict in ("better", "worse"):
        return f"{subject} {_gain(difference, verdict)}{_less_than_declared(proof)}"
    seen = f"{proved(difference)} {unit_words(difference)} ({proved_span(difference)})"
    if verdict == "equivalent":
        return f"{subject} is {equivalent_words(proof)}"
    if verdict == "exploratory":
        return f"{subject} is exploratory only: {seen}"
    return f"{subject} is not distinguishable yet from no change: {seen}"


def equivalent_words(proof: ProofJson) -> str:
    """equivalent within 1 point: −0.4 to +0.6"""
    difference, worthwhile = proof["difference"], proof.get("worthwhile")
    within = f" within {declared_words(difference, worthwhile)}" if worthwhile else ""
    return f"equivalent{within}: {proved_span(difference)}"


def worth_words(proof: ProofJson) -> str:
    """What the deciding interval says of the difference declared worth having; "" where nobody declared one."""
    difference, worthwhile = proof["difference"], proof.get("worthwhile")
    if not worthwhile or proof["verdict"] not in ("better", "not distinguishable"):
        return ""
    declared = declared_words(difference, worthwhile)
    if difference["low_planned"] >= worthwhile:
        return f"It is at least the {declared} declared worth having."
    if difference["high_planned"] < worthwhile:
        return f"It is less than the {declared} declared worth having."
    return f"Whether it is the {declared} declared worth having can’t be told from these rows."


def needed_words(difference: Difference, needed: RowsNeeded) -> str:
    """1,900 more rows would tell a difference of 1 point, four times in five."""
    declared, power = declared_words(difference, needed["difference"]), f"{100 * needed['power']:.0f}\u00a0%"
    if needed["more"] <= 0:
        return f"As many rows as there are would tell a difference of {declared} in {power} of such comparisons."
    return (
        f"{needed['more']:,} more rows ({needed['rows']:,} in all) would tell a difference of {declared} in {power} of "
        "such comparisons."
    )


def units_words(n: int, method: MethodJson | None) -> str:
    """1,500 rows in 1,230 near-duplicate groups"""
    rows = f"{n:,} row{'' if n == 1 else 's'}"
    if method is None or method["n_units"] == n or method["unit"] in ("row", "rows"):
        return rows
    units = method["n_units"]
    return f"{rows} in {units:,} {_several(method['unit'], units)}"


def _several(unit: str, n: int) -> str:
    return unit.removesuffix("s") if n == 1 else f"{unit.removesuffix('s')}s"


def _gain(difference: Difference, verdict: str) -> str:
    """What was gained or lost in production, its size and limits without a sign."""
    value, low, high = difference["value"], difference["low_planned"], difference["high_planned"]
    if verdict == "worse":
        value, low, high = -value, -high, -low
    if difference["metric"] == EXPECTED_COST:
        amount = f"{money(value)} {difference['unit']} in production ({money(low)} to {money(high)})"
        return f"saves {amount}" if verdict == "better" else f"loses {amount}"
    limits = span(low, high).replace("–", " to ")
    done = "gained" if verdict == "better" else "lost"
    return f"{done} {signed(value)[1:]} {unit_words(difference)} in production ({limits})"


def _less_than_declared(proof: ProofJson) -> str:
    """A gain surely smaller than what was declared worth having says so in the heading."""
    difference, worthwhile = proof["difference"], proof.get("worthwhile")
    if proof["verdict"] != "better" or not worthwhile or difference["high_planned"] >= worthwhile:
        return ""
    return f", less than the {declared_words(difference, worthwhile)} worth having"


def class_words(proof: ComparisonProof, of: int | None = None) -> list[str]:
    """What the figures lack or were told by the classes, a sentence each, what they lack first. of: production rows
    that were frozen; None = those scored."""
    said = []
    if n := proof.get("left_out_unknown_class", 0):
        names = listed(proof.get("unknown_classes", []))
        rows = n + (proof["n"] if of is None else of)
        said.append(
            f"{n:,} of {rows:,} rows from production {'was' if n == 1 else 'were'} left out for a label that is no "
            f"class ({names}): whatever a model says of {'it' if n == 1 else 'them'} counts in no figure here."
        )
    if n := proof.get("rows_of_no_class", 0):
        said.append(
            f"{counted(n, 'frozen row')} {'is' if n == 1 else 'are'} left out, as no class stands today for what "
            f"{'it says' if n == 1 else 'they say'}."
        )
    return [*said, *proof.get("carried_over", [])]
