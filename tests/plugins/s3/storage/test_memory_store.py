"""The store that tests use keeps the contract too."""

from __future__ import annotations

import pytest

from tests.plugins.s3.storage.contract import StoreContract
from tests.s3_server.memory_store import MemoryStore


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()

    @pytest.fixture
    def missing(self) -> MemoryStore:
        return MemoryStore(None, "nope")
