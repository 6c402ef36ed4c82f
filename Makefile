# make run    create .venv, install from PyPI, run the main job
# make test   the same set-up, then the tests (make test-slow: those that train for minutes)
# make docs   the site, into build/site (make docs-serve: on http://127.0.0.1:8000, built again after each change)
# make verify the RTL core: benches and radix networks (make verify-all: everything, 20 minutes; verify-chains, verify-axi, verify-rate, verify-proofs, verify-icarus, verify-faults); make synth-table: sizes, clocks and energies on FPGAs; make bench: ratios against named baselines; make timed-paths: three paths of a newcomer, from a fresh clone; make lint: ruff and pyright

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

.PHONY: help check setup run test test-slow docs docs-serve verify synth-table bench timed-paths lint clean

help:
	@sed -n 's/^# \(make.*\)/\1/p' Makefile

# What pip cannot install. Says what is missing and the line that installs it.
check:
	@missing=""; \
	command -v $(PYTHON) >/dev/null || missing="$$missing python3"; \
	command -v g++ >/dev/null || missing="$$missing g++"; \
	command -v perl >/dev/null || missing="$$missing perl"; \
	if command -v $(PYTHON) >/dev/null; then \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "spikewatt needs Python 3.11 or later; $$($(PYTHON) --version) found. Set PYTHON=python3.x"; exit 1; }; \
	  $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || missing="$$missing python3-venv"; \
	  $(PYTHON) -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))' || missing="$$missing python3-dev"; \
	fi; \
	if [ -n "$$missing" ]; then echo "missing:$$missing"; echo "install with: sudo apt install$$missing"; exit 1; fi

setup: check $(VENV)/installed

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[all,dev]'
	touch $@

run: setup
	$(BIN)/spikewatt run $(ARGS)

test: setup
	$(BIN)/python -m pytest -m "not slow" --numprocesses auto --maxprocesses 4 --dist worksteal $(ARGS)

test-slow: setup
	$(BIN)/python -m pytest -m slow $(ARGS)

# The theme prints a notice about another version of MkDocs, which is not used here.
docs docs-serve: export NO_MKDOCS_2_WARNING = 1
docs docs-serve: export OPENBLAS_NUM_THREADS = 1

docs: setup
	$(BIN)/mkdocs build --strict $(ARGS)

docs-serve: setup
	$(BIN)/mkdocs serve $(ARGS)

verify: setup
	$(BIN)/spikewatt verify $(ARGS)

verify-%: setup
	$(BIN)/spikewatt verify --what $* $(ARGS)

synth-table: setup
	$(BIN)/spikewatt synth --table $(ARGS)

bench: setup
	$(BIN)/python benchmarks $(ARGS)

timed-paths: check
	$(PYTHON) benchmarks/newcomer $(ARGS)

# As many processes as cores share the tests: linear algebra in threads of its own makes each of
# them several times as slow.
test test-slow: export OPENBLAS_NUM_THREADS = 1

# pyright resolves `import spikewatt` in the tests through a link of that name.
lint: setup
	$(BIN)/ruff check .
	mkdir -p build/pyright && ln -sfn ../.. build/pyright/spikewatt
	$(BIN)/pyright

clean:
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
