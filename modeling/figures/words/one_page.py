"""A comparison on one page, for somebody who never saw the app: the same sentences and tables for HTML and Markdown."""

from dataclasses import dataclass

from modeling.core.proving.proof import EXPECTED_COST
from modeling.core.proving.report_json import DoneJson, ReportJson
from modeling.core.proving.slices import slice_verdict
from modeling.core.proving.stored import SideScores, SliceChange
from modeling.figures.words.comparisons import (
    plain_span,
    proved,
    proved_span,
    unit_words,
    units_words,
    verdict_words,
    worth_words,
)
from modeling.figures.words.numbers import p_words, percent, signed, signed_span, span

# Slices shown of each kind; the rest is in the JSON.
MOST_SLICES = 4
WAYS = {
    "queue": "came from the queue, in order of suspicion", "random": "were drawn at random",
    "similar": "were found as similar to another", "finding": "were opened from a finding or a rule",
    "reopened": "were asked again", "file": "came from a file",
}  # fmt: skip


@dataclass(frozen=True)
class PageTable:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PagePart:
    title: str
    sentences: tuple[str, ...] = ()
    table: PageTable | None = None


@dataclass(frozen=True)
class OnePage:
    """figures: the part that a chart may stand in for on paper; parts: all others, in order."""

    heading: str
    sentence: str
    figures: PagePart | None
    parts: tuple[PagePart, ...]
    footer: str


def one_page(report: ReportJson, *, has_figures: bool) -> OnePage:
    """Every number in it is one of the report's, rounded."""
    parts = [_compared(report), _on_what(report, has_figures)]
    parts += [_flips(report)] if has_figures else []
    parts += [_done(report["done"])] if report["done"] else []
    parts += _where(report) if has_figures else []
    parts.append(PagePart("What this cannot say", tuple(report["cannot_say"])))
    figures = _figures(report) if has_figures else None
    return OnePage(report["heading"], report["in_one_sentence"], figures, tuple(parts), _footer(report, has_figures))


def as_markdown(page: OnePage) -> str:
    """The page as Markdown, a heading for each part."""
    lines = [f"# {_plain(page.heading)}", "", f"**{_plain(page.sentence)}**", ""]
    for part in (*filter(None, [page.figures]), *page.parts):
        lines += [f"## {_plain(part.title)}", ""]
        if part.table:
            lines += [*_table_lines(part.table), ""]
        lines += [line for sentence in part.sentences for line in (_plain(sentence), "")]
    return "\n".join([*lines, f"_{_plain(page.footer)}_", ""])


def _table_lines(table: PageTable) -> list[str]:
    rows = [table.head, tuple("---" for _ in table.head), *table.rows]
    return ["| " + " | ".join(_plain(cell).replace("|", r"\|") for cell in row) + " |" for row in rows]


def _plain(text: str) -> str:
    """What a name or a sentence must not be read as: markup."""
    for sign in ("\\", "*", "_", "`", "<", "["):
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.replace("\u00a0", " ").split())


def _compared(report: ReportJson) -> PagePart:
    rows = []
    for key, name in (("before", "Before"), ("after", "After")):
        side = report["sides"][key]
        learned = f"{side['rows']:,} rows" if side["rows"] is not None else "not known"
        rows.append((name, side["name"], side["recipe"] or "a model from elsewhere", learned))
    differ = report["settings_differ"]
    if differ is None:
        said = "A side is a model from elsewhere: the difference can’t be put down to the labels."
    elif differ:
        said = f"The settings differ too ({'; '.join(differ)}): the difference is not the labels’ alone."
    else:
        said = "Same recipe and same regularization: only the labels it learned from differ."
    asked = f"Both answer the same question about each item: “{report['question']}”"
    return PagePart("What was compared", (asked, said), PageTable(("", "Model", "Recipe", "Learned from"), tuple(rows)))


def _on_what(report: ReportJson, has_figures: bool) -> PagePart:
    production = report["production"]
    units = units_words(report["n"], report.get("method")) if has_figures else f"{production['rows']:,} rows"
    sources = ", ".join(f"{name} {n:,}" for name, n in production["sources"].items())
    by = ", ".join(production["labelled_by"]) or "nobody on record"
    share = percent(production["share"]) if production["share"] else "none"
    return PagePart("On what", (
        f"{units} from production that no model learned from"
        f"{f' ({sources})' if len(production['sources']) > 1 else ''}, frozen on {production['frozen_at'][:10]} under "
        f"the hash {production['sha256'][:12]}. Their true labels are by {by}; {share} of them by people who also "
        "relabelled what the model learned from.",
    ))  # fmt: skip


