# Two commands on a fresh machine: `make demo` and `make test`. Both make their own environment first.
PYTHON ?= python3
CUSTOMERS ?= 1000
DEMO_FOLDER ?= demo

.PHONY: demo test lint unit wheel clean

demo: .venv/installed
	.venv/bin/potenzial demo --customers $(CUSTOMERS) --folder $(DEMO_FOLDER)

test: .venv-test/installed lint unit

# Checkers need the sources, tests need the installed wheel: both use the environment that holds the wheel.
lint: .venv-test/installed
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/mypy
	.venv-test/bin/pyright --pythonpath .venv-test/bin/python
	.venv-test/bin/lint-imports

# Three at a time on two cores: many tests wait for servers that are slow on purpose.
unit: .venv-test/installed
	.venv-test/bin/pytest -n 3 --dist loadfile

SOURCES := pyproject.toml constraints.txt README.md LICENSE Makefile \
	$(shell find crawler embeddings scoring potenzial -type f -not -path '*/__pycache__/*')

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

.venv-test/tools: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear .venv-test
	.venv-test/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt build hatchling
	touch $@

.venv-test/installed: .venv-test/tools $(SOURCES)
	rm -rf dist
	.venv-test/bin/python -m build --wheel --no-isolation --outdir dist
	.venv-test/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		"$$(ls dist/*.whl)[dev]"
	.venv-test/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall dist/*.whl
	touch $@

clean:
	rm -rf .venv .venv-test dist build
