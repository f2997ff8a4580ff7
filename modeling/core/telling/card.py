"""A model's card in words: what it learned from, what it scores, what it cannot do, how to load it."""

from collections.abc import Iterable, Sequence

from annotation.core.wording import quoted
from modeling.core.proving.stored import ThresholdJson
from modeling.core.telling.stored import Card, CardComparison, CardCosts

# A class with fewer rows than this is named among the limits.
FEW_ROWS = 20

LOAD_ALONE = """```python
import pandas as pd, skops.io
model = skops.io.load("model.skops", trusted=[])
table = pd.DataFrame({table})
print(model.classes_, model.predict_proba(table))
```

It needs scikit-learn and skops as below, and not Second Look. Texts and categories are strings, `""` where missing;
numbers are floats, `nan` where missing."""

LOAD_HERE = """```python
import pandas as pd
from modeling.core.fitting.model_artifacts import load_model
model = load_model(open("model.zip", "rb").read())
table = pd.DataFrame({table})
print(model.classes_, model.predict_proba(table))
```

Run it in Second Look's own folder: `model.zip` holds arrays and JSON, and Second Look knows how they go together. Texts
and categories are strings, `""` where missing; numbers are floats, `nan` where missing."""


def card_text(card: Card) -> str:
    """Markdown. card: as `actions.export_model.card_of` makes it."""
    parts = [
        f"# {card['dataset']['name']}: run {card['run']}", _about(card), "## What it scores", _scores(card),
        "## On production", _production(card["comparisons"]), "## Limits", _bullets(card["limits"]),
        "## Settings", _settings(card), "## How to load it", _loading(card),
    ]  # fmt: skip
    if card["costs"]:
        parts[4:4] = ["## What it costs", _costs(card["costs"])]
    return "\n\n".join(parts) + "\n"


def limits_of(
    *, left_out: Sequence[tuple[int, str]], pool: int, contested: int, converged: bool, status: str, at_chance: bool,
    rows_by_class: dict[str, int], unseen: Sequence[str], sources: Sequence[str], chosen: Sequence[str] = (),
) -> list[str]:  # fmt: skip
    """What the model cannot do or has not seen, one sentence each."""
    found = []
    if not converged:
        found.append(f"The solver did not converge: {status} Do not use it.")
    if at_chance:
        found.append("Out of fold it is no better than chance. Do not use it.")
    found += [f"It has not learned from items of the pool that {why}: {n:,}." for n, why in left_out]
    if contested and pool:
        found.append(
            f"{contested:,} of {pool:,} pool items ({contested / pool:.1%}) are contested: annotators, near-copies or "
            "experts disagree."
        )
    for name, n in rows_by_class.items():
        if n == 0:
            found.append(f"It has no row of the class {name!r} and never predicts it.")
        elif n < FEW_ROWS:
            found.append(f"Only {n} of its rows are of the class {name!r}; what it says of that class is a guess.")
    if sources:
        found.append(f"It learned from the sources {', '.join(sources)}; expect less of it on any other.")
    if unseen:
        found.append(f"Production has sources it has not seen: {', '.join(unseen)}.")
    if chosen:
        found.append(f"Chosen on these very rows, which flatters its scores a little: {', '.join(chosen)}.")
    found.append("Its scores are against labels that may be wrong; only a comparison on production is proof.")
    found.append("A probability is the model's own opinion. Check it on labels you trust before you rely on it.")
    return found


def _about(card: Card) -> str:
    classes = ", ".join(f"{name} ({n:,})" for name, n in card["rows_by_class"].items())
    fields = ", ".join(f"{name} ({kind})" for name, kind in card["fields"])
    return (
        f"It answers “{card['dataset']['question']}” from {fields}.\n\n"
        f"- Recipe: {card['recipe']}\n- Trained: {card['trained_at']}\n- Rows: {card['rows']:,}; by class: {classes}\n"
        f"- SHA-256 of the rows: `{card['data_sha256']}`\n- Parameter hash: `{card['parameter_hash']}`\n"
        f"- Solver: {card['solver_status']}"
    )


def _scores(card: Card) -> str:
    lines = ["| out of fold | value | 95 % interval | n |", "|---|---:|---:|---:|"]
    lines += [
        f"| {one['name']} | {one['value']:.4f} | {one['low']:.4f} to {one['high']:.4f} | {one['n']:,} |"
        for one in card["metrics"]
    ]
    table = "\n".join(lines)
    return f"{table}\n\n*Out of fold*: each row judged by a model that saw neither it nor a near-copy of it."


def _costs(costs: CardCosts) -> str:
    head = f"{costs['unit']} per 1,000 items, out of fold, by the costs of version {costs['version']}.\n\n"
    lines = ["| rule | cost | 95 % interval | n |", "|---|---:|---:|---:|"]
    for rule in costs["rules"]:
        money = rule["validation"]["per_thousand"]
        name = f"always {quoted(rule['class'])}" if rule["class"] else RULES[rule["rule"]]
        limits = f"{money['low']:.4g} to {money['high']:.4g}"
        lines.append(f"| {name} | {money['value']:.4g} | {limits} | {rule['validation']['n']:,} |")
    return head + "\n".join(lines) + _threshold(costs["threshold"])


def _threshold(one: ThresholdJson | None) -> str:
    if one is None or one["never"]:
        return ""
    return (
        f"\n\nThe threshold: {one['class']} from a probability of {one['value']:.4f} on ({one['low']:.4f} to "
        f"{one['high']:.4f}); the costs alone say {one['by_theory']:.4f}."
    )


RULES = {
    "likeliest": "likeliest class", "cheapest": "class of least expected cost",
    "threshold": "threshold chosen out of fold", "constant": "one class for all",
}  # fmt: skip


def _production(comparisons: Sequence[CardComparison]) -> str:
    if not comparisons:
        return "It has not been compared on production: nobody knows yet what it is worth there."
    return _bullets(
        f"As *{one['side']}* against {one['other']}: {one['verdict']}, {one['difference']} {one['counted_in']} "
        f"({one['interval']}), n = {one['n']:,}, look {one['look']} of {one['planned_looks']}, labelled by "
        f"{', '.join(one['labelled_by']) or 'nobody on record'}."
        for one in comparisons
    )


def _settings(card: Card) -> str:
    return _bullets(
        f"`{key}`: {value}" for key, value in sorted(card["resolved"].items()) if key not in SHOWN_ELSEWHERE
    )


# Settings that stand under a heading of their own.
SHOWN_ELSEWHERE = ("classes", "fields", "rows")


def _loading(card: Card) -> str:
    example = {name: [0.0 if kind == "number" else "…"] for name, kind in card["fields"]}
    block = (LOAD_ALONE if card["model"] == "model.skops" else LOAD_HERE).replace("{table}", repr(example))
    return f"{block}\n\n{_bullets(f'{name} {version}' for name, version in sorted(card['environment'].items()))}"


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