def _figures(report: ReportJson) -> PagePart:
    difference, level = report["difference"], report.get("method")
    rows = [
        (name, _share(side), percent(side["macro_f1"]), f"{report['n']:,}")
        for name, side in (("Before", report["before"]), ("After", report["after"]))
    ]
    rows.append(("Difference, points", _points(report, "accuracy"), _points(report, "macro_f1"), f"{report['n']:,}"))
    said = [
        f"{verdict_words(report['verdict']).capitalize()}: {proved(difference)} {unit_words(difference)}, interval "
        f"{proved_span(difference)}. This interval allows for {report['planned_looks']} readings of these rows; read "
        f"alone, the {_level(level['level'] if level else 0.95)} interval is {plain_span(difference)}."
    ]
    said += [sentence for sentence in (worth_words(report),) if sentence]
    if report.get("reason"):
        said.append(report["reason"])
    return PagePart("How right both are", tuple(said), PageTable(("", "Accuracy", "Macro F1", "n"), tuple(rows)))


def _share(scores: SideScores) -> str:
    return f"{percent(scores['accuracy'])} ({span(scores['accuracy_low'], scores['accuracy_high'])})"


def _points(report: ReportJson, metric: str) -> str:
    difference = report["difference"]
    if metric == difference["metric"]:
        return f"{signed(difference['value'])} ({proved_span(difference)})"
    return signed(difference["accuracy"] if metric == "accuracy" else difference["macro_f1"])


def _level(level: float) -> str:
    return f"{round(100 * level, 2):g} %"


def _flips(report: ReportJson) -> PagePart:
    mended, broken = report["wrong_to_right"], report["right_to_wrong"]
    said = f"{mended:,} mended (wrong before, right after), {broken:,} broken (right before, wrong after)"
    if counts := report.get("flips"):
        said += f", {counts['changed_wrong']:,} changed though both are wrong"
    method = report.get("method")
    test = method["test"] if method else "McNemar"
    return PagePart("Rows that changed", (f"{said}; {p_words(report['mcnemar_p'])} ({test}).",))


def _where(report: ReportJson) -> list[PagePart]:
    kinds = (("class ", report.get("by_class", [])), ("source ", report["slices"]), ("", report.get("by_distance", [])))
    rows = [
        (f"{kind}{one['slice']}", f"{one['n']:,}", percent(one["before"]), percent(one["after"]),
         f"{signed(one['difference'])} ({signed_span(one['low'], one['high'])})", _small_verdict(one, report))
        for kind, slices in kinds
        for one in slices[:MOST_SLICES]
    ]  # fmt: skip
    if not rows:
        return []
    said = "Accuracy by true class, by source and by likeness to the nearest item learned from; the intervals are "
    said += "corrected for the number of parts of each kind."
    if any(len(slices) > MOST_SLICES for _, slices in kinds):
        said += " The largest parts are shown, the others are in the JSON."
    head = ("Part", "Rows", "Before", "After", "Difference", "")
    return [PagePart("Where it changed", (said,), PageTable(head, tuple(rows)))]


def _small_verdict(one: SliceChange, report: ReportJson) -> str:
    difference = report["difference"]
    worthwhile = report.get("worthwhile") if difference["metric"] != EXPECTED_COST else None
    return verdict_words(slice_verdict(one, worthwhile))


def _done(done: DoneJson) -> PagePart:
    title = "What was done in between"
    if not done["decisions"]:
        return PagePart(title, (f"No decision; {done['labels_changed']:,} training labels differ.",))
    by = ", ".join(f"{name} {n:,}" for name, n in done["by"].items())
    ways = ", ".join(f"{n:,} {WAYS[way]}" for way, n in done["ways"].items())
    return PagePart(title, (
        f"{done['decisions']:,} decisions ({by}); {done['labels_changed']:,} training labels differ. How the answers "
        f"came about: {ways}.",
    ))  # fmt: skip


def _footer(report: ReportJson, has_figures: bool) -> str:
    said = f"Comparison {report['comparison']} of {report['dataset']}, {report['made_at'][:10]}"
    method = report.get("method")
    if not has_figures or method is None:
        return f"{said}."
    seeds = ", ".join(map(str, method["training_seeds"]))
    draws = f"{method['draws']:,} draws, seed {method['seed']}" if method["draws"] else "by formula"
    return (
        f"{said}, reading {report['looks']} of {report['planned_looks']} planned. Interval: {method['interval']}, "
        f"{draws}; level {_level(method['level_planned'])}; unit {method['unit']}; test: {method['test']}"
        f"{f'; training seeds {seeds}' if seeds else ''}."
    )
