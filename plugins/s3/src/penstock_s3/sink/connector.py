"""S3SinkConnector: the configuration of Confluent's S3 sink, as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from penstock.api import Check, ConfigDef, ConfigValue, PlannedStep, SinkConnector, SinkRecord, TopicPartition
from penstock_s3.config.settings import SinkSettings
from penstock_s3.config.sink_config import SINK_CONFIG
from penstock_s3.config.sink_settings import sink_settings
from penstock_s3.config.validation import validate_sink
from penstock_s3.sink.resetting import forget_manifests


class S3SinkConnector(SinkConnector):
    """Topics to objects of a bucket."""

    CONFIG: ClassVar[ConfigDef] = SINK_CONFIG
    connect_name = "io.confluent.connect.s3.S3SinkConnector"
    task_class = "penstock_s3.sink.confluent_task:ConfluentS3SinkTask"

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        """As many tasks as are allowed, all alike: Kafka's group protocol divides the partitions among them."""
        return super().task_configs(1) * max_tasks

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """Connect's keys, and those of Penstock's own that are set."""
        return validate_sink(props)

    def check(self, props: Mapping[str, str]) -> Iterator[Check]:
        """The configuration, the bucket, and what had better be otherwise."""
        from penstock_s3.sink.checking import checks  # brings the formats, which are dear to import

        return checks(self.validate(props), lambda: self._settings(props))

    def plan(self, props: Mapping[str, str], records: Sequence[SinkRecord]) -> Iterator[PlannedStep]:
        """The objects that these records would go to."""
        from penstock_s3.sink.checking import planned

        return planned(self._settings(props), records)

    def alter_offsets(self, props: Mapping[str, str], offsets: Mapping[TopicPartition, int | None]) -> bool:
        """Offsets that a user sets count from now on, also against what a manifest says. Raises what the store raises."""
        settings = self._settings(props)
        if settings.manifest:
            forget_manifests(settings, offsets)
        return True

    def _settings(self, props: Mapping[str, str]) -> SinkSettings:
        return sink_settings(SINK_CONFIG.parsed(props), props)
