"""The file connectors keep the contracts that every connector keeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.testing import SinkConnectorContract, SourceConnectorContract
from penstock_file.stream_sink import FileStreamSinkConnector
from penstock_file.stream_source import FileStreamSourceConnector


class TestFileStreamSource(SourceConnectorContract):
    connector = FileStreamSourceConnector

    @pytest.fixture
    def config(self, tmp_path: Path) -> Mapping[str, str]:
        return {"file": str(tmp_path / "in.txt"), "topic": "lines"}

    def feed(self, config: Mapping[str, str], count: int) -> None:
        with Path(config["file"]).open("a") as file:
            file.writelines(f"line {file.tell()} {number}\n" for number in range(count))


class TestFileStreamSink(SinkConnectorContract):
    connector = FileStreamSinkConnector

    @pytest.fixture
    def config(self, tmp_path: Path) -> Mapping[str, str]:
        return {"file": str(tmp_path / "out.txt"), "topics": "lines"}

    @pytest.fixture
    def records(self) -> list[object]:
        return ["a", "b", "ü"]

    def written(self, config: Mapping[str, str]) -> int:
        return len(Path(config["file"]).read_text().splitlines())
