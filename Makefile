# make run    the web chat, from nothing
# make test   every check, from nothing
# make        both need only Python 3.11 or newer

PYTHON ?= python3
BIN := .venv/bin
export HF_HUB_OFFLINE := 1
export GRADIO_ANALYTICS_ENABLED := False

.PHONY: run test lint chromium screenshots bench
.DELETE_ON_ERROR:

run: .venv/run
	$(BIN)/python -m index build
	$(BIN)/python app.py

test: .venv/test chromium lint
	$(BIN)/python -m pytest

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# make bench EVAL="DIR ..."   beside its peers, each in an environment of its own in .bench
bench: .venv/run
	$(BIN)/python tests/benchmarks/peers/run.py $(EVAL)

screenshots: .venv/test chromium
	$(BIN)/python tests/browser/screenshots.py docs/images

chromium:
	@command -v chromium >/dev/null || sh tests/browser/install-chromium.sh

.venv/run: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or newer is needed; name one with make PYTHON=…" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
	    || { echo "python3 -m venv failed; on Debian install the package python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/test: .venv/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@
