# missed-call recovery: `make` lists what can be done. Needs Python 3.11 or newer and make, nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# Another Python: make demo PYTHON=/opt/python3.12/bin/python3
PYTHON ?=
VENV ?= .venv
BIN := $(VENV)/bin

# make demo SCENARIO=stop SPEED=30 DEMO_ARGS=--json
SCENARIO ?=
SPEED ?=
DEMO_ARGS ?=

# make test PYTEST_ARGS="-k windows"
PYTEST_ARGS ?=
# One worker a core; WORKERS=0 runs in one process.
WORKERS ?= auto

# A choice of tests may leave one of the two runs without any: pytest then ends with 5.
OR_NONE = $(if $(PYTEST_ARGS),|| test $$? -eq 5)

INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --no-input --constraint requirements.lock
INPUTS := pyproject.toml requirements.lock

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.ready-to-run ## Play a missed call and its recovery against local stand-ins (SCENARIO=stop, SPEED=30)
	@$(BIN)/recovery demo $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(SPEED),--speed $(SPEED)) $(DEMO_ARGS)

.PHONY: setup
setup: $(VENV)/.ready-to-develop ## Create .venv with everything that development needs

.PHONY: test
test: $(VENV)/.ready-to-develop ## The whole suite, on SQLite and on a PostgreSQL that the tests start
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not alone and not n8n" $(PYTEST_ARGS) $(OR_NONE)
	$(BIN)/python -m pytest -m alone $(PYTEST_ARGS) $(OR_NONE)

.PHONY: controls
controls: $(VENV)/.ready-to-develop ## That the judge of the domain's histories misses no rule: each is switched off (minutes)
	RECOVERY_ALL_CONTROLS=1 $(BIN)/python -m pytest -n $(WORKERS) tests/property/test_domain_controls.py

# Two workers, each with an n8n of its own: most of a scenario is waiting for n8n, which looks at its waits once a minute.
.PHONY: test-n8n
test-n8n: $(VENV)/.ready-to-develop ## The shipped n8n workflows in a real n8n (installs it once: 3 GB, some minutes)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m n8n $(PYTEST_ARGS)

.PHONY: pictures
pictures: $(VENV)/.ready-to-develop ## Photograph the n8n workflows in n8n's editor for their README (needs Chromium)
	$(BIN)/python -m tests.flows.n8n.pictures

.PHONY: lint
lint: $(VENV)/.ready-to-develop ## Style, format, types, who imports whom, and our own flows
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/recovery lint n8n-workflows make-blueprints --max-warnings 0

.PHONY: format
format: $(VENV)/.ready-to-develop ## Put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: bench
bench: $(VENV)/.ready-to-develop ## Speed and memory: prints a table, writes build/bench.json
	@mkdir -p build
	$(BIN)/python -m tests.benchmarks --output build/bench.json

.PHONY: openapi
openapi: $(VENV)/.ready-to-develop ## Write schemas/openapi.json anew from the code
	$(BIN)/recovery openapi --output schemas/openapi.json

.PHONY: build
build: $(VENV)/.ready-to-develop ## Build sdist and wheel into dist/
	$(BIN)/python -m build --no-isolation

.PHONY: lock
lock: ## Write requirements.lock anew, with the newest versions that pyproject.toml allows
	@$(MAKE) --no-print-directory VENV=build/lock-venv build/lock-venv/bin/python
	build/lock-venv/bin/python -m pip install --disable-pip-version-check --no-input --upgrade --editable '.[dev]'
	@{ sed -n '/^#/p' requirements.lock; \
	   build/lock-venv/bin/python -m pip freeze --exclude-editable; } > build/requirements.lock
	@mv build/requirements.lock requirements.lock && rm -rf build/lock-venv

.PHONY: clean
clean: ## Remove .venv and everything that was built
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------------------------------------ the environment

# Both stamps are older than what they were made from when pyproject.toml or the lock changes; pip then only adds
# what is missing.

$(VENV)/.ready-to-run: $(INPUTS) | $(BIN)/python
	@echo "Installing what the sidecar needs into $(VENV) (once; about a minute) ..."
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.ready-to-develop: $(INPUTS) | $(BIN)/python
	@echo "Installing what the sidecar and its tests need into $(VENV) (once; about two minutes) ..."
	$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.ready-to-run

$(BIN)/python:
	@found=; \
	for candidate in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Python 3.11 or newer is needed; found: $$($(or $(PYTHON),python3) --version 2>&1 | head -n 1)." >&2; \
	  echo "Install one (https://www.python.org/downloads/) or name it: make PYTHON=/path/to/python3.12 ..." >&2; \
	  exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	  echo "$$($$found --version) here comes without venv (Debian and Ubuntu ship it as a package of its own)." >&2; \
	  echo "Remedy: sudo apt-get install python3-venv   (or name another: make PYTHON=/path/to/python3 ...)" >&2; \
	  exit 1; \
	fi; \
	echo "Creating $(VENV) with $$($$found --version) ..."; \
	$$found -m venv $(VENV)
