"""What needs no mathematics doesn't wait for it: each test is a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"numpy", "pandas", "scipy", "sklearn", "numba", "pyarrow", "skops"}
RUN = """
import sys
from django.core.management import execute_from_command_line
try:
    execute_from_command_line(["manage.py", *sys.argv[1:]])
except SystemExit:
    pass
print(*sys.modules)
"""


@pytest.mark.parametrize(
    "command",
    ["check", "add_member tickets leo --role lead", "cancel tickets 1", "reaper --once", "worker --help", "up --help"],
)
def test_a_command_without_mathematics_loads_none(tmp_path, command):
    done = subprocess.run(
        [sys.executable, "-c", RUN, *command.split()], cwd=ROOT, capture_output=True, text=True, check=True,
        env={
            **os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "SECONDLOOK_DATA_DIR": str(tmp_path),
            "DATABASE_URL": "", "REDIS_URL": "",
        },
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert "annotation.models" in loaded and loaded & HEAVY == set()


def test_a_worker_that_takes_files_in_loads_no_learning(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,text,label\n1,some words,a\n2,other words,b\n")
    code = "import sys; from django.core.management import execute_from_command_line as run"
    code += "\nfor line in sys.argv[1:]: run(['manage.py', *line.split()])\nprint(*sys.modules)"
    lines = ["migrate -v 0", f"import_items d {path} --text text --label label --id id"]
    done = subprocess.run(
        [sys.executable, "-c", code, *lines], cwd=ROOT, capture_output=True, text=True, check=True,
        env={
            **os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "SECONDLOOK_DATA_DIR": str(tmp_path),
            "DATABASE_URL": "", "REDIS_URL": "",
        },
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert "annotation.actions.files.write_items" in loaded and loaded & {"sklearn", "numba", "skops"} == set()


def test_what_check_leaves_out_is_checked_before_it_is_deployed(capsys):
    call_command("check", deploy=True, tags=["urls", "templates", "admin"], fail_level="WARNING")
    assert "no issues" in capsys.readouterr().out
