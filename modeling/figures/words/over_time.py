"""The model in use over time, as sentences."""

from datetime import date

from annotation.core.stored import IntervalJson, LimitsJson
from annotation.core.wording import counted, listed, percent, quoted
from modeling.core.watching.stored import BatchJson, LiveJson, ReferenceJson, ShiftJson
from modeling.figures.words.numbers import percent as exactly
from modeling.figures.words.numbers import signed, signed_span

ALL = "all"


def day_words(monday: str) -> str:
    """2026-11-02 → 2 November 2026."""
    day = date.fromisoformat(monday)
    return f"{day:%-d %B %Y}"


def week_words(monday: str) -> str:
    return f"the week of {day_words(monday)}"


def share_words(of: LimitsJson) -> str:
    """71.0 % (62.0 to 78.6)."""
    return f"{exactly(of['value'])} ({100 * of['low']:.1f} to {100 * of['high']:.1f})"


def reference_words(reference: ReferenceJson) -> str:
    """Where the interval comes from that the model in use is held to."""
    if reference["of"] == "production sets":
        return f"on frozen production sets (n = {reference['share']['n']:,} inputs)"
    return f"in the weeks up to that of {day_words(reference['until'])} (n = {reference['share']['n']:,} inputs)"


def batch_words(batch: str) -> str:
    """A batch by its name as kept with an alert: "in the week of …"."""
    if batch == ALL:
        return "over all outcomes together"
    kind, _, name = batch.partition(" ")
    return f"in {week_words(name)}" if kind == "week" else f"on source {quoted(name, 60)}"


def batches_below(found: LiveJson) -> dict[str, BatchJson]:
    """Name as an alert keeps it → batch, of those below."""
    named = {f"week {one['name']}": one for one in found["weeks"]}
    named |= {f"source {one['name']}"[:80]: one for one in found["sources"]} | {ALL: found["since"]}
    return {name: one for name, one in named.items() if one["below"]}


def alert_words(found: LiveJson, batch: str, of: BatchJson) -> str:
    """What leads are told once."""
    reference, accuracy = found["reference"], of["accuracy"]
    was = share_words(reference["share"]) if reference else ""
    now = share_words(accuracy) if accuracy else ""
    return (
        f"The model in use fell below its interval {batch_words(batch)}: {now} of "
        f"{counted(of['labelled'], 'outcome')} right; it was {was}."
    )


def live_heading(found: LiveJson | None) -> str:
    """The finding of the page."""
    if found is None:
        return "The model in use has not been checked yet"
    below = batches_below(found)
    if below:
        return f"The model in use fell below its interval {listed([batch_words(one) for one in below][:3])}"
    reference = found["reference"]
    if reference is None:
        return "Too few outcomes are known to hold the model in use to anything"
    n = sum(one["p"] is not None and one["labelled"] > 0 for one in found["weeks"])
    if not n:
        return "No outcome is known of a later week yet"
    limits = f"{100 * reference['share']['low']:.1f} to {exactly(reference['share']['high'])}"
    return f"Nothing says that the model in use left its interval of {limits} in {counted(n, 'week')}"


def shift_words(one: ShiftJson) -> tuple[str, str, str]:
    """What is compared, then and now, as they stand in a table: a mean, a share of a category, or how well early and
    late texts can be told apart."""
    if one["kind"] == "number":
        return f"mean {one['name']}", f"{one['then']:.3g}", f"{one['now']:.3g}"
    if one["kind"] == "category":
        return f"{one['name']} {quoted(one['what'], 60)}", percent(one["then"]), percent(one["now"])
    return f"{one['name']}: told from early ones", f"{one['then']:.2f}", f"{one['now']:.2f}"


def change_words(one: ShiftJson) -> str:
    """The change with its interval: points of a share, else in the unit of the mean."""
    change: IntervalJson = one["change"]
    if one["kind"] == "category":
        return f"{signed(change['value'])} points ({signed_span(change['low'], change['high'])})"
    return f"{change['value']:+.3g} ({change['low']:+.3g} to {change['high']:+.3g})".replace("-", "−")


def drift_heading(found: LiveJson) -> str:
    if not found["compared_to"]:
        return "Too little came in to tell whether production drifts"
    if not found["shifts"]:
        return f"None of {counted(found['tests'], 'comparison')} tells a later week from the first ones"
    weeks = sorted({one["week"] for one in found["shifts"]})
    what = list(dict.fromkeys(one["name"] for one in found["shifts"]))
    of = "" if len(what) == 1 else f", and {len(what) - 1} more"
    return f"{what[0][:1].upper()}{what[0][1:]}{of} drifted from {week_words(weeks[0])} on"


def sources_heading(found: LiveJson) -> str:
    below = [quoted(one["name"], 60) for one in found["sources"] if one["below"]]
    if below:
        return f"Below its interval on {listed(below[:3])}"
    known = sum(one["labelled"] > 0 for one in found["sources"])
    return f"On none of {counted(known, 'source')} is it below" if known else "No outcome is known of any source"
