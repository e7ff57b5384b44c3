# The whole project by a few words; `make` lists them.
PYTHON ?= python3
# The oldest that the client runs with.
CLIENT_PYTHON ?= python3.9
# Where PyTorch's own CPU builds are; PyPI's are built for CUDA and several gigabytes large.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# The theme would advertise its successor at every build.
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help audit sbom install serve bench-accuracy bench-search bench-serving bench-cluster test-faults demo test test-client pictures lint format docs docs-serve clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Set up .venv with pinned dependencies and the emprox command.

serve: $(INSTALLED) ## Run the service on 127.0.0.1:8000, with its store in ./data.
	$(BIN)/emprox serve

demo: $(INSTALLED) ## A server, a real search of small networks on it (two minutes), and the page to watch it on.
	$(BIN)/python examples/demo.py

bench-accuracy: $(INSTALLED) ## Compare the estimates with the field's, on the tables in $EMPROX_BENCHMARK_DATA (two hours).
	$(BIN)/python -m benchmarks.accuracy

bench-search: $(INSTALLED) ## Simulated searches over HTTP, on the same tables.
	$(BIN)/python -m benchmarks.search

bench-serving: $(INSTALLED) ## How fast the server is, beside the floor of HTTP (with wrk; --help says how long it takes).
	$(BIN)/python -m benchmarks.serving

bench-cluster: $(INSTALLED) ## One, two and three replicas over PostgreSQL, and pgvector beside memory (an hour and more).
	$(BIN)/python -m benchmarks.cluster

test-faults: $(INSTALLED) ## 200 kills under load and half an hour of requests: is anything lost, does anything grow?
	$(BIN)/python -m benchmarks.faults

test: $(INSTALLED) ## Run all tests.
	$(BIN)/pytest

test-client: $(INSTALLED) ## Run the client's tests with a Python of CLIENT_PYTHON, in .venv-client.
	$(CLIENT_PYTHON) -m venv --clear .venv-client
	.venv-client/bin/python -m pip install --disable-pip-version-check --quiet './client[pandas]' pytest pytest-timeout
	EMPROX_COMMAND=$(abspath $(BIN)/emprox) .venv-client/bin/python -m pytest tests/client --confcutdir=tests/client

pictures: $(INSTALLED) ## Take the pictures of the page for docs/ again, by its tests in Chromium.
	EMPROX_SCREENSHOTS=docs/images $(BIN)/pytest -q tests/page

lint: $(INSTALLED) ## Check style, types, the direction of imports, Dockerfile, compose file and manifests.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run --Werror app/compiled/*.h app/compiled/*.cpp
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/compose-lint --fail-on low docker-compose.yml
	# Of what is no part of Kubernetes itself it knows no schema.
	$(BIN)/kubernetes-validate --strict --quiet --no-warn deploy/kubernetes/*.yaml

audit: $(INSTALLED) ## Look for dangerous calls, undeclared dependencies, and known vulnerabilities of what is installed.
	$(BIN)/bandit --quiet --recursive --severity-level medium --configfile pyproject.toml app client/emprox_client
	$(BIN)/deptry app
	$(BIN)/pip-audit --local --skip-editable --progress-spinner off

sbom: $(INSTALLED) ## Write a bill of materials of what is installed, sbom.json (CycloneDX).
	$(BIN)/cyclonedx-py environment $(VENV) --output-file sbom.json

format: $(INSTALLED) ## Format the code.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/clang-format -i app/compiled/*.h app/compiled/*.cpp

docs: $(INSTALLED) ## Build the documentation into site/.
	$(MKDOCS) build --strict

docs-serve: $(INSTALLED) ## Serve the documentation on 127.0.0.1:8001, and build it again as it changes.
	$(MKDOCS) serve --strict --dev-addr 127.0.0.1:8001

clean: ## Remove .venv and caches; ./data stays.
	rm -rf $(VENV) .venv-client site .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(INSTALLED): constraints.txt pyproject.toml setup.py client/pyproject.toml $(wildcard app/compiled/*.h app/compiled/*.cpp)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "$(PYTHON) is older than Python 3.11: name another one, as in make install PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --no-deps --retries 1 --index-url $(TORCH_INDEX) --constraint constraints.txt torch
	$(PIP) install --quiet --constraint constraints.txt --editable client --editable '.[dev]' \
	  || { echo 'hnswlib and app/compiled are compiled here: is there a C++ compiler (Debian: apt-get install g++ python3-dev)?'; exit 1; }
	# For its example. It asks for plain xgboost, which brings CUDA along, and for statsmodels, neither of which that needs.
	$(PIP) install --quiet --no-deps --constraint constraints.txt syne-tune
	touch $@
