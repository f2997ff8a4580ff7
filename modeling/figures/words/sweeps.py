"""What a sweep found, in sentences."""

from modeling.core.fitting.stored import GrowthChange, GrowthFound, RecipesFound, SweptRecipe
from modeling.figures.words.numbers import percent, signed, signed_span, span

METRIC_WORDS = {"accuracy": "accuracy", "macro_f1": "macro F1"}
LONGEST = 30
SIDES = {"old": "the labels as imported", "new": "today’s labels"}


def recipes_heading(found: RecipesFound) -> str:
    one = next(entry for entry in found["recipes"] if entry["simplest"])
    score = f"{percent(one['score'])} ({span(one['low'], one['high'])})"
    if one["best"]:
        return f"{_name(one)} is best, and nothing simpler comes near: {score}"
    return f"{_name(one)} is the simplest recipe not distinguishable from the best: {score}"


def _name(entry: SweptRecipe) -> str:
    name = entry["name"] or entry["words"]
    return name[0].upper() + name[1:]


def growth_heading(found: GrowthFound) -> str:
    """What growing without regularization does to contested items, else to all, on the newest labels."""
    of = {(one["what"], one["labels"], one["regularized"], one["slice"]): one for one in found["changes"]}
    for slice_, words in (("contested", "contested items"), ("overall", "all items")):
        one = of.get(("growing", "new", False, slice_))
        if one and one["n"]:
            return f"Growing without regularization {_moved(one, words)}"
    return "Too few sizes were trained to say what growing does"


def _moved(one: GrowthChange, words: str) -> str:
    limits = signed_span(one["low"], one["high"])
    if one["low"] > 0:
        return f"gains {signed(one['value'])[1:]} points on {words} ({limits})"
    if one["high"] < 0:
        return f"loses {signed(one['value'])[1:]} points on {words} ({limits})"
    return f"makes no difference that shows on {words}: {signed(one['value'])} points ({limits})"


def short(entry: SweptRecipe) -> str:
    """A recipe of a sweep as a chart has room for it: its name, else its settings without the learner."""
    words = entry["name"] or entry["words"].removeprefix("logistic regression, ")
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def change_rows(found: GrowthFound, names: dict[bool, str]) -> list[tuple[str, list[GrowthChange]]]:
    """(what it is between, the difference on all items and, where there are such, on contested ones)."""
    rows: dict[str, list[GrowthChange]] = {}
    for one in found["changes"]:
        rows.setdefault(change_words(one, names), []).append(one)
    return list(rows.items())


def change_words(one: GrowthChange, names: dict[bool, str]) -> str:
    """One paired difference: what it is between."""
    on, recipe = SIDES[one["labels"] or "new"], names[bool(one["regularized"])]
    if one["what"] == "growing":
        return f"From the smallest to the largest size, {recipe}, on {on}"
    if one["what"] == "regularization":
        return f"At the largest size on {on}: {names[True]} in place of {names[False]}"
    return f"At the largest size, {recipe}: {SIDES['new']} in place of {SIDES['old']}"
