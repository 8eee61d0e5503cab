# `make demo` and `make test` set themselves up; `make setup` alone makes .venv with every extra.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# Two BLAS threads that contend for a core are far slower than one.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install -c requirements/constraints.txt
LOCKED := pyproject.toml requirements/constraints.txt
OLDEST := .venv-oldest
PIP_OLDEST := $(OLDEST)/bin/python -m pip --disable-pip-version-check --quiet install \
  -c requirements/oldest.txt
# Without torch: its oldest wheels on PyPI bring gigabytes of CUDA. So these tests show as well that
# all but the objectives and the neural encoder works where torch is not installed, and all
# but Dask's engine where Dask is not. With torch:
#   make test-oldest OLDEST=.venv-oldest-torch OLDEST_EXTRAS=fast,neural,boosting,text,excel,plot,test
OLDEST_EXTRAS := fast,boosting,text,excel,plot,test

.PHONY: setup demo test test-oldest check docs lock lock-oldest clean

demo: $(VENV)/core.done
	$(BIN)/contextures demo

test: $(VENV)/test.done
	$(BIN)/python -m pytest -n 2 -q

# All tests but the slow ones and those in a browser, on the oldest dependencies allowed.
test-oldest: $(OLDEST)/test.done
	$(OLDEST)/bin/python -m pytest -n 2 -q -m 'not slow and not browser'

setup: $(VENV)/all.done $(VENV)/docs.done

check: $(VENV)/all.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_house.py

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
	$(PIP) --no-build-isolation torch==2.13.0 -e '.[fast,neural,boosting,text,excel,plot,dask,test]'
	scripts/install-chromium
	touch $@

$(VENV)/all.done: $(VENV)/test.done
	$(PIP) --no-build-isolation -e '.[fast,neural,boosting,text,excel,plot,dask,test,dev]'
	touch $@

$(VENV)/docs.done: $(VENV)/test.done
	$(PIP) --no-build-isolation -e '.[fast,neural,boosting,text,excel,plot,dask,test,docs]'
	touch $@

# Made anew when a bound changes, so that nothing newer stays behind.
$(OLDEST)/test.done: pyproject.toml requirements/oldest.txt
	rm -rf $(OLDEST)
	$(PYTHON) -m venv $(OLDEST)
	$(PIP_OLDEST) hatchling editables
	$(PIP_OLDEST) --no-build-isolation -e '.[$(OLDEST_EXTRAS)]'
	touch $@

# Resolve everything anew and write the versions down.
lock:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip --quiet install hatchling editables
	$(BIN)/python -m pip --quiet install --no-build-isolation torch==2.13.0 -e '.[fast,neural,boosting,text,excel,plot,dask,test,dev,docs]'
	{ sed -n '/^#/p' requirements/constraints.txt; $(BIN)/python -m pip freeze --exclude-editable \
	  | sed 's/+cpu$$//'; } > requirements/constraints.new
	mv requirements/constraints.new requirements/constraints.txt

# Keep the lower bounds and resolve anew what they bring in.
lock-oldest:
	sed -i '/^# What they bring in/q' requirements/oldest.txt
	$(MAKE) $(OLDEST)/test.done
	bounds=$$(sed -n 's/==.*//p' requirements/oldest.txt | paste -sd '|'); \
	$(OLDEST)/bin/python -m pip freeze --exclude-editable \
	  | grep -viE "^($$bounds)==" > requirements/oldest.new
	cat requirements/oldest.new >> requirements/oldest.txt
	rm requirements/oldest.new
	touch $(OLDEST)/test.done

clean:
	rm -rf $(VENV) $(OLDEST) .mypy_cache .ruff_cache .pytest_cache contextures-demo build/docs docs/api docs/benchmarks.md
