"""What a run's page says first in each of its parts: the finding in one sentence. All figures are those of the JSON."""

from typing import Any

from modeling.figures.words.numbers import percent, signed, signed_span, span

LEVEL = 0.05


def calibration_heading(told: dict[str, Any]) -> str:
    before, contested = told["before"], told["contested_before"]
    said = _calibration_of(before)
    if contested and contested["gap"]["low"] > 0:
        gap = contested["gap"]
        more = f"on contested rows it is too sure by {_points(gap)}"
        return f"{said}; {more}"
    return said


def _calibration_of(found: dict[str, Any]) -> str:
    gap, error = found["gap"], found["error"]
    if gap["low"] > 0:
        return f"It is too sure: confidence is above accuracy by {_points(gap)}"
    if gap["high"] < 0:
        return f"It is not sure enough: confidence is below accuracy by {_points(_turned(gap))}"
    if found["p"] >= LEVEL:
        return f"Its confidence is borne out as far as {error['n']:,} rows can tell"
    return f"Confidence and accuracy part by {percent(error['value'])} on average ({_limits(error)}), both ways"


def temperature_sentence(told: dict[str, Any]) -> str:
    """What scaling would do, in one sentence."""
    before, after = told["before"], told["after"]
    spread = f"{told['temperature']:.2f} ({told['least']:.2f} to {told['most']:.2f} over folds)"
    change = (
        f"the calibration error from {percent(before['error']['value'])} to {percent(after['error']['value'])} and log "
        f"loss from {before['loss']:.3f} to {after['loss']:.3f}"
    )
    fell = after["loss"] < before["loss"] and after["error"]["value"] < before["error"]["value"]
    if fell:
        return f"A temperature of {spread} would bring {change}; it changes no predicted class."
    return f"One temperature for all rows does not mend it: {spread} would bring {change}."


def confusion_heading(told: dict[str, Any]) -> str:
    if not told["pairs"]:
        return "Out of fold it gives every row the class of its label"
    top = told["pairs"][0]
    share = top["share"]
    return (
        f"It takes {top['label']} for {top['predicted']} most often: {top['count']:,} of {share['n']:,} rows "
        f"({percent(share['value'])}, {_limits(share)})"
    )


def slices_heading(slices: list[dict[str, Any]]) -> str:
    """The slice that stands apart with the lowest accuracy, contested rows before all others."""
    low = [one for one in slices if one["apart"] and one["right"]["value"] < one["rest"]["value"]]
    if not low:
        return "In no slice is it right less often than elsewhere, as far as these rows can tell"
    worst = next((one for one in low if one["kind"] == "contested"), min(low, key=lambda one: one["right"]["value"]))
    return (
        f"It is right about {percent(worst['right']['value'])} {_rows_of(worst)} ({_limits(worst['right'])}) and "
        f"{percent(worst['rest']['value'])} of the others"
    )


def _rows_of(one: dict[str, Any]) -> str:
    before = {"contested": f"of the {one['level']} rows", "class": f"of the rows labelled {one['level']}"}
    of_kind = {"source": "from", "length": "of", "time": "of"}.get(one["kind"], "of")
    return before.get(one["kind"], f"of the rows {of_kind} {one['level']}")


def confident_heading(told: dict[str, Any]) -> str:
    wrong = told["wrong"]
    n = round(wrong["value"] * wrong["n"])
    if not n:
        return "On no row is it surer of another class than the labels allow"
    rows = f"{n:,} row{'' if n == 1 else 's'}"
    return f"On {rows} it is surer of another class than the labels allow ({percent(wrong['value'])}, {_limits(wrong)})"


def limit_sentence(told: dict[str, Any]) -> str:
    """How the limit was made, in one sentence."""
    rate, limit = told["disagreement"], percent(told["limit"])
    disagree = f"Of {rate['n']:,} {told['of']} {percent(rate['value'])} disagree ({_limits(rate)})" if rate["n"] else ""
    if told["basis"] == "disagreement":
        return (
            f"{disagree}; labels that differ so often are right about {limit} of the time, and no model can know them "
            "better: that is the limit."
        )
    if told["basis"] == "accuracy":
        first = f"{disagree}, which is more than the run’s own errors" if disagree else "No item has two answers"
        return f"{first}; it gives {limit} of the labels unseen, so that they support that much: that is the limit."
    return f"No item has two answers, so nothing says how far labels can be trusted; the limit is a plain {limit}."


def memorized_heading(told: dict[str, Any]) -> str:
    if not told["corrected"]:
        return "No label it learned from has been corrected since"
    if told["problem"]:
        return f"{_labels(told)} corrected since; whether it had learned them cannot be said"
    fitted, held_out = told["fitted"], told["held_out"]
    return (
        f"It had learned {percent(fitted['value'])} of the {fitted['n']:,} labels corrected since ({_limits(fitted)}); "
        f"{percent(held_out['value'])} it would have given unseen"
    )


def _labels(told: dict[str, Any]) -> str:
    n = told["corrected"]
    return f"{n:,} label{' was' if n == 1 else 's were'}"


def curve_heading(told: dict[str, Any]) -> str:
    one = told["expected"]
    if not one["fits"]:
        return "How accuracy grows with labels follows no law, so nothing is foretold"
    said = f"{signed(one['gain'])} points ({signed_span(one['low'], one['high'])})"
    if one["rises"]:
        return f"Another {one['more']:,} labels would be expected to bring {said}"
    return f"What another {one['more']:,} labels would bring cannot be told from nothing: {said}"


def _points(gap: dict[str, Any]) -> str:
    return f"{100 * gap['value']:.1f} points ({100 * gap['low']:.1f} to {100 * gap['high']:.1f})"


def _turned(gap: dict[str, Any]) -> dict[str, Any]:
    return {"value": -gap["value"], "low": -gap["high"], "high": -gap["low"]}


def _limits(share: dict[str, Any]) -> str:
    return span(share["low"], share["high"])
