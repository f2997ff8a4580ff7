"""What labels and what settings gained, as sentences."""

from annotation.core.stored import IntervalJson
from modeling.core.proving.stored import AttributionFound
from modeling.figures.words.numbers import signed, signed_span, span

METRIC_WORDS = {"macro_f1": "macro F1", "expected_cost": "expected cost"}


def attribution_heading(found: AttributionFound) -> str:
    """The finding in one sentence: Labels gained 5.1 points (3.0 to 7.2), regularization 2.0 (0.8 to 3.3)."""
    labels, settings, other = found["labels"], found["settings"], settings_name(found)
    verbs = _verb(labels), _verb(settings)
    if verbs == ("", ""):
        return f"Neither labels ({_signed(labels)}) nor {other} ({_signed(settings)}) gained points that show yet"
    if verbs[0] == verbs[1]:
        return f"Labels {verbs[0]} {_size(labels, ' points')}, {other} {_size(settings)}"
    if not verbs[0]:
        return f"{other.capitalize()} {verbs[1]} {_size(settings, ' points')}; {_hidden('labels', labels)}"
    first = f"Labels {verbs[0]} {_size(labels, ' points')}"
    return f"{first}; {other} {verbs[1]} {_size(settings)}" if verbs[1] else f"{first}; {_hidden(other, settings)}"


def settings_name(found: AttributionFound) -> str:
    """What the settings are called: nothing but penalties differ, or other settings too."""
    return "regularization" if found["regularization"] else "settings"


def over_words(found: AttributionFound) -> str:
    """Which of the two, alone, gained more."""
    over, other = found["over"], settings_name(found)
    if over["low"] > 0:
        return f"New labels alone gained {_size(over, ' points')} more than new {other} alone."
    if over["high"] < 0:
        return f"New {other} alone gained {_size(over, ' points')} more than new labels alone."
    return f"Which of the two gains more alone does not show yet: new labels less new {other}, {_signed(over)} points."


def interaction_words(found: AttributionFound) -> str:
    """Whether one of the two takes over what the other would do."""
    one = found["interaction"]
    if one["high"] < 0:
        return f"They do part of the same work: together they gain {_size(one, ' points')} less than alone, added up."
    if one["low"] > 0:
        return f"They help one another: together they gain {_size(one, ' points')} more than alone, added up."
    return f"No overlap of the two shows: together they gain {_signed(one)} points beside what they do alone, added up."


def metric_note(found: AttributionFound) -> str:
    """Where the dataset's comparisons are decided by something else than accuracy."""
    name = METRIC_WORDS.get(found["metric"])
    if name is None:
        return ""
    return f"On accuracy, though comparisons here are decided by {name}; a gain in one need be none in the other."


def _verb(one: IntervalJson) -> str:
    return "gained" if one["low"] > 0 else "lost" if one["high"] < 0 else ""


def _size(one: IntervalJson, unit: str = "") -> str:
    """5.1 (3.0 to 7.2), without a sign."""
    low, high = (one["low"], one["high"]) if one["value"] >= 0 else (-one["high"], -one["low"])
    return f"{signed(abs(one['value'])).removeprefix('+')}{unit} ({span(low, high).replace('–', ' to ')})"


def _signed(one: IntervalJson) -> str:
    return f"{signed(one['value'])}, {signed_span(one['low'], one['high'])}"


def _hidden(name: str, one: IntervalJson) -> str:
    return f"what {name} gained does not show yet ({_signed(one)})"
