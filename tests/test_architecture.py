"""The import rule: urls → views, commands → actions → frames, access, bulk → models → core; tasks → actions."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APPS = ("annotation", "modeling")
SOURCES = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
# Layer of a module by the first part of its path inside the app; a module imports only layers to its right.
LAYERS = {
    "urls": 0, "apps": 0, "admin": 1, "views": 1, "management": 1, "tasks": 1, "api": 1, "templatetags": 2, "forms": 2,
    "charts": 2, "actions": 3, "frames": 4, "access": 4, "bulk": 4, "models": 5, "core": 6,
}  # fmt: skip
BRIDGE = {"models", "actions", "frames", "access", "bulk", "core", "management"}


def imports(path):
    """Dotted names a file imports, `from a.b import c` as a.b.c, and whether the import is inside a function."""
    tree = ast.parse(path.read_text())
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", id(node) in top) for alias in node.names)


def layer(parts):
    return parts[1].removesuffix(".py") if len(parts) > 1 else ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_rightwards_only(path):
    parts = path.relative_to(ROOT).parts
    app, own = parts[0], layer(parts)
    for name, at_top in imports(path):
        other = name.split(".")
        assert at_top or own == "apps", f"{name} is imported inside a function"
        assert other[0] != "config", "config is imported by nobody"
        if own == "core":
            assert other[0] != "django", f"core imports {name}"
        if other[0] not in APPS or len(other) < 2:
            continue
        assert not (app == "annotation" and other[0] == "modeling"), "annotation never imports modeling"
        assert other[1] != "tasks", "nothing imports tasks"
        if other[0] == app and own in LAYERS and other[1] in LAYERS:
            assert LAYERS[own] <= LAYERS[other[1]], f"{own} imports {name}"
        if app == "modeling" and other[0] == "annotation" and own != "views":
            assert other[1] in BRIDGE, f"modeling imports {name}"
        if own == "core" and other[0] in APPS:
            assert other[1] == "core", f"core imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_under_400_lines_and_never_pickle(path):
    text = path.read_text()
    assert text.count("\n") < 400
    assert "pickle" not in {name.split(".")[0] for name, _ in imports(path)}


def test_pages_load_nothing_from_elsewhere():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert "http://" not in text.replace("http://www.w3.org", "") and "https://" not in text, path
        assert "<script>" not in text and "onclick=" not in text, path
