# The three commands of the README, and the tools of CONTRIBUTING.md, which has the same steps for machines without make.
# Relative paths only, and modules instead of the scripts in .venv/bin: any folder name will do.
.DEFAULT_GOAL := help
.PHONY: help demo lab test test-backends lint docs bench lock clean

RUN := .venv/bin/python -m
INSTALLED := .venv/.installed
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c '$(SUITABLE)' 2>/dev/null && echo "$$python" && break; done)

# TensorFlow's start-up lines about processor features and absent GPUs would bury our own.
TF_CPP_MIN_LOG_LEVEL ?= 3
export TF_CPP_MIN_LOG_LEVEL
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@echo "make demo   install, then run the whole job on the sample: inspect, train, evaluate, compare, notebooks"
	@echo "make lab    install, then open the notebooks in JupyterLab"
	@echo "make test   install, then run the whole test suite"
	@echo "make test-backends  what networks do, on PyTorch and JAX: installs both beside the rest, in .venv/backends"
	@echo "make lint   ruff, mypy, and vulture for what nothing uses"
	@echo "make docs   the reference of all modules, from their docstrings, in build/reference"
	@echo "make bench  the engine's speed beside the usual way: some tens of minutes"
	@echo "make lock   write requirements.lock anew from pyproject.toml"
	@echo "make clean  remove .venv and what tools leave behind; never data, models or logs"

demo: $(INSTALLED)
	@$(RUN) siamese_nb.demo

lab: $(INSTALLED) data/sample
	@$(RUN) jupyterlab --allow-root --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks \
		--LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

data/sample: | $(INSTALLED)
	@$(RUN) siamese_nb.cli sample $@

test: $(INSTALLED)
	$(RUN) pytest -n 2 --dist loadfile

# Without the tests of what is TensorFlow's own: tf.distribute.
BACKEND_TESTS := $(addprefix tests/test_,$(addsuffix .py,matching models losses learners augmentation mining batches legs \
	blocks views devices local_scaling callbacks embeddings embedding_cache scoring bundle verifier watching training))

test-backends: $(INSTALLED)
	$(RUN) venv .venv/backends
	@.venv/bin/python -c "import pathlib, site; [place.joinpath('shared.pth').write_text(site.getsitepackages()[0]) \
		for place in pathlib.Path('.venv/backends').glob('lib*/python*/site-packages')]"
	.venv/backends/bin/python -m pip install --quiet jax==0.10.2 torch==2.13.0
	KERAS_BACKEND=torch .venv/backends/bin/python -m pytest $(BACKEND_TESTS)
	KERAS_BACKEND=jax .venv/backends/bin/python -m pytest $(BACKEND_TESTS)

lint: $(INSTALLED)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) vulture

docs: $(INSTALLED)
	@$(RUN) docs.reference

bench: $(INSTALLED)
	$(RUN) benchmarks.engine frozen
	$(RUN) benchmarks.engine scratch
	$(RUN) benchmarks.engine memory
	$(RUN) benchmarks.inference pairs
	$(RUN) benchmarks.inference start
	$(RUN) benchmarks.embedding
	$(RUN) benchmarks.summary

lock: $(INSTALLED)
	$(RUN) uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --extra test --extra dev \
		--generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
		--output-file requirements.lock

clean:
	rm -rf .venv build dist siamese_nb.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# An environment whose installation was cut short is marked and made anew; any other is brought up to date in place.
$(INSTALLED): requirements.lock pyproject.toml
	@"$(PYTHON)" -c '$(SUITABLE)' 2>/dev/null || { echo "siamese-nb needs Python 3.11, 3.12 or 3.13 with its venv" \
		"module (on Debian: apt-get install python3-venv); if it is not on the path: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@if test -e .venv/.unfinished || ! $(RUN) pip --version >/dev/null 2>&1; then "$(PYTHON)" -m venv --clear .venv; fi
	@touch .venv/.unfinished
	@echo "Installing the locked packages into .venv: 0.9 GB and some minutes the first time, seconds after that"
	@{ PYTHONUNBUFFERED=1 $(RUN) pip install --no-deps --require-hashes -r requirements.lock \
		&& $(RUN) pip install --no-deps --no-build-isolation --editable . --quiet \
		&& mv .venv/.unfinished $@; } \
		| while read -r line; do case "$$line" in Downloading*MB\)* | Installing*) echo "  $${line%%: *}" ;; esac; done; \
		test ! -e .venv/.unfinished
