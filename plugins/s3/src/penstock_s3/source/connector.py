"""The companion source's connectors: with the sink's keys, and with those of Aiven's source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from penstock.api import ConfigDef, ConfigValue, ConnectException, ExactlyOnceSupport, Offset, SourceConnector
from penstock_s3.source.config import AIVEN_SOURCE_CONFIG, SOURCE_CONFIG, validate_aiven_source, validate_source
from penstock_s3.source.reading import BUCKET, KEY, RECORD
from penstock_s3.source.task import TASK_COUNT, TASK_INDEX


class S3SourceConnector(SourceConnector):
    """Objects that the sink wrote, back to topics. Topic partitions are divided among the tasks."""

    CONFIG: ClassVar[ConfigDef] = SOURCE_CONFIG
    task_class = "penstock_s3.source.task:S3SourceTask"

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        """As many tasks as are allowed; each is told its share."""
        plain = super().task_configs(1)[0]
        return [plain | {TASK_INDEX: str(index), TASK_COUNT: str(max_tasks)} for index in range(max_tasks)]

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """Every key with all that is wrong with it."""
        return validate_source(props)

    def exactly_once_support(self, props: Mapping[str, str]) -> ExactlyOnceSupport | None:  # noqa: ARG002
        """An offset tells exactly which records of which object were handed out."""
        return ExactlyOnceSupport.SUPPORTED

    def alter_offsets(self, props: Mapping[str, str], offsets: list[tuple[Offset, Offset | None]]) -> bool:  # noqa: ARG002
        """An object, and how many of its records count as read. Raises ConnectException for anything else."""
        for partition, offset in offsets:
            if set(partition) != {BUCKET, KEY} or not all(isinstance(part, str) for part in partition.values()):
                raise ConnectException(
                    f"The partition {dict(partition)} names no object; give {{'{BUCKET}': …, '{KEY}': …}}"
                )
            records = 0 if offset is None else offset.get(RECORD)
            if not isinstance(records, int) or isinstance(records, bool) or records < 0:
                raise ConnectException(
                    f"The offset {dict(offset or {})} has no number of records; give {{'{RECORD}': 0}}"
                )
        return True


class AivenS3SourceConnector(S3SourceConnector):
    """The same with the keys of Aiven's source."""

    CONFIG: ClassVar[ConfigDef] = AIVEN_SOURCE_CONFIG
    connect_name = "io.aiven.kafka.connect.s3.source.S3SourceConnector"
    task_class = "penstock_s3.source.task:AivenS3SourceTask"

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """Every key with all that is wrong with it."""
        return validate_aiven_source(props)
