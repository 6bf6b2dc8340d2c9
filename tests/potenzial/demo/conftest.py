"""A small stock and its websites, made once for all tests of the demo."""

from collections.abc import Iterator

import pytest

from potenzial.demo.content import Content, load_content
from potenzial.demo.server import DemoWeb, serve
from potenzial.demo.stock import DemoStock, generate


@pytest.fixture(scope="session")
def stock() -> DemoStock:
    """A stock large enough to hold every kind of host."""
    return generate(300, 7)


@pytest.fixture(scope="session")
def content() -> Content:
    """The building blocks."""
    return load_content()


@pytest.fixture(scope="session")
def web(stock: DemoStock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWeb]:
    """The stock's websites on loopback."""
    with serve(stock, tmp_path_factory.mktemp("web")) as running:
        yield running
