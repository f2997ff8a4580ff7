"""The docs say what is there: commands, make targets, settings, keys, methods, links; and the README's example runs."""

import csv
import json
import random
import re
import shlex
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands, load_command_class

from annotation.core.detectors import DETECTORS
from annotation.templatetags.stages import STAGES
from modeling.core.learners import LEARNERS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")] + sorted(ROOT.glob("docs/*.md"))
OPERATOR = (ROOT / "docs/operator.md").read_text()
METHODS = (ROOT / "docs/methods.md").read_text()
EXPERT = (ROOT / "docs/expert.md").read_text()
APPS = ("annotation", "modeling")
OURS = {name: app for name, app in get_commands().items() if app in APPS}
# Not read from the environment by the site itself.
OF_THE_CHECKS = {"SECONDLOOK_SHARED"}


def code_of(text):
    """Every piece of code in a page: lines of blocks without their comments, and what stands between backticks."""
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
    lines = [re.sub(r"\s#\s.*", "", line).strip() for block in blocks for line in block.splitlines()]
    inline = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [" ".join(piece.split()) for piece in lines + inline if piece]


def commands_in(text):
    """(command, its options) wherever a page spells out `manage.py NAME …`, or `NAME …` of a command of ours."""
    for piece in code_of(text):
        spelled = re.search(r"manage\.py ([a-z_]+)(.*)", piece)
        name, _, rest = piece.partition(" ")
        if spelled:
            name, rest = spelled.groups()
        if spelled or (name in OURS and rest):
            yield name, re.findall(r"(?<!\S)(--[a-z-]+)", rest)


def options_of(name):
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    return {option for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_exist(page):
    for name, options in commands_in(page.read_text()):
        assert name in get_commands(), f"{page.name} names manage.py {name}"
        assert set(options) <= options_of(name), f"{page.name} gives {name} {options}"


def test_every_command_of_ours_is_in_the_docs():
    text = "\n".join(page.read_text() for page in PAGES)
    missing = [name for name in OURS if not re.search(rf"manage\.py {name}\b|`{name}\b", text)]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for piece in code_of(page.read_text()) for target in re.findall(r"(?:^|\s)make ([a-z-]+)", piece)}
    assert named <= targets


def test_settings_are_those_the_operator_reads_of():
    settings = (ROOT / "config/settings.py").read_text()
    pattern = r"\b(?:SECONDLOOK_[A-Z_]+|DATABASE_URL|REDIS_URL)\b"
    read = set(re.findall(rf'(?:env_\w+\(|environ\.get\()"({pattern})"', settings))
    rows = set(re.findall(rf"^\| `({pattern})` \|", OPERATOR, re.MULTILINE))
    assert len(read) > 10
    assert rows == read
    by_file = {f"{name}_FILE" for name in re.findall(rf'env_secret\("({pattern})"', settings)}
    assert set(re.findall(r"\bSECONDLOOK_[A-Z_]+\b", OPERATOR)) <= read | by_file | OF_THE_CHECKS
    for path in (ROOT / "docker-compose.yml", *(ROOT / "deploy").rglob("*.*")):
        assert set(re.findall(r"SECONDLOOK_[A-Z_]+", path.read_text())) <= read | by_file, path


def test_numeric_defaults_are_those_of_the_settings():
    settings = (ROOT / "config/settings.py").read_text()
    for name, default in re.findall(r'env_(?:number|whole)\("(\w+)", ([\d.]+)[,)]', settings):
        assert f"| `{name}` | `{default}` |" in OPERATOR


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        assert linked.is_file(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(linked), f"{page.name} links to {target}"


def anchors(page):
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page):
    for piece in code_of(page.read_text()):
        if re.fullmatch(r"(annotation|modeling|config|tests|templates|docs|bench)/[\w/.]+\.(py|md|html)", piece):
            assert "NAME" in piece or (ROOT / piece).exists(), f"{page.name} names {piece}"


@pytest.mark.parametrize("name", [*DETECTORS, *LEARNERS])
def test_every_detector_and_learner_is_described(name):
    for part in ("- Formula: ", "- Source: ", "- Misleads: "):
        assert part in section_of(name), f"the section `{name}` has no line {part!r}"


def section_of(name):
    section = re.search(rf"^### `{name}`\n(.*?)(?=^##)", METHODS, re.MULTILINE | re.DOTALL)
    assert section, f"docs/methods.md has no section `{name}`"
    return section.group(1)


def test_what_is_described_is_there():
    described = set(re.findall(r"^### `(\w+)`$", METHODS, re.MULTILINE))
    assert described == {*DETECTORS, *LEARNERS}


def test_weights_and_thresholds_are_those_in_use():
    for name, detector in DETECTORS.items():
        assert f"{detector.prior:g} {name}".removeprefix("0") in METHODS
        flagged = "Flagged above " + (f"{detector.flag_above:g}".removeprefix("0") or "0")
        assert flagged in section_of(name) or name == "count_rule"


def test_keys_are_those_of_the_page():
    """Each key of the help stands in the table with the same words."""
    help_page = " ".join((ROOT / "templates/annotation/expert/_keys.html").read_text().split())
    rows = re.findall(r"<tr> ?<td> ?(.*?) ?</td> ?<td> ?(.*?) ?</td> ?</tr>", help_page)
    assert len(rows) > 5
    for keys, words in rows:
        row = f"| {plain(keys)} | {plain(words)} |"
        assert row in EXPERT, f"docs/expert.md has no row {row}"


def plain(html):
    return html.replace("<kbd>", "`").replace("</kbd>", "`")


def test_every_page_of_the_menu_has_a_section():
    lead = (ROOT / "docs/lead.md").read_text()
    for title in (page.title for pages in STAGES.values() for page in pages):
        assert re.search(rf"\n##+ {title}\n", lead + EXPERT), title


# ---- the README's example

SENTENCES = {
    "access": ("I cannot log in", "my password is refused", "the account is locked", "the reset mail never came"),
    "payment": ("I was charged twice", "the invoice is wrong", "my card was declined", "the refund has not come"),
}


def tickets(first, n, wrong_every=0, annotators=True):
    """Rows that are no near-copies of one another; every so many carry the other class."""
    rng, names = random.Random(first), list(SENTENCES)
    for number in range(n):
        own = names[number % 2]
        noise = " ".join("".join(rng.choices("bdfgklmnprstvaeiou", k=7)) for _ in range(8))
        wrong = wrong_every and number % wrong_every == 0
        row = {
            "ticket": f"T{first + number}",
            "body": f"{rng.choice(SENTENCES[own])} {noise}",
            "category": names[1 - number % 2] if wrong else own,
            "channel": "mail",
        }
        yield row | ({"who": rng.choice(("ann", "bob"))} if annotators else {})


def write(path, rows):
    rows = list(rows)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def example_lines():
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"<!-- example: .*? -->\n```\n(.*?)```", text, re.DOTALL)
    lines = [re.sub(r"\s#\s.*", "", line).strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[2:] for line in lines if "manage.py" in line and not line.endswith("migrate")]


def decide_in_the_file():
    """What a person does between the two halves: a column `decision` with what the file suggests."""
    with Path("cases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    write(Path("decided.csv"), ({**row, "decision": row["suggested_label"]} for row in rows))


def printed(arguments):
    out = StringIO()
    call_command(*arguments, *([] if "--json" in arguments else ["--json"]), stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_the_example_of_the_readme_runs(tmp_path, monkeypatch, settings):
    settings.UPLOADS_DIR = tmp_path
    monkeypatch.chdir(tmp_path)
    write(Path("tickets.csv"), tickets(0, 100, wrong_every=9))
    write(Path("trusted.csv"), tickets(5000, 30, annotators=False))
    results = {}
    for arguments in example_lines():
        if arguments[0] == "import_decisions":
            decide_in_the_file()
        results.setdefault(arguments[0], []).append(printed(arguments))
    assert results["import_items"][0]["items"] == 100
    assert [run["run"] for run in results["train"]] == [1, 2]
    assert results["snapshot"][0]["snapshot"] == 2
    assert results["import_decisions"][0]["decisions"] > 0
    assert results["compare"][0]["n"] == 30
    assert results["export_labels"][0]["rows"] == 130
    assert Path("labels.csv").read_text().startswith("item_id,")
