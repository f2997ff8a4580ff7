"""A verdict in one sentence, for somebody who pays for the work and knows no statistics."""

from modeling.core.proving.proof import EXPECTED_COST
from modeling.core.proving.stored import Difference, ProofJson
from modeling.figures.words.comparisons import proved, proved_span
from modeling.figures.words.numbers import money


def plain_sentence(proof: ProofJson) -> str:
    """By the interval that decides; of accuracy in items of every 1,000."""
    verdict, reason = proof["verdict"], proof.get("reason")
    if verdict == "refused":
        return f"There is no verdict. {reason}" if reason else "There is no verdict."
    difference = proof["difference"]
    if verdict == "better":
        return f"It paid: {_gain(difference)}."
    if verdict == "worse":
        return f"It did harm: {_between(difference)}."
    if verdict == "equivalent":
        return f"It changed nothing that matters: {_between(difference)}."
    if verdict == "exploratory":
        return f"This is a hint and no proof: {_between(difference)}. {reason or ''}".strip()
    return f"Whether it paid can’t be told yet: {_between(difference)}."


def _gain(difference: Difference) -> str:
    value, low = difference["value"], difference["low_planned"]
    if difference["metric"] == "accuracy":
        return (
            f"of every 1,000 items about {_thousandths(value)} more are right than before, and at least "
            f"{_thousandths(low)} more once every planned reading is allowed for"
        )
    if difference["metric"] == EXPECTED_COST:
        unit = difference["unit"]
        return f"about {money(value)} {unit} are saved per 1,000 items, and at least {money(low)} {unit}"
    return f"macro F1 is about {proved(difference)} points higher, and at least {proved(difference, 'low_planned')}"


def _between(difference: Difference) -> str:
    low, high = difference["low_planned"], difference["high_planned"]
    if difference["metric"] == "accuracy":
        return f"of every 1,000 items, from {_more(low)} to {_more(high)} are right than before"
    if difference["metric"] == EXPECTED_COST:
        limits = f"{proved(difference, 'low_planned')} and {proved(difference, 'high_planned')}"
        return f"what is saved per 1,000 items lies between {limits} {difference['unit']}"
    return f"macro F1 changed by {proved_span(difference)} points"


def _more(share: float) -> str:
    """−0.004 → 4 fewer"""
    return f"{_thousandths(share)} {'fewer' if share < 0 else 'more'}"


def _thousandths(share: float) -> str:
    return f"{abs(1000 * share):,.0f}"
