"""The updating script as a module: tests and script measure in the same way."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def quality() -> ModuleType:
    """Give tests/quality/update.py."""
    spec = importlib.util.spec_from_file_location("quality_update", Path(__file__).with_name("update.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
