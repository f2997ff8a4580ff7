"""What changes of no meaning do to a run's predictions, in sentences."""

from collections.abc import Mapping, Sequence

from modeling.core.telling.stored import MissingJson, ProbeJson
from modeling.figures.words.numbers import percent, span


def robustness_heading(run: int, probes: Sequence[ProbeJson] | None, titles: Mapping[str, str]) -> str:
    """probes: what each change flipped, None before anybody asked; titles: the changes in words."""
    if probes is None:
        return f"How easily a prediction of run {run} flips is not known yet"
    probed = [(one["value"], one) for one in probes if one["value"] is not None]
    if not probed:
        return f"Nothing in these texts could be changed to probe run {run}"
    share, worst = max(probed, key=lambda one: one[0])
    if not worst["flips"]:
        return f"No change flipped a prediction of run {run}"
    most = f"The worst of {len(probed)} changes, {titles[worst['name']]}," if len(probed) > 1 else "The change"
    limits = span(worst["low"], worst["high"])
    return f"{most} flips {percent(share)} of {worst['n']:,} predictions ({limits})"


def flips_heading(title: str, flips: int, shown: int) -> str:
    """How many predictions a change flipped, and how many of them are shown."""
    those = f"the worst {shown} of {flips:,}" if flips > shown else f"{flips:,}"
    return f"{title[0].upper()}{title[1:]}: {those} flipped"


def missing_heading(found: Sequence[MissingJson]) -> str:
    """found: what each column left out costs, the largest loss first."""
    surely = [one for one in found if one["lost"]["low"] > 0 and len(one["columns"]) == 1]
    if not surely:
        return "No single column that is missing surely costs accuracy"
    worst = surely[0]
    lost, limits = 100 * worst["lost"]["value"], span(worst["lost"]["low"], worst["lost"]["high"])
    return f"Without {worst['name']} it is right {lost:.1f} points less often ({limits})"
