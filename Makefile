# `make` alone lists what there is to do.  Every target builds .venv first, from the lock file.
PYTHON    ?= python3
SUBMITTED ?= submitted
OUT       ?= graded
JOBS      ?=
VENV      := $(or $(KIT_VENV),.venv)
KIT       := $(VENV)/bin/python -m autograder
GRADE     := grade "$(SUBMITTED)" --out "$(OUT)" --gradebook gradebook.db $(if $(JOBS),--jobs "$(JOBS)")

.DEFAULT_GOAL := help
.PHONY: help release grade container similar feedback formgrader doctor figures cluster worker test test-all lint corpus hostile neighbours gradescope mutants grader-mutants sweep bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Readable by all, whatever the umask is: the sandbox runs it as another user.
PIP := umask 022; $(VENV)/bin/python -m pip --disable-pip-version-check install --quiet
$(VENV)/ready: requirements.lock
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "The kit needs Python 3.10 or newer, and $(PYTHON) is older or missing: say make PYTHON=/path/to/python3."; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip' || { \
	  echo "$(PYTHON) cannot make virtual environments: install its venv package (Debian, Ubuntu: apt install python3-venv)."; exit 1; }
	@echo "Building $(VENV) from requirements.lock (a minute or two, once) ..."
	@rm -rf $(VENV)
	@umask 022; "$(PYTHON)" -m venv $(VENV)
	@$(PIP) --require-hashes -r requirements.lock
	@touch $@

$(VENV)/cluster: requirements-cluster.lock $(VENV)/ready
	@$(PIP) --require-hashes -r requirements-cluster.lock
	@touch $@

release: $(VENV)/ready ## build the student folder, release/ps18
	@$(KIT) release

.PHONY: linux
linux:
	@[ "$$(uname)" = Linux ] || "$(PYTHON)" -m autograder.errors "$$(uname)"

grade: linux $(VENV)/ready ## grade a class: [SUBMITTED=submitted] [OUT=graded] [JOBS=n]
	@$(KIT) $(GRADE)

RUN       ?= $(GRADE)
container: ## grade in a container, where there is no Linux: as grade, or another command: [RUN=doctor]
	@autograder/platforms/container/run $(RUN)

similar: $(VENV)/ready ## show submissions that resemble each other, side by side: [SUBMITTED=submitted] [OUT=graded]
	@$(KIT) similar "$(SUBMITTED)" --out "$(OUT)"

feedback: $(VENV)/ready ## write nbgrader's feedback pages to feedback/
	@$(VENV)/bin/nbgrader generate_feedback --force \
	  "$$($(VENV)/bin/python -c 'from autograder.course.model import assignment; print(assignment().name)')"

PORT      ?= 8888
formgrader: $(VENV)/ready ## open nbgrader's formgrader on this course: [PORT=8888]
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/jupyter lab --no-browser --ip=127.0.0.1 --port="$(PORT)" \
	  $(if $(filter 0,$(shell id -u)),--allow-root) --LabApp.default_url=/formgrader $(JUPYTER)

doctor: $(VENV)/ready ## say whether this machine can grade, and how to mend it if not
	@$(KIT) doctor

figures: $(VENV)/ready ## draw the chapter's demonstrations and the exercises' experiments to figures/ [SEEDS=n]
	@PYTHONPATH=solutions $(VENV)/bin/python -m backprop.demos all --out figures
	@PYTHONPATH=solutions $(VENV)/bin/python -m backprop.experiments all --out figures $(if $(SEEDS),--seeds "$(SEEDS)")

cluster: $(VENV)/cluster ## install Dask, for grading on a cluster

worker: $(VENV)/cluster ## grade for a Dask scheduler: SCHEDULER=tcp://HOST:8786 [THREADS=cores]
	@$(VENV)/bin/python -m distributed.cli.dask_worker "$(SCHEDULER)" --nthreads "$(or $(THREADS),$(shell nproc))" \
	  --no-dashboard $(WORKER)

# With bytecode kept, whatever the environment says: compiling it anew in each process is a third of collecting.
TESTS := PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder
test: $(VENV)/ready ## run those of the kit's own tests that protect most (some three minutes)
	@$(TESTS) -m "not whole"

test-all: $(VENV)/ready $(VENV)/cluster ## run all of the kit's own tests (some twenty-two minutes)
	@$(TESTS) -m "not sample"

lint: $(VENV)/ready ## check style and types
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

mutants: $(VENV)/ready ## grade every machine-made mutant of the solution (about ten minutes)
	@PYTHONPATH=solutions $(VENV)/bin/python -m tests.mutants.mutants

SAMPLE    ?= 80
grader-mutants: $(VENV)/ready ## change the grader in one place at a time, and say which changes its tests do not notice: [SAMPLE=80]
	@PYTHONPATH=.:solutions $(VENV)/bin/python -m tests.mutants.grader --sample "$(SAMPLE)"

sweep: $(VENV)/ready ## try the training checks from thousands of starts (about ten minutes)
	@PYTHONPATH=solutions $(VENV)/bin/python -m tests.sweeps.sweep
	@PYTHONPATH=solutions $(VENV)/bin/python -m tests.sweeps.starts

corpus: $(VENV)/ready ## grade the wrong, the real and the correct networks, and print how well (about six minutes)
	@PYTHONPATH=.:solutions $(VENV)/bin/python -m tests.corpus.graded
	@PYTHONPATH=.:solutions $(VENV)/bin/python -m tests.corpus.real

hostile: $(VENV)/ready ## grade the hostile submissions, and say what became of each (two minutes): [SANDBOX=bubblewrap]
	@PYTHONPATH=.:solutions $(VENV)/bin/python -m tests.hostile.graded $(if $(SANDBOX),"$(SANDBOX)")

neighbours: $(VENV)/ready ## grade thirty honest students alone, and among ten attacks (some ten minutes)
	@PYTHONPATH=.:solutions $(VENV)/bin/python -m tests.hostile.class_of_forty

gradescope: $(VENV)/ready ## pack the autograder for Gradescope, to dist/
	@$(KIT) gradescope

ROUNDS    ?= 5
bench: $(VENV)/ready ## compare the cost of grading with the bare training, and with other graders: [ROUNDS=5; 0: without them]
	@$(VENV)/bin/python -m tests.benchmarks.overhead
	@$(if $(filter 0,$(ROUNDS)),,$(VENV)/bin/python -m tests.benchmarks.peers "$(ROUNDS)")

LOCK := $(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.10 --generate-hashes \
	  --no-emit-index-url --no-header --quiet
lock: $(VENV)/ready ## renew requirements*.lock from pyproject.toml (fetches uv)
	@$(PIP) uv
	@$(LOCK) --extra dev --extra similar -o requirements.lock
	@$(LOCK) --extra cluster --constraint requirements.lock -o requirements-cluster.lock

clean: ## remove what runs have made (not your submissions, not .venv)
	@rm -rf graded dist figures .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
