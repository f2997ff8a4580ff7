"""What expert time brings, as sentences."""

from collections.abc import Mapping
from math import inf

from annotation.core.intervals import Interval
from annotation.core.stored import IntervalJson
from annotation.core.wording import counted
from modeling.core.watching.returns import AHEAD, Spent, Word, stop_word
from modeling.core.watching.stored import ProjectionJson, ReturnsJson
from modeling.figures.words.numbers import signed, signed_span

VERBS: dict[Word, str] = {"stop": "Stop", "go on": "Go on", "cannot tell yet": "Cannot tell yet"}
BESIDE: dict[Word, str] = {
    "stop": "less than the", "go on": "no less than the", "cannot tell yet": "which may be more or less than the",
}  # fmt: skip


def per_hour_words(found: Interval) -> str:
    """14.2 (9.1 to 20.8) an hour; "–" where nobody knows how long it took."""
    if found.high == inf:
        return "–"
    return f"{found.value:.1f} ({found.low:.1f} to {found.high:.1f})"


def hours_words(seconds: float) -> str:
    """Time as people say it: 45 seconds, 12 minutes, 3.4 hours; "unknown" of nan."""
    if seconds != seconds:
        return "unknown"
    if seconds < 90:
        return counted(round(seconds), "second")
    return counted(round(seconds / 60), "minute") if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def gain_words(gain: IntervalJson) -> str:
    """+0.4 points (+0.1 to +0.7)."""
    return f"{signed(gain['value'])} points ({signed_span(gain['low'], gain['high'])})"


def minutes_words(cases: int, spent: Spent) -> str:
    """What the next cases cost at the pace so far; "" where nobody knows it."""
    if not spent.decisions or not spent.seconds > 0:
        return ""
    return f"about {hours_words(cases * spent.seconds / spent.decisions)}"


def next_words(projection: ProjectionJson) -> str:
    """The next 100 decisions; the last 62 that are open."""
    cases = projection["cases"]
    return f"the next {counted(cases, 'decision')}"


def stop_sentence(projection: ProjectionJson, least: float, spent: Spent) -> str:
    """Whether the next decisions are worth their time, in one sentence. least: of accuracy that 100 of them must gain,
    in [0, 1]; of fewer as much less is asked."""
    gain, cost = projection["gain"], minutes_words(projection["cases"], spent)
    asked = least * projection["cases"] / AHEAD
    word = stop_word(Interval(gain["value"], gain["low"], gain["high"], gain["n"]), asked)
    price = f"; they would cost {cost}" if cost else ""
    wanted = f"{BESIDE[word]} {100 * least:g} per {AHEAD} you ask for"
    return f"{VERBS[word]}: {next_words(projection)} should gain {gain_words(gain)}, {wanted}{price}"


def returns_heading(found: ReturnsJson | None, least: float | None, spent: Spent) -> str:
    """The finding of the page. found: as last measured; least: the stop rule's."""
    if not spent.decisions:
        return "No expert has decided anything yet"
    fixed = f"{counted(spent.decisions, 'decision')} fixed {counted(spent.changed, 'label')}"
    if found is None:
        return f"{fixed}; what that brought is not measured yet"
    if found["projection"] and least is not None:
        return stop_sentence(found["projection"], least, spent)
    return f"100 decisions gained {gain_words(found['per_hundred'])} of accuracy so far"


def scored_words(found: ReturnsJson) -> str:
    """On what the curve was scored."""
    n = f"{counted(found['rows'], 'row')}, {found['groups']:,} of them no near-copies of one another"
    if found["snapshot"] is None:
        return f"out of fold on the training rows, against their labels of now ({n})"
    look = f"look {found['looks']} of {found['planned_looks']} planned"
    return f"on production snapshot {found['snapshot']} ({n}; {look})"


def periods_words(spent: Spent, fallen: Interval | None) -> str:
    """spent: of the newest period; fallen: how far the share of wrong labels fell over the last between two audits."""
    if fallen and fallen.low > 0:
        return f"Wrong labels fell by {signed(fallen.value)[1:]} points ({signed_span(fallen.low, fallen.high)})"
    if fallen:
        return f"Two audits cannot tell whether fewer labels are wrong: {signed(-fallen.value)} points"
    if spent.per_hour.high == inf:
        return "Nobody knows how long decisions took"
    return f"An hour fixes {per_hour_words(spent.per_hour)} labels"


def experts_words(by: Mapping[str, int]) -> str:
    """by: expert → decisions, over all periods."""
    name, most = max(by.items(), key=lambda one: one[1])
    total = sum(by.values())
    return f"{name} made all {total:,} decisions" if most == total else f"{name} made {most:,} of {total:,} decisions"
