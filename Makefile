# make run    the web chat, from nothing but Python 3.11 or newer
# make test   every check, from nothing but that; the page's scripts are checked where Node.js 20.19 or newer is

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip --quiet --disable-pip-version-check install
LOCKED := $(INSTALL) --require-hashes --only-binary :all: --no-deps --no-compile
# On every core at once, which pip does on one; some files are for newer Pythons and cannot be compiled.
COMPILED := $(BIN)/python -m compileall -qq -j 0 -x /tests/ .venv/lib || true
UV := uv==0.13.9
export HF_HUB_OFFLINE := 1
export GRADIO_ANALYTICS_ENABLED := False
export ORT_DISABLE_TELEMETRY := 1

.PHONY: run test lint lint-python lint-scripts without-node chromium screenshots bench scale scale-short lock upgrade audit dist
.DELETE_ON_ERROR:

run: .venv/run
	$(BIN)/python -m index build
	$(BIN)/python app.py

test: .venv/test chromium lint-python $(if $(shell command -v npm),lint-scripts,without-node)
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: lint-python lint-scripts

lint-python: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-scripts: node_modules/.package-lock.json
	node_modules/.bin/tsc
	node_modules/.bin/eslint --max-warnings 0 qa/web/page eslint.config.js

without-node:
	@echo "Node.js isn't installed, so the page's scripts are not checked (make lint-scripts)." >&2

# make bench EVAL="DIR ..."   beside its peers, each in an environment of its own in .bench
bench: .venv/run
	$(BIN)/python tests/benchmarks/peers/run.py $(EVAL)

screenshots: .venv/test chromium
	$(BIN)/python tests/browser/screenshots.py docs/images

# make scale         an index in LanceDB, on disk and on S3: the contract, and faults by the dozen (half an hour)
# make scale-short   a few faults of each kind (a minute or two)
scale: .venv/scale
	$(BIN)/python -m pytest -m '' -rP tests/contract

scale-short: .venv/scale
	$(BIN)/python -m pytest tests/contract

# make lock      what pyproject.toml has changed; all else keeps its version
# make upgrade   every package's newest version that pyproject.toml allows
upgrade: COMPILE_FLAGS := --upgrade
lock upgrade: $(BIN)/python
	$(INSTALL) $(UV)
	$(BIN)/uv pip compile --quiet $(COMPILE_FLAGS) --group build --extra test --extra multilingual pyproject.toml -o tests/requirements.txt
	$(BIN)/uv pip compile --quiet $(COMPILE_FLAGS) --group build -c tests/requirements.txt pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet $(COMPILE_FLAGS) --group build --extra test --extra multilingual --extra lance --extra ray -c tests/requirements.txt \
	    pyproject.toml -o tests/contract/requirements.txt
	$(BIN)/uv pip compile --quiet $(COMPILE_FLAGS) tests/contract/s3.in -o tests/contract/s3.txt

# make audit   the licence of everything that is installed, with the extras and the S3 server
audit: .venv/scale
	$(BIN)/python tests/licences.py

# make dist   what is committed, as a wheel and an sdist, and the multilingual reader as a wheel: the same bytes anywhere
dist: .venv/run
	rm -rf build dist
	mkdir build
	git archive HEAD | tar -x -C build
	cd build && ../$(BIN)/python -m hatchling build -d ../dist
	cd build/qa/weights/multilingual && ../../../../$(BIN)/python -m hatchling build -t wheel -d ../../../../dist
	cd dist && sha256sum *

chromium:
	@command -v chromium >/dev/null || sh tests/browser/install-chromium.sh

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or newer is needed; name one with make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -m venv .venv \
	    || { echo "python3 -m venv failed; on Debian install the package python3-venv" >&2; exit 1; }

# pip itself comes first: of an old one the rest would take twice as long. torch comes with the project, without a hash.
.venv/run: requirements.txt pyproject.toml | $(BIN)/python
	sed -n '/^pip==/,/[^\\]$$/p' requirements.txt > .venv/pip.txt
	$(LOCKED) -r .venv/pip.txt
	$(LOCKED) -r requirements.txt
	$(INSTALL) --no-compile --no-build-isolation --editable .
	$(COMPILED)
	touch $@

.venv/test: tests/requirements.txt .venv/run
	$(LOCKED) -r tests/requirements.txt
	$(COMPILED)
	touch $@

# What checks the page's scripts. npm writes this file last.
node_modules/.package-lock.json: package.json package-lock.json .npmrc
	@command -v node >/dev/null && command -v npm >/dev/null \
	    || { echo "Checking the page's scripts needs Node.js 20.19 or newer with npm; on Debian install the packages nodejs and npm." >&2; exit 1; }
	npm ci --ignore-scripts --no-audit --no-fund
	touch $@

# The S3 server has an environment of its own: what it stands on does not go together with what we do.
.venv/scale: tests/contract/requirements.txt tests/contract/s3.txt .venv/test
	$(LOCKED) -r tests/contract/requirements.txt
	$(COMPILED)
	$(PYTHON) -m venv .venv/s3
	.venv/s3/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r tests/contract/s3.txt
	touch $@
