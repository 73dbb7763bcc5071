"""The connectors for soak tests keep the contracts that every connector keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from penstock.testing import SinkConnectorContract, SourceConnectorContract

TOOLS = "org.apache.kafka.connect.tools."


class TestVerifiableSource(SourceConnectorContract):
    connector = f"{TOOLS}VerifiableSourceConnector"

    @pytest.fixture
    def config(self) -> Mapping[str, str]:
        return {"topic": "numbers", "throughput": "500"}

    def feed(self, config: Mapping[str, str], count: int) -> None:
        """It numbers records by itself."""


class TestSchemaSource(SourceConnectorContract):
    connector = f"{TOOLS}SchemaSourceConnector"

    @pytest.fixture
    def config(self) -> Mapping[str, str]:
        return {"topic": "structs", "num.messages": "100", "throughput": "500", "multiple.schema": "true"}

    def feed(self, config: Mapping[str, str], count: int) -> None:
        """It makes records by itself."""


class TestVerifiableSink(SinkConnectorContract):
    connector = f"{TOOLS}VerifiableSinkConnector"

    @pytest.fixture(autouse=True)
    def _printed(self, capfd: pytest.CaptureFixture[str]) -> None:
        self.capfd = capfd
        self.flushed = 0

    @pytest.fixture
    def config(self) -> Mapping[str, str]:
        return {"topics": "numbers", "id": "0"}

    @pytest.fixture
    def records(self) -> list[object]:
        return [0, 1, 2, 3]

    def written(self, config: Mapping[str, str]) -> int:
        told = [json.loads(line) for line in self.capfd.readouterr().out.splitlines()]
        self.flushed += sum(1 for item in told if item.get("flushed"))
        return self.flushed
