"""The S3 connectors keep the contracts that every connector keeps."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.testing import SinkConnectorContract, SourceConnectorContract
from penstock_s3.sink.aiven import AivenKafkaConnectS3SinkConnector
from penstock_s3.sink.connector import S3SinkConnector
from penstock_s3.source.connector import AivenS3SourceConnector, S3SourceConnector

POLLING = {"settle.ms": "0", "poll.interval.ms": "20"}


def files(tmp_path: Path) -> Path:
    (tmp_path / "bkt").mkdir(exist_ok=True)
    return tmp_path / "bkt"


def put(place: Path, name: str, start: int, count: int) -> None:
    """An object that appears whole."""
    place.mkdir(parents=True, exist_ok=True)
    half = place / f".{name}"
    half.write_text("".join(f'{{"n":{start + number}}}\n' for number in range(count)))
    half.rename(place / name)


class TestS3Source(SourceConnectorContract):
    connector = S3SourceConnector

    @pytest.fixture
    def config(self, tmp_path: Path) -> Mapping[str, str]:
        self.offsets = itertools.count(0, 1000)
        return {"s3.bucket.name": files(tmp_path).name, "store.url": tmp_path.as_uri(), **POLLING}

    def topic(self, config: Mapping[str, str]) -> str:
        return "orders"

    def feed(self, config: Mapping[str, str], count: int) -> None:
        start = next(self.offsets)
        place = Path(config["store.url"].removeprefix("file://"), config["s3.bucket.name"], "topics/orders/partition=0")
        put(place, f"orders+0+{start:010}.json", start, count)


class TestAivenS3Source(SourceConnectorContract):
    connector = AivenS3SourceConnector

    @pytest.fixture
    def config(self, tmp_path: Path) -> Mapping[str, str]:
        self.offsets = itertools.count(0, 1000)
        return {
            "aws.s3.bucket.name": files(tmp_path).name,
            "aws.s3.endpoint": tmp_path.as_uri(),
            "file.name.template": "{{topic}}/{{partition}}-{{start_offset}}",
            "input.format": "jsonl",
            **POLLING,
        }

    def topic(self, config: Mapping[str, str]) -> str:
        return "orders"

    def feed(self, config: Mapping[str, str], count: int) -> None:
        start = next(self.offsets)
        place = Path(config["aws.s3.endpoint"].removeprefix("file://"), config["aws.s3.bucket.name"], "orders")
        put(place, f"0-{start}", start, count)


class TestS3Sink(SinkConnectorContract):
    connector = S3SinkConnector

    @pytest.fixture
    def config(self, tmp_path: Path) -> Mapping[str, str]:
        return {
            "topics": "orders",
            "s3.bucket.name": files(tmp_path).name,
            "store.url": tmp_path.as_uri(),
            "storage.class": "io.confluent.connect.s3.storage.S3Storage",
            "format.class": "io.confluent.connect.s3.format.json.JsonFormat",
            "flush.size": "1",
        }

    @pytest.fixture
    def records(self) -> list[object]:
        return [{"n": 1}, {"n": 2}, {"n": 3}]

    def written(self, config: Mapping[str, str]) -> int:
        root = Path(config["store.url"].removeprefix("file://"), config["s3.bucket.name"])
        return sum(len(path.read_text().splitlines()) for path in root.rglob("*.json"))


class TestAivenS3Sink(SinkConnectorContract):
    connector = AivenKafkaConnectS3SinkConnector

    @pytest.fixture
    def config(self, tmp_path: Path) -> Mapping[str, str]:
        return {
            "topics": "orders",
            "aws.s3.bucket.name": files(tmp_path).name,
            "aws.s3.endpoint": tmp_path.as_uri(),
            "format.output.type": "jsonl",
            "file.compression.type": "none",
        }

    @pytest.fixture
    def records(self) -> list[object]:
        return [{"n": 1}, {"n": 2}, {"n": 3}]

    def written(self, config: Mapping[str, str]) -> int:
        root = Path(config["aws.s3.endpoint"].removeprefix("file://"), config["aws.s3.bucket.name"])
        return sum(len(path.read_text().splitlines()) for path in root.glob("orders-*"))
