# `make demo` and `make test` set themselves up; `make setup` alone makes .venv with every extra.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# Two BLAS threads that contend for a core are far slower than one.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install -c requirements/constraints.txt
LOCKED := pyproject.toml requirements/constraints.txt

.PHONY: setup demo test check docs lock clean

demo: $(VENV)/core.done
	$(BIN)/contextures demo

test: $(VENV)/test.done
	$(BIN)/python -m pytest -n 2 -q

setup: $(VENV)/all.done $(VENV)/docs.done

check: $(VENV)/all.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/docs.done
	$(BIN)/python -m pytest -q --doctest-modules src
	$(BIN)/python -m pytest -q --doctest-glob='*.md' README.md docs
	$(BIN)/sphinx-build -q -E -n -W --keep-going docs build/docs
	@echo "the site: build/docs/index.html"

$(VENV)/made.done:
	$(PYTHON) -m venv $(VENV)
	$(PIP) hatchling editables
	touch $@

$(VENV)/core.done: $(VENV)/made.done $(LOCKED)
	$(PIP) --no-build-isolation -e .
	touch $@

$(VENV)/test.done: $(VENV)/core.done scripts/install-chromium
	$(PIP) --no-build-isolation torch==2.13.0 -e '.[fast,neural,boosting,text,test]'
	scripts/install-chromium
	touch $@

$(VENV)/all.done: $(VENV)/test.done
	$(PIP) --no-build-isolation -e '.[fast,neural,boosting,text,test,dev]'
	touch $@

$(VENV)/docs.done: $(VENV)/test.done
	$(PIP) --no-build-isolation -e '.[fast,neural,boosting,text,test,docs]'
	touch $@

# Resolve everything anew and write the versions down.
lock:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip --quiet install hatchling editables
	$(BIN)/python -m pip --quiet install --no-build-isolation torch==2.13.0 -e '.[fast,neural,boosting,text,test,dev,docs]'
	{ sed -n '/^#/p' requirements/constraints.txt; $(BIN)/python -m pip freeze --exclude-editable \
	  | sed 's/+cpu$$//'; } > requirements/constraints.new
	mv requirements/constraints.new requirements/constraints.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache contextures-demo build/docs docs/api docs/benchmarks.md
