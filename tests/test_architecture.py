"""The import rule: urls → views, commands → forms, reports → actions → reading → figures → frames, access, bulk,
often → models → core; tasks → actions. Each module stands in a layer, and no two import each other in a circle."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APPS = ("annotation", "modeling")
SOURCES = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
# Layer of a module by the first part of its path inside the app; a module imports only layers to its right or its own.
LAYERS = {
    "urls": 0, "apps": 0, "runners": 0, "views": 1, "api": 1, "management": 1, "admin": 1, "tasks": 1,
    "forms": 2, "reports": 2, "templatetags": 2, "demo": 2, "actions": 3, "reading": 4, "figures": 5,
    "frames": 6, "access": 6, "bulk": 6, "often": 6, "models": 7, "core": 8,
}  # fmt: skip
# What modeling may import of annotation; its doors may use annotation's doors too.
BRIDGE = {"models", "actions", "reading", "frames", "access", "bulk", "core"}
DOORS = {"views", "management", "admin", "forms", "templatetags"}
PURE = {"figures": {"figures", "core"}, "core": {"core"}}
MOST_FILES = 18


@cache
def imports(text):
    """Dotted names a file imports, `from a.b import c` as a.b.c, and whether the import is at the top level."""
    tree = ast.parse(text)
    top = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(f"{node.module}.{alias.name}", id(node) in top) for alias in node.names]
    return found


def layer_of(module):
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def wrong_imports(module, text):
    """What a module of that name and text does against the rule, a sentence each."""
    app, own = module.split(".")[0], layer_of(module)
    if own not in LAYERS:
        return [] if module in APPS else [f"{module} stands in no layer"]
    wrong = []
    for name, at_top in imports(text):
        other, theirs = name.split(".")[0], layer_of(name)
        if not at_top and own != "apps":
            wrong.append(f"{module} imports {name} inside a function")
        if other == "config":
            wrong.append(f"{module} imports config")
        if other == "django" and own in PURE:
            wrong.append(f"{own} is pure, and {module} imports {name}")
        if other in APPS:
            wrong += _between(app, own, other, theirs, f"{module} imports {name}")
    return wrong


def _between(app, own, other, theirs, said):
    if theirs not in LAYERS:
        return [f"{said}, which stands in no layer"]
    if theirs in ("tasks", "runners") or (app, other) == ("annotation", "modeling"):
        return [said]
    if own in PURE and theirs not in PURE[own]:
        return [f"{said}, and {own} is pure"]
    if app != other and theirs not in BRIDGE | (DOORS if own in DOORS else set()):
        return [said]
    return [said] if LAYERS[own] > LAYERS[theirs] else []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_module_stands_in_a_layer_and_imports_rightwards_only(path):
    assert wrong_imports(module_of(path), path.read_text()) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("annotation.models.item", "from annotation.reading.finding_kinds import by_kind"),
        ("annotation.models.item", "from annotation.forms.people import PeopleForm"),
        ("annotation.reading.findings", "from annotation.views import jobs"),
        ("annotation.reading.findings", "from annotation.actions.queue.decide import decide"),
        ("annotation.actions.snapshot", "from annotation.templatetags import house"),
        ("annotation.core.fields", "from annotation.models import Item"),
        ("annotation.core.fields", "from django.conf import settings"),
        ("annotation.access", "from modeling.models import ModelRun"),
        ("annotation.views.jobs", "from annotation.tasks import work"),
        ("modeling.models", "from modeling.figures.words.recipes import recipe_words"),
        ("modeling.figures.words.recipes", "from modeling.views import runs"),
        ("modeling.figures.words.recipes", "from modeling.models import ModelRun"),
        ("modeling.actions.proving.compare", "from modeling.reports import report_on"),
        ("modeling.actions.proving.compare", "from annotation.views import cases"),
        ("modeling.actions.proving.compare", "from config import settings"),
        ("modeling.core.proving.proof", "def f():\n    import numpy"),
        ("annotation.words", "import math"),
    ],
)
def test_a_wrong_import_is_refused(module, line):
    assert len(wrong_imports(module, line)) == 1


def test_no_two_modules_import_each_other_in_a_circle():
    modules = {module_of(path): path.read_text() for path in SOURCES}
    graph = {
        module: {
            known
            for name, _ in imports(text)
            for known in (name, name.rpartition(".")[0])
            if known in modules and known != module
        }
        for module, text in modules.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"These modules import each other in a circle: {' → '.join(error.args[1])}")


def test_a_folder_holds_few_files_of_one_subject_and_says_which():
    folders = {path.parent for path in SOURCES}
    for folder in folders:
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        if folder.name != "commands":
            assert len(files) <= MOST_FILES, f"{folder.relative_to(ROOT)} holds {len(files)} files"
        if folder.parts[-2:-1] != ("management",) and folder.name not in ("management", "templatetags"):
            assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or files == [], folder


def test_one_name_means_one_class():
    where = {}
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name != "Command":
                where.setdefault(node.name, []).append(module_of(path))
    assert {name: modules for name, modules in where.items() if len(modules) > 1} == {}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_under_400_lines_and_never_pickle(path):
    text = path.read_text()
    assert text.count("\n") < 400
    assert "pickle" not in {name.split(".")[0] for name, _ in imports(text)}


def test_no_line_of_a_template_or_a_style_is_longer_than_120():
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").rglob("*.css")]
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > 120
    ]
    assert long == []


def test_pages_load_nothing_from_elsewhere():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert "http://" not in text.replace("http://www.w3.org", "") and "https://" not in text, path
        assert "<script>" not in text and "onclick=" not in text, path
