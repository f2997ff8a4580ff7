# `make up` and `make test` do all the set-up they need. Everything lands in .venv/ and data/.
PORT ?= 8000
ONLY ?=
PYTHON ?= python3.11
BIN := .venv/bin
# Byte code is written where it is first needed: sooner than compiling what nobody imports.
export PYTHONDONTWRITEBYTECODE=

.PHONY: up test coverage mutants install install-dev install-bench lint bench faults lock

up: install
	@exec $(BIN)/python manage.py up --port $(PORT)

test: install-dev
	@sh tests/run.sh

install: .venv/installed
install-dev: .venv/installed-dev
install-bench: .venv/installed-bench

.venv/installed: requirements.txt
	@sh install.sh requirements.txt $(PYTHON)
	@touch $@

.venv/installed-dev: requirements-dev.txt
	@sh install.sh requirements-dev.txt $(PYTHON)
	@touch $@ .venv/installed

# The rivals that `make bench` measures against; nothing else needs them.
.venv/installed-bench: requirements-bench.txt
	@sh install.sh requirements-bench.txt $(PYTHON)
	@touch $@ .venv/installed-dev .venv/installed

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/djangofmt --check --line-length 120 --indent-width 2 templates
	$(BIN)/mypy
	DATABASE_URL= REDIS_URL= $(BIN)/python manage.py makemigrations --check --dry-run

# The suite once more on SQLite, a quarter slower, and the lines that no test reaches.
coverage: install-dev
	DATABASE_URL= REDIS_URL= $(BIN)/python -m pytest -n 2 --cov --cov-report=term:skip-covered

mutants: install-dev
	DATABASE_URL= REDIS_URL= $(BIN)/python -m tests.mutants

bench: install-bench
	$(BIN)/python -m bench $(ONLY)

faults: install-dev
	$(BIN)/python -W ignore -m tests.services $(BIN)/python -m tests.faults

# After a change of dependencies in pyproject.toml.
lock:
	uv lock
	uv export --quiet --frozen --no-dev --no-emit-project --no-header -o requirements.txt
	uv export --quiet --frozen --group dev --no-emit-project --no-header -o requirements-dev.txt
	uv export --quiet --frozen --group dev --group bench --no-emit-project --no-header -o requirements-bench.txt
