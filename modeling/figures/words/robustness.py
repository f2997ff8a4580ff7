"""What changes of no meaning do to a run's predictions, in sentences."""

from collections.abc import Mapping, Sequence

from modeling.core.telling.stored import ProbeJson
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
