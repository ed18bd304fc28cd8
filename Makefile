# `make run` and `make test` need Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= $(shell for found in python3 python3.13 python3.12 python3.11; do \
	$$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$found; exit 0; }; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
CLIENTS := $(VENV)/clients
# A module is compiled when it is first loaded; compiling all of them takes most of an installation.
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-compile --no-deps
# Much of the tests' time is waiting, so that one more than two processors can be kept busy.
WORKERS ?= 3
# One test at a time for each worker, because the longest come first.
PYTEST := $(BIN)/pytest -q -n $(WORKERS) --maxschedchunk=1
# What `make check` tries after every edit; `make test` goes on with everything else.
QUICK := tests/unit tests/architecture tests/migrations tests/contract/api tests/contract/test_access.py \
	tests/contract/test_endpoints.py
# `make test OPTIONS=--every-database` runs the tests of flows on Postgres as well.
OPTIONS ?=
UPGRADE ?=
# The long part of the matrix of faults: `make test` has only its slice.
MATRIX := tests/faults/matrix/test_rows.py tests/faults/matrix/test_vendors.py
FAULT_WORKERS ?= 4
# Thirty stories become films: `make test` makes six of them.
STORIES := tests/e2e/stories
# The pages of the clients, driven in a real browser against the service as people run it.
PAGES := tests/contract/faces/pages
# What `make security` runs: the folder of that name, and older tests that prove the rest.
SECURITY := tests/security tests/architecture/test_locks.py \
	tests/contract/test_access.py tests/contract/test_write_models.py tests/contract/accounts \
	tests/unit/accounts tests/unit/core/test_addresses.py tests/unit/core/test_floors.py tests/unit/storage/test_signing.py \
	tests/unit/library/test_names.py tests/unit/library/test_serving.py tests/unit/media/test_sniff.py tests/unit/media/test_tracks.py \
	tests/integration/accounts/test_cookies.py tests/integration/accounts/test_throttle.py \
	tests/integration/api/test_bodies.py tests/integration/api/test_cors.py tests/integration/api/test_limits.py \
	tests/integration/api/test_logging.py tests/integration/api/test_middleware.py \
	tests/integration/door tests/integration/archives/test_hostile.py tests/integration/jobs/test_keyed_requests.py \
	tests/integration/media/test_film_hostile.py tests/integration/media/test_pictures.py tests/integration/media/test_sounds.py \
	tests/integration/planning/test_injections.py
COMPILE_LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links $(UPGRADE) pyproject.toml
# Each has a lock of what it needs beside requirements.lock; the image takes those that EXTRAS names.
EXTRAS := google metrics redis voices
DOCUMENTS := docs/architecture.md docs/reference/settings.md docs/reference/errors.md docs/reference/commands.md

# What else may be said of a film: make film STORY="…" LENGTH=12 OUT=fox.mp4. Names of the environment do not count,
# because LANGUAGE is one of a person's own settings.
FILM_OPTIONS := TITLE LENGTH LANGUAGE VOICE SPEED PICTURE STYLE ASPECT CAPTIONS MUSIC BUDGET OUT
STORY ?= A fox crosses a frozen river at dawn and finds an owl that has lost its way home.

.PHONY: run test check clients faces faults stories security lock docs standins film voices art

run: $(VENV)/.installed
	@$(BIN)/avc serve

# Makes a film of a story, without keys, also beside `make run`: make film STORY="A fox crosses the river."
film: export STORY := $(STORY)
film: $(VENV)/.installed
	@$(BIN)/avc make $(foreach each,$(FILM_OPTIONS),$(if $(findstring command,$(origin $(each))), \
		--$(shell echo $(each) | tr A-Z a-z) "$$$(each)")) -- "$$STORY"

# Installs a natural voice with which films are told: make voices LANGUAGE=en
voices: $(VENV)/.voices
	@$(BIN)/avc voices install $(if $(findstring command,$(origin LANGUAGE)),$(LANGUAGE),en)

# Two tiers: the checks and the quick tests, at most three minutes; then the others. No test runs in both.
test: check $(CLIENTS)/.installed
	$(PYTEST) $(OPTIONS) $(QUICK:%=--ignore=%) $(MATRIX:%=--ignore=%) --ignore=$(STORIES)

# Every fault at every step of a film, on both databases; prints its table. The rows of a full and a read-only disk need root.
faults: $(VENV)/.tested
	$(BIN)/pytest -q -n $(FAULT_WORKERS) --maxschedchunk=1 $(MATRIX)

# Thirty stories are made into films without keys and measured; prints its table and leaves sheets of pictures in build/stories.
stories: $(VENV)/.tested
	$(BIN)/pytest -q -s -n 0 $(STORIES)

# Each client through its whole flow, twice in a row: what works once by chance does not pass.
faces: $(VENV)/.tested
	@command -v chromium >/dev/null || { echo "make faces drives pages in a browser: install the package chromium." >&2; exit 1; }
	$(PYTEST) $(PAGES)
	$(PYTEST) $(PAGES)

# What an attacker would try: at most fifteen minutes on two processors.
security: $(VENV)/.tested
	$(BIN)/ruff check --select S app
	$(PYTEST) $(SECURITY)

check: $(VENV)/.tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .
	$(PYTEST) $(QUICK)

# Makes a TypeScript and a Python client of each API document; the makers have an environment of their own.
clients: $(CLIENTS)/.installed
	$(BIN)/pytest -q tests/contract/clients

$(CLIENTS)/.installed: tests/contract/clients/requirements.lock tests/contract/clients/package-lock.json | $(VENV)/.tested
	@$(BIN)/python -m venv --clear $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip --disable-pip-version-check --quiet install --no-compile --no-deps --require-hashes \
		--requirement tests/contract/clients/requirements.lock
	@cp tests/contract/clients/package.json tests/contract/clients/package-lock.json $(CLIENTS)/
	@npm --prefix $(CLIENTS) ci --silent --no-audit --no-fund || \
		echo "npm is missing or cannot reach its packages: no TypeScript client is made, and its test is skipped." >&2
	@touch $@

# Serves stand-ins of the vendors and says which variables point the service at them.
standins: $(VENV)/.tested
	$(BIN)/python -m tests.standins

# Resolves the dependencies of pyproject.toml again; `make lock UPGRADE=--upgrade` also moves to the newest releases.
lock:
	@test -x $(BIN)/uv || $(MAKE) $(VENV)/.tested
	$(COMPILE_LOCK) --extra build --output-file requirements.lock
	$(COMPILE_LOCK) --extra build --extra dev --extra google --extra voices --constraint requirements.lock --output-file tests/requirements.lock
	@for extra in $(EXTRAS); do \
		$(COMPILE_LOCK) --extra $$extra --constraint requirements.lock --constraint tests/requirements.lock \
			$$(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements.lock) --output-file locks/$$extra.lock || exit 1; \
	done

# Writes the generated parts of the documents anew.
docs: $(VENV)/.tested
	$(BIN)/python -m cogapp -r -I . $(DOCUMENTS)
	$(BIN)/python -m docs.generated

# Makes the drawings of the painter anew from the icons, the recipes and the measures in artwork/; needs npm.
art: $(VENV)/.tested
	$(BIN)/python -m artwork

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make run PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Making the environment in $(VENV); the first time takes about a minute."
	@$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/.voices: locks/voices.lock $(VENV)/.installed
	@$(INSTALL) --require-hashes --requirement locks/voices.lock
	@touch $@

$(VENV)/.tested: tests/requirements.lock $(VENV)/.installed
	@$(INSTALL) --require-hashes --requirement tests/requirements.lock
	@touch $@
