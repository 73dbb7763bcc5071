"""The pytest plugin of Penstock, which pytest finds where ``penstock`` is installed. Switched off by ``-p no:penstock``.

It stands outside of :mod:`penstock.testing` and imports nothing before a fixture is used, so that a test run without Penstock
is none the slower. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from penstock.chains.tester import ChainTester
    from penstock.discovery.plugins import PluginIndex
    from penstock.testing import Workbench


def pytest_addoption(parser: pytest.Parser) -> None:
    """One option."""
    parser.getgroup("penstock").addoption(
        "--update-chains",
        action="store_true",
        help="Write what chains make of their records into the chain files that tests check.",
    )


@pytest.fixture(scope="session")
def penstock_plugins() -> PluginIndex:
    """What is installed, found as a worker finds it: in a process of its own, once for all tests."""
    from penstock.discovery.scan import scan_plugins

    return scan_plugins()


@pytest.fixture
def chain(penstock_plugins: PluginIndex, pytestconfig: pytest.Config) -> ChainTester:
    """Run the transformations and converters of a config over records, or check a chain file (docs/testing-a-chain.md)."""
    from penstock.chains.tester import ChainTester

    return ChainTester(penstock_plugins, update=bool(pytestconfig.getoption("--update-chains")))


@pytest.fixture
def workbench(penstock_plugins: PluginIndex) -> Iterator[Workbench]:
    """Run connectors with their tasks inside the test, over a log in memory."""
    from penstock.testing import Workbench

    with Workbench(penstock_plugins) as bench:
        yield bench
