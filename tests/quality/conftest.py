"""The scripts beside this file as modules: tests and scripts measure in the same way."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"quality_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def quality() -> ModuleType:
    """Give tests/quality/update.py."""
    return _loaded("update")


@pytest.fixture(scope="session")
def deletion() -> ModuleType:
    """Give tests/quality/deletion.py."""
    return _loaded("deletion")


@pytest.fixture(scope="session")
def texts() -> ModuleType:
    """Give tests/quality/texts.py."""
    return _loaded("texts")
