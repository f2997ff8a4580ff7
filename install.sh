#!/bin/sh
# Usage: install.sh REQUIREMENTS PYTHON — the environment in .venv/, with uv where there is one and pip where not, and
# the compiled kernels beside it.
# REQUIREMENTS names every package: with dependencies, pip would ask for a newer release of one that another wants with
# an extra, and refuse it for having no hash.
set -eu
requirements=$1
python=$2

fail() {
  echo "$1" >&2
  exit 1
}

if command -v uv >/dev/null 2>&1; then
  [ -x .venv/bin/python ] || uv venv --quiet --python 3.11 .venv ||
    fail "No Python 3.11 was found; install python3.11 and run make again."
  uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes -r "$requirements" ||
    fail "The packages in $requirements could not be installed; see the lines above, then run make again."
else
  command -v "$python" >/dev/null 2>&1 || fail "No $python was found; install python3.11 and run make again."
  [ -x .venv/bin/pip ] || "$python" -m venv .venv ||
    fail "The environment could not be made; install python3.11-venv and run make again."
  .venv/bin/pip install --quiet --no-compile --disable-pip-version-check --no-deps --require-hashes -r "$requirements" ||
    fail "The packages in $requirements could not be installed; see the lines above, then run make again."
fi

.venv/bin/python -m config.kernels || fail "The kernels could not be compiled; see the lines above, then run make again."
