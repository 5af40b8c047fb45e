# Custody (存证保管). Every target sets up what it needs; a second run starts at once.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 1
# T=path runs a part of the tests; J=1 runs them one after another.
T ?=
J ?= auto
# M="merkle note" changes these modules only.
M ?=
# How many of the made-up papers `make accuracy` reads, and which.
PAPERS ?= 44
SEED ?= 1

VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
# `-P`: a folder named web or workers where you stand must not be taken for ours.
CUSTODY := $(BIN)/python -P -m workers.cli
PACKAGES := integrity intake receipts web workers

SYSTEM := $(STAMPS)/system
SYSTEM_TEST := $(STAMPS)/system-test
RUN := $(VENV)/.packages
DEV := $(VENV)/.packages-dev
MUTATION := build/mutation
FRONT := web/static/vendor/.complete

# The suites that hold the format modules and the verifiers; which modules those are,
# pyproject.toml says.
UNIT := tests/unit/integrity
RECEIPTS := bundle_first_format bundle_layout bundle_second_format bundle_stamps \
  bundle_writer canonical_zip checks claim cli cms_seal forged_history format \
  key_history_checks origin_checks page_image pdf_signature person_checks printable \
  qr rolled_bundle second_reader short_code sm3 token verify_bundle verify_foreign \
  verify_proof verify_receipt verify_text
VECTORS := asic dsse ed25519 merkle notes ots rfc3161 sm3 sshsig tiles
COVERING := $(UNIT) $(foreach name,log erasure durable,--ignore=$(UNIT)/test_$(name).py) \
  $(foreach name,$(RECEIPTS),tests/unit/receipts/test_$(name).py) \
  tests/integration/test_exhibit_erasure.py \
  $(foreach name,$(VECTORS),tests/conformance/test_vectors_$(name).py)

.PHONY: help run test check coverage mutants lint type fmt imports bench accuracy pictures vectors lock front-end system clean

help: ## What can be made here
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) \
	  | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

run: $(SYSTEM) $(RUN) $(FRONT) ## Set up, start everything, print the address (PORT=8000 WORKERS=1)
	@exec $(CUSTODY) up --host $(HOST) --port $(PORT) --workers $(WORKERS)

test: $(SYSTEM_TEST) $(DEV) $(FRONT) ## Set up, run the tests (T=path for a part, J=1 one by one)
	$(BIN)/pytest -n $(J) $(T)

check: lint type imports test ## What must hold before a change is handed in

coverage: $(SYSTEM_TEST) $(DEV) ## Every branch of formats and verifiers is tested, or this fails
	$(BIN)/pytest -n $(J) -q -m "not slow" $(COVERING) --cov

mutants: $(SYSTEM_TEST) $(DEV) ## Every change to a format module is noticed or explained (M=module; long)
	$(BIN)/uv pip install --quiet --target $(MUTATION) --require-hashes --no-deps \
	  -r requirements-mutation.lock
	PYTHONPATH=$(CURDIR)/$(MUTATION) $(BIN)/python scripts/mutants.py $(M)

lint: $(DEV) ## Style of code and of the container file
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile

type: $(DEV) ## Types, strictly
	$(BIN)/mypy

imports: $(DEV) ## Who may import whom
	$(BIN)/lint-imports

fmt: $(DEV) ## Lay the code out and mend what can be mended by rule
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

bench: $(DEV) ## Numbers of this machine
	$(BIN)/python -P -m pytest tests/benchmarks -o python_files='bench_*.py' -o python_functions='bench_*' -q -s

accuracy: $(SYSTEM_TEST) $(DEV) ## How well files are read, into docs/accuracy.md (PAPERS=44 SEED=1)
	$(BIN)/python tests/benchmarks/bench_accuracy.py --bare --write --papers $(PAPERS) --seed $(SEED)

pictures: $(DEV) $(FRONT) ## The pictures of the README, from the running product
	$(BIN)/python -m pytest tests/functional/take_pictures.py -q

vectors: $(DEV) ## Only the public test vectors (../shared/vectors)
	$(BIN)/pytest tests/conformance

lock: $(DEV) ## Resolve the dependencies anew (U=1: to their newest versions)
	$(BIN)/python scripts/lock.py $(if $(U),--upgrade)

front-end: $(FRONT) ## The browser files that others wrote

system: ## System packages, for running (apt)
	scripts/install-system-packages

clean: ## Remove what make made; never the data folder
	rm -rf $(STAMPS) $(VENV) web/static/vendor build *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find $(PACKAGES) tests migrations -name __pycache__ -type d -prune -exec rm -rf {} +

$(SYSTEM): scripts/install-system-packages
	@mkdir -p $(STAMPS)
	scripts/install-system-packages
	@touch $@

$(SYSTEM_TEST): scripts/install-system-packages
	@mkdir -p $(STAMPS)
	scripts/install-system-packages --test
	@touch $@

# Order-only: a missing python3-venv is one of the system packages.
$(RUN): requirements.lock pyproject.toml scripts/install-python-packages | $(SYSTEM)
	PYTHON=$(PYTHON) scripts/install-python-packages requirements.lock
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml scripts/install-python-packages | $(SYSTEM_TEST)
	PYTHON=$(PYTHON) scripts/install-python-packages requirements-dev.lock
	@touch $@ $(RUN)

$(FRONT): package-lock.json scripts/front-end.sha256 scripts/install-front-end | $(RUN)
	scripts/install-front-end $(BIN)/python
	@touch $@
