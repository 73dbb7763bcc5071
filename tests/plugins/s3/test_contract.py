"""The S3 sink keeps the contract that every sink connector keeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.testing import SinkConnectorContract
from penstock_s3.sink.connector import S3SinkConnector

JSON = "io.confluent.connect.s3.format.json.JsonFormat"


class TestS3Sink(SinkConnectorContract):
    connector = S3SinkConnector

    @pytest.fixture
    def config(self, tmp_path: Path) -> Mapping[str, str]:
        (tmp_path / "bucket").mkdir()
        return {
            "topics": "orders",
            "format.class": JSON,
            "flush.size": "1",
            "storage.class": "io.confluent.connect.s3.storage.S3Storage",
            "s3.bucket.name": "bucket",
            "store.url": f"file://{tmp_path}",
        }

    @pytest.fixture
    def records(self) -> list[object]:
        return [{"id": 1}, {"id": 2}, {"id": 3, "name": "ü"}]

    def written(self, config: Mapping[str, str]) -> int:
        return _lines(config)


class TestS3SinkWithAManifest(TestS3Sink):
    @pytest.fixture
    def config(self, tmp_path: Path) -> Mapping[str, str]:
        (tmp_path / "bucket").mkdir()
        return {
            "topics": "orders",
            "format.class": JSON,
            "flush.size": "100",
            "storage.class": "io.confluent.connect.s3.storage.S3Storage",
            "s3.bucket.name": "bucket",
            "store.url": f"file://{tmp_path}",
            "s3.exactly.once.manifest": "true",
            "flush.idle.ms": "50",
        }


def _lines(config: Mapping[str, str]) -> int:
    bucket = Path(config["store.url"].removeprefix("file://"), config["s3.bucket.name"])
    return sum(len(path.read_text().splitlines()) for path in bucket.glob("topics/orders/**/*.json"))
