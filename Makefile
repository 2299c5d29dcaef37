# Needs Python 3.11 or newer, make and a shell. Every target sets up .venv by itself.

PYTHON ?= python3
BIN = .venv/bin
SERVES = .venv/serves
READY = .venv/ready
SOURCES = cards service tests

.PHONY: run test browser chromium check node bench openapi patients lock audit sbom fuzz

run: $(SERVES)
	VIDARE_AUTH=off VIDARE_HOST=127.0.0.1 $(BIN)/vidare serve --greet

test: $(READY) chromium
	$(BIN)/python -m pytest --cov --cov-report= tests
	$(BIN)/python -m coverage report --include='cards/*' --fail-under=100 --show-missing --skip-covered
	$(BIN)/python -m coverage report --include='service/*' --fail-under=95 --show-missing --skip-covered

browser: $(READY) chromium
	$(BIN)/python -m pytest tests/browser

# The browser tests use the system's Chromium; where apt and the right to use it are there, it is installed.
chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { command -v apt-get >/dev/null && test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } || echo "No Chromium: the tests of the page will be skipped."

# Node and npm for the FHIR server of tests/contract, where the machine has none that is new enough.
node: $(READY)
	$(BIN)/python -m tests.contract.node || $(BIN)/python -m pip install --quiet --require-hashes -r requirements/node.txt

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/contract/test_in_step.py

bench: $(READY)
	$(BIN)/python -m bench

# The locked dependencies against known faults; their licences and age.
audit: $(READY)
	$(BIN)/python -m audit

# The software bill of materials of the lock (CycloneDX).
sbom: $(READY)
	mkdir -p dist
	$(BIN)/cyclonedx-py requirements requirements/run.txt --pyproject pyproject.toml --output-reproducible --validate -o dist/vidare.cdx.json

# Five minutes of reading under fuzz; `make test` runs twenty seconds of it.
fuzz: $(READY)
	FUZZ_SECONDS=300 FUZZ_SEED=0 $(BIN)/python -m pytest -q -s tests/fuzz

openapi: $(READY)
	$(BIN)/python -m tests.contract.in_step

# Writes the example patients from their case.toml; then their answers, which are for reading.
patients: $(READY)
	$(BIN)/python -m patients
	UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q tests/service/test_golden.py

# Resolves the newest versions; commit what it writes.
lock: $(READY)
	$(BIN)/python -m pip install pip-tools
	cd requirements && for name in run build dev node; do ../$(BIN)/pip-compile --no-header --upgrade --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o $$name.txt $$name.in; done

# What serving needs, and no more: a newcomer waits for that alone.
$(SERVES): requirements/run.txt requirements/build.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/run.txt -r requirements/build.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $(SERVES)

$(READY): $(SERVES) requirements/dev.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	touch $(READY)
