# Every target first sets itself up (scripts/setup.sh; under a second when nothing changed) and then calls `course`.
#   VENV=.venv        where the environment lives          PYTHON=3.12    which Python makes it
#   PROFILE=quick     smoke | quick | gpu                  TASK=simclr    one task; core; all
#   ARGS="-p seed=1"  passed on as they are
VENV ?= .venv
PROFILE = quick
TASK =
ARGS =
BIN = $(abspath $(VENV))/bin
WITH = PATH="$(BIN):$$PATH"

# Containers often switch bytecode off, and then every kernel compiles torch anew: empty means on.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help setup build run check test coverage lab release grade site bench gpu lock
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: ## create the environment and install the locked packages
	@sh scripts/setup.sh "$(VENV)"

build: setup ## generate the solution and student notebooks from solutions/*.py
	@$(WITH) course build $(TASK) $(ARGS)

run: setup ## execute the notebooks headless and hold their metrics against the bands
	@$(WITH) course run --profile $(PROFILE) $(TASK) $(ARGS)

check: setup ## lint, checks and tests of what changed since the last commit, in under a minute (ARGS=REVISION: since then)
	@$(WITH) python scripts/check.py $(ARGS)

test: setup ## run the whole test suite (ARGS="-m quick": without what is slow)
	@$(WITH) python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

coverage: setup ## run the whole test suite and print which lines of course_utils and course_tools it runs
	@$(WITH) python -m pytest -n auto --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered $(ARGS)

lab: setup ## open JupyterLab on the course
	@$(WITH) jupyter lab $(ARGS)

release: setup ## build, and pack what students get into build/*.zip (of TASK, or all)
	@$(WITH) course build $(TASK)
	@$(WITH) course student-zip $(TASK) $(ARGS)

grade: setup ## grade the submissions of TASK in a sandbox (ARGS="--submissions ALL.zip")
	@[ -n "$(TASK)" ] || { echo "make grade: which assignment? make grade TASK=simclr" >&2; exit 2; }
	@$(WITH) course grade $(TASK) $(ARGS)

site: setup ## build the course site in build/site, with the pictures of the last run
	@$(WITH) course site

bench: setup ## run every benchmark beside its peer
	@for file in benchmarks/[a-z]*.py; do \
	    [ -f "$$file" ] || { echo "make bench: benchmarks/ is empty" >&2; exit 1; }; \
	    echo "== $$file"; $(WITH) python -m "benchmarks.$$(basename "$$file" .py)" $(ARGS) || exit 1; \
	done

gpu: setup ## execute the notebooks at full size on a GPU
	@$(WITH) course run --profile gpu $(TASK) $(ARGS)

lock: ## solve the dependencies again and write requirements.lock (ARGS=--upgrade for newer versions)
	$(or $(shell command -v uv),build/uv/bin/uv) pip compile -q pyproject.toml --extra lti --group dev --group bench --group hub --group lms --group site --universal --python-version 3.11 \
	    --generate-hashes --no-header --no-annotate --output-file requirements.lock $(ARGS)
