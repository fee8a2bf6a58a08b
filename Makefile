# Everything runs inside .venv, and each target sets up what it needs:
# `make stress` and `make test` are all a fresh clone wants.
# The versions are pinned and hashed in requirements/, which names no package
# host: pip uses the one it is configured for. After a change of dependencies in
# pyproject.toml, or to move to newer versions, run `make lock` and commit.

PYTHON ?= python3
BIN     = .venv/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
BUDGET ?= 600   # seconds for `make slow`

.PHONY: help stress test slow lint types format bench lock clean

help:           ## this list
	@sed -n 's/^\([a-z]*\): .*## /make \1\t/p' Makefile | expand -t 16

stress: .venv/runtime.stamp  ## run the stress scenario
	$(BIN)/slabrace run stress

test: .venv/dev.stamp        ## run the tests
	$(BIN)/pytest --numprocesses=auto --dist=worksteal

slow: .venv/dev.stamp        ## run the long searches, for BUDGET seconds at most
	@timeout $(strip $(BUDGET)) $(BIN)/pytest -v --numprocesses=auto -m slow --exitfirst --timeout=0 || case $$? in \
	    5) echo "no slow tests" ;; \
	    124) echo; echo "budget of $(strip $(BUDGET)) s spent: nothing failed, the rest did not run" ;; \
	    *) exit 1 ;; esac

lint: .venv/dev.stamp        ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.stamp       ## mypy --strict
	$(BIN)/mypy src tests $(wildcard benchmarks/*.py)

format: .venv/dev.stamp      ## let ruff repair what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# catalogue.py and verification.py make the tables of docs/ and take an hour each.
TABLES = benchmarks/catalogue.py benchmarks/verification.py
bench: .venv/dev.stamp       ## what we claim about speed
	@for file in $(sort $(filter-out $(TABLES),$(wildcard benchmarks/*.py))); do \
	    $(BIN)/python $$file || exit 1; done

# uv resolves for every Python and platform at once; it reads UV_DEFAULT_INDEX, not
# pip's settings. runtime.txt is cut from dev.txt, so both hold the same versions.
lock: COMPILE = .venv-lock/bin/uv pip compile --quiet pyproject.toml --universal \
    --python-version 3.11 --generate-hashes --no-build --no-emit-index-url \
    --custom-compile-command 'make lock'
lock:           ## pin and hash the newest versions in requirements/
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(COMPILE) --upgrade --group dev --output-file requirements/dev.txt
	$(COMPILE) --upgrade --group build --constraint requirements/dev.txt \
	    --output-file requirements/runtime.txt
	rm -rf .venv-lock

clean:          ## remove .venv and the caches
	rm -rf .venv .venv-lock dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/created.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "slabrace needs Python 3.11 or newer")'
	$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/runtime.stamp: .venv/created.stamp requirements/runtime.txt pyproject.toml
	$(INSTALL) --require-hashes --requirement requirements/runtime.txt
	$(INSTALL) --no-build-isolation --no-deps --editable .
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements/dev.txt
	$(INSTALL) --require-hashes --requirement requirements/dev.txt
	@touch $@
