"""What a run's page says first in each of its parts: the finding in one sentence. All figures are those of the JSON."""

from collections.abc import Sequence

from annotation.core.stored import IntervalJson
from annotation.core.wording import quoted
from modeling.core.fitting.stored import LearningCurveJson
from modeling.core.telling.stored import (
    CalibrationJson,
    ConfidentJson,
    ConfusionJson,
    MemorizedJson,
    ReliabilityJson,
    SliceJson,
)
from modeling.figures.words.numbers import percent, signed, signed_span, span

LEVEL = 0.05


def calibration_heading(found: CalibrationJson) -> str:
    before, contested = found["before"], found["contested_before"]
    said = _calibration_of(before)
    if contested and contested["gap"]["low"] > 0:
        gap = contested["gap"]
        more = f"on contested rows it is too sure by {_points(gap)}"
        return f"{said}; {more}"
    return said


def _calibration_of(found: ReliabilityJson) -> str:
    gap, error = found["gap"], found["error"]
    if gap["low"] > 0:
        return f"It is too sure: confidence is above accuracy by {_points(gap)}"
    if gap["high"] < 0:
        return f"It is not sure enough: confidence is below accuracy by {_points(_turned(gap))}"
    if found["p"] >= LEVEL:
        return f"Its confidence matches its accuracy, as far as {error['n']:,} rows show"
    return f"Confidence and accuracy differ by {percent(error['value'])} on average ({_limits(error)}), both ways"


def temperature_sentence(found: CalibrationJson) -> str:
    """What scaling would do, in one sentence."""
    before, after = found["before"], found["after"]
    spread = f"{found['temperature']:.2f} ({found['least']:.2f} to {found['most']:.2f} over folds)"
    change = (
        f"the calibration error from {percent(before['error']['value'])} to {percent(after['error']['value'])} and log "
        f"loss from {before['loss']:.3f} to {after['loss']:.3f}"
    )
    fell = after["loss"] < before["loss"] and after["error"]["value"] < before["error"]["value"]
    if fell:
        return f"A temperature of {spread} would bring {change}; it changes no predicted class."
    return f"One temperature for all rows does not correct it: {spread} would bring {change}."


def confusion_heading(found: ConfusionJson) -> str:
    if not found["pairs"]:
        return "It gives every row it has not seen the class of its label"
    top = found["pairs"][0]
    share = top["share"]
    return (
        f"It takes {quoted(top['label'])} for {quoted(top['predicted'])} most often: {top['count']:,} of "
        f"{share['n']:,} rows ({percent(share['value'])}, {_limits(share)})"
    )


def slices_heading(slices: Sequence[SliceJson]) -> str:
    """The slice that stands apart with the lowest accuracy, contested rows before all others."""
    low = [one for one in slices if one["apart"] and one["right"]["value"] < one["rest"]["value"]]
    if not low:
        return "No slice is clearly worse than the other rows"
    worst = next((one for one in low if one["kind"] == "contested"), min(low, key=lambda one: one["right"]["value"]))
    return (
        f"It is right about {percent(worst['right']['value'])} {_rows_of(worst)} ({_limits(worst['right'])}) and "
        f"{percent(worst['rest']['value'])} of the others"
    )


def _rows_of(one: SliceJson) -> str:
    before = {"contested": f"of the {one['level']} rows", "class": f"of the rows labelled {quoted(one['level'])}"}
    of_kind = {"source": "from", "length": "of", "time": "of"}.get(one["kind"], "of")
    return before.get(one["kind"], f"of the rows {of_kind} {one['level']}")


def confident_heading(found: ConfidentJson) -> str:
    wrong = found["wrong"]
    n = round(wrong["value"] * wrong["n"])
    if not n:
        return "It is nowhere surer of another class than the labels allow"
    rows = f"{n:,} row{'' if n == 1 else 's'}"
    return f"On {rows} it is surer of another class than the labels allow ({percent(wrong['value'])}, {_limits(wrong)})"


def confident_rows(found: ConfidentJson) -> list[tuple[str, list[IntervalJson]]]:
    """(what the model is surer of than labels allow, its share of contested rows and of the others)."""
    return [
        ("Surer than that of another class than the label", [found["contested_wrong"], found["calm_wrong"]]),
        ("Surer than that of any class", [found["contested_sure"], found["calm_sure"]]),
    ]


def limit_sentence(found: ConfidentJson) -> str:
    """How the limit was made, in one sentence."""
    limit = percent(found["limit"])
    if found["basis"] == "plain":
        return f"No item has two answers, so nothing says how far labels can be trusted; the limit is a plain {limit}."
    if found["basis"] == "disagreement":
        return (
            f"{_disagreement(found)}; labels that differ so often are right about {limit} of the time, and no model "
            "can know them better: that is the limit."
        )
    return (
        f"{_too_little(found)}; the run gives {limit} of the labels unseen, so that they support that much: that is "
        "the limit."
    )


def _disagreement(found: ConfidentJson) -> str:
    rate = found["disagreement"]
    return f"Of {rate['n']:,} {found['of']} {percent(rate['value'])} disagree ({_limits(rate)})"


def _too_little(found: ConfidentJson) -> str:
    """Why it is the run itself that makes the limit."""
    rate = found["disagreement"]
    if not rate["n"]:
        return "No item has two answers"
    if rate["value"] > 1 - found["accuracy"]:
        return f"{_disagreement(found)}, which is more than the run’s own errors"
    return f"{_disagreement(found)}, and so few cannot say how far labels can be trusted"


def memorized_heading(found: MemorizedJson) -> str:
    if not found["corrected"]:
        return "No label it learned from has been corrected since"
    if found["problem"]:
        return f"{_labels(found)} corrected since; whether it had learned them cannot be said"
    fitted, unseen = found["fitted"], found["held_out"]
    return (
        f"It had learned {percent(fitted['value'])} of the {fitted['n']:,} labels corrected since ({_limits(fitted)}); "
        f"{percent(unseen['value'])} it would have given unseen"
    )


def _labels(found: MemorizedJson) -> str:
    n = found["corrected"]
    return f"{n:,} label{' was' if n == 1 else 's were'}"


def curve_heading(found: LearningCurveJson) -> str:
    one = found["expected"]
    if not one["fits"]:
        return "How accuracy grows with labels follows no law, so nothing is predicted"
    said = f"{signed(one['gain'])} points ({signed_span(one['low'], one['high'])})"
    if one["rises"]:
        return f"Another {one['more']:,} labels would be expected to bring {said}"
    return f"What another {one['more']:,} labels would bring is not distinguishable from nothing: {said}"


def _points(gap: IntervalJson) -> str:
    return f"{100 * gap['value']:.1f} points ({100 * gap['low']:.1f} to {100 * gap['high']:.1f})"


def _turned(gap: IntervalJson) -> IntervalJson:
    return {"value": -gap["value"], "low": -gap["high"], "high": -gap["low"], "n": gap["n"]}


def _limits(share: IntervalJson) -> str:
    return span(share["low"], share["high"])
