# Thin targets: README shows the plain commands beside each, for Windows and for those without make.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV ?= .venv
RUN ?= runs/quickstart
BENCH ?=
PY = $(VENV)/bin/python

.PHONY: help quickstart test coverage torture fuzz soak gpu-check lint bench conformance clean

help:
	@echo "make quickstart  install, train about 5 minutes, evaluate, sample, export"
	@echo "make test        install the tools of development, run the tests"
	@echo "make coverage    the tests again, and which branches of the package they reach"
	@echo "make torture     kill, starve and damage a training again and again (minutes)"
	@echo "make fuzz        100,000 damaged inputs for each parser (an hour)"
	@echo "make soak        half an hour of training; memory and files have to stay flat"
	@echo "make gpu-check   values against the CPU, speed against PyTorch, on a GPU"
	@echo "make lint        check style with ruff"
	@echo "make bench       install the peers too, measure beside them, write docs/benchmarks.md"
	@echo "                 (about 20 minutes on a quiet machine; BENCH=--only=serving: a part)"
	@echo "make conformance REST=host:port GRPC=host:port [MODEL=kanji]"
	@echo "                 hold a server to TensorFlow Serving's protocol"
	@echo "make clean       remove $(VENV) and caches (runs/ and exports/ stay)"

quickstart: $(VENV)/installed
	$(PY) -m hachi_tf.train --flagfile=configs/quickstart.flags --run_dir=$(RUN)
	$(PY) -m hachi_tf.evaluate --run_dir=$(RUN)
	$(PY) -m hachi_tf.sample --run_dir=$(RUN) --num_samples=64 --seed=1 --output=$(RUN)/samples/sheet.svg
	$(PY) -m hachi_tf.sample --run_dir=$(RUN) --num_samples=64 --seed=1 --output=$(RUN)/samples/sheet.png
	$(PY) -m hachi_tf.export --run_dir=$(RUN) --export_dir=$(RUN)/export
	@echo
	@echo "the run          $(RUN)  (charts: $(VENV)/bin/tensorboard --logdir=$(RUN))"
	@echo "the samples      $(RUN)/samples/sheet.svg and sheet.png"
	@echo "the model        $(RUN)/export/1  (or the highest number, for TensorFlow Serving and Python)"
	@echo "more samples     $(PY) -m hachi_tf.sample --run_dir=$(RUN) --bias=1 --output=more.svg"
	@echo "train longer     $(PY) -m hachi_tf.train --flagfile=configs/quickstart.flags --init_from=$(RUN)"
	@echo "next             README.md, 'Programs' and 'Your own copy of IAM-OnDB'"

test: $(VENV)/installed-dev
	$(PY) -m pytest

coverage: $(VENV)/installed-dev
	$(PY) -m pytest --cov

torture: $(VENV)/installed-dev
	$(PY) -m tests.torture

fuzz: $(VENV)/installed-dev
	$(PY) -m tests.fuzz

soak: $(VENV)/installed
	$(PY) -m tests.torture.soak

gpu-check: $(VENV)/installed-bench
	$(PY) -m pip install --quiet --editable ".[gpu]"
	$(PY) -m tests.benchmarks.gpu_check

lint: $(VENV)/installed-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

bench: $(VENV)/installed-bench
	$(PY) -m tests.benchmarks.page $(BENCH)

conformance: $(VENV)/installed-dev
	$(PY) -m tests.conformance.serving REST=$(REST) GRPC=$(GRPC) MODEL=$(MODEL)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .coverage .coverage.*
	find hachi_tf tests -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/installed: setup.cfg pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else 'expected Python 3.11, 3.12 or 3.13; got ' + sys.version.split()[0] + '; give one: make PYTHON=/path/to/python3.11')"
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PY) -m pip install --quiet --editable ".[dev]"
	@touch $@

$(VENV)/installed-bench: $(VENV)/installed
	$(PY) -m pip install --quiet --editable ".[bench,serve]"
	@touch $@
