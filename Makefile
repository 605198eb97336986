# `make up` starts Tayori with the rehearsal internet; `make test` checks everything.
# PYTHON names the interpreter (3.11 or newer), VENV the environment that is made.

# The first that runs and is new enough: a name in the PATH may be a shim of a version manager that has no such version.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && exit; done; echo python3)
VENV ?= .venv
BIN = $(VENV)/bin
ARGS ?=

.PHONY: up test demo bench console console-lint wheel lint types imports unit fuzz requests crash day reference clean

up: $(VENV)/.installed
	@scripts/build-console
	@$(BIN)/tayori up --rehearsal $(ARGS)

test: $(VENV)/.dev-installed
	@scripts/install-test-servers
	@scripts/build-console
	@$(MAKE) --no-print-directory lint console-lint types imports unit

demo: $(VENV)/.dev-installed
	@$(BIN)/python -m demo $(ARGS)

bench: $(VENV)/.dev-installed
	@scripts/install-test-servers
	@$(BIN)/python -m pip install --quiet --group bench
	@$(BIN)/python -m bench $(ARGS)

# The pages of the console (console/), into the package. Built by `make up` and `make test` where something has changed.
console: $(VENV)/bin/python
	@scripts/build-console

console-lint:
	cd console && node_modules/.bin/tsc --noEmit && node_modules/.bin/biome ci --error-on-warnings .

wheel: $(VENV)/.dev-installed console
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

# Tests of a module share its service and its browser, in their order, and so a worker. Whole services and browsers keep
# two cores busy, and come last; the other tests wait for disks and databases half of their time.
unit:
ifeq ($(strip $(ARGS)),)
	$(BIN)/pytest -n 4 --dist loadfile --ignore=tests/system --ignore=tests/console
	$(BIN)/pytest -n 2 --dist loadfile tests/system tests/console
else
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)
endif

# Each fuzzer for SECONDS; ARGS names some of them. A short run of each is part of `make unit`.
SECONDS ?= 60
fuzz: $(VENV)/.dev-installed
	@$(BIN)/python -m pip install --quiet --group fuzz || echo "without Atheris: inputs are mutated blindly"
	@$(BIN)/python -m fuzz --seconds $(SECONDS) $(ARGS)

# REQUESTS requests for each operation of the API, made from the models, on both databases; some are part of `make unit`.
REQUESTS ?= 200
requests: $(VENV)/.dev-installed
	@TAYORI_REQUESTS=$(REQUESTS) $(BIN)/pytest -n 0 --timeout 3600 tests/api/test_any_request.py $(ARGS)

# The whole crash matrix (docs/crash-matrix.md) in RUNS runs; twelve of them are part of `make unit`.
RUNS ?= 500
crash: $(VENV)/.dev-installed
	@TAYORI_CRASH_RUNS=$(RUNS) $(BIN)/pytest -n 0 -s tests/system/test_crash_matrix.py $(ARGS)

# HOURS of mixed mail on a clock that runs 300 times as fast.
HOURS ?= 24
day: $(VENV)/.dev-installed
	@TAYORI_DAY_HOURS=$(HOURS) $(BIN)/pytest -n 0 -s tests/system/test_simulated_day.py $(ARGS)

# docs/reference/ from the declarations in the code, docs/bestiary.md from its tests' data; tests hold them current.
reference: $(VENV)/.dev-installed
	@$(BIN)/python scripts/reference_pages.py
	@PYTHONPATH=tests/delivery $(BIN)/python tests/delivery/bestiary/bestiary_page.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Tayori needs Python 3.11 or newer; say make PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev-installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) dist console/node_modules src/tayori/console/static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .fuzz
