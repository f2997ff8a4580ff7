"""What errors cost, and what a run costs, in sentences."""

from typing import Any

from annotation.core.wording import quoted
from modeling.core.proving.stored import CostReportJson, PricedRule, ThresholdJson
from modeling.figures.words.numbers import money

RULES = {
    "likeliest": ("Likeliest class", "what a model predicts when costs do not count"),
    "cheapest": ("Cheapest class", "least expected cost, from its probabilities as they are"),
    "threshold": ("Threshold", "chosen on rows it has not seen; each row by a threshold from other groups"),
}


def run_cost_heading(run: int, report: CostReportJson, unit: str) -> str:
    """What predicting the cheapest class saves with this run, or that nobody can say. report: its cost report."""
    rules = {one["rule"]: one for one in report["rules"]}
    costs, saved = rules["cheapest"]["validation"]["per_thousand"], rules["cheapest"]["saved"]
    per = f"{unit} per 1,000 items"
    if saved["low"] > 0:
        limits = f"{money(saved['low'])} to {money(saved['high'])}"
        return f"Predicting the cheapest class saves {money(saved['value'])} {per} with run {run} ({limits})"
    if saved["high"] < 0:
        return f"Predicting the cheapest class costs more with run {run}: {money(-saved['value'])} {per}"
    return f"Run {run} costs {money(costs['value'])} {per}; whether the cheapest class saves anything is not known"


def rule_rows(report: CostReportJson) -> list[dict[str, Any]]:
    """The rules of a cost report, each with its figures, its name and what it is."""
    return [{**one, "name": name, "what": what} for one in report["rules"] for name, what in [_named(one)]]


def _named(rule: PricedRule) -> tuple[str, str]:
    always = (f"Always {quoted(rule['class'] or '')}", "the one class that costs least for all")
    return RULES.get(rule["rule"], always)


def threshold_heading(found: ThresholdJson) -> str:
    """From which probability on a class is predicted at least cost. found: `threshold` of a cost report."""
    name, alone = quoted(found["class"]), f"the costs alone would say {found['by_theory']:.2f}"
    if found["never"]:
        return f"{name} is best never predicted; {alone}"
    limits = f"{found['low']:.2f} to {found['high']:.2f}"
    return f"Predicting {name} costs least from a probability of {found['value']:.2f} on ({limits}); {alone}"


def threshold_options(found: ThresholdJson) -> str:
    """What `manage.py predict` is to be given to predict by the threshold."""
    return "--costs" if found["never"] else f'--threshold "{found["class"]}={found["value"]:.4f}"'
