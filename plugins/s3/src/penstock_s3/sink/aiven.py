"""Aiven's S3 sink: its keys, its names of objects, its envelopes (spec 13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

from penstock.api import ConfigDef, ConfigValue, PlannedStep, SinkBatch, SinkRecord, SinkSlice
from penstock_s3.config.aiven_config import AIVEN_CONFIG, validate_aiven
from penstock_s3.config.aiven_settings import aiven_settings
from penstock_s3.config.settings import SinkSettings
from penstock_s3.sink.aiven_envelope import Envelope, Enveloped
from penstock_s3.sink.connector import S3SinkConnector
from penstock_s3.sink.rows import cut
from penstock_s3.sink.task import S3SinkTask


class AivenKafkaConnectS3SinkConnector(S3SinkConnector):
    """Topics to objects of a bucket, as Aiven's sink is told."""

    CONFIG: ClassVar[ConfigDef] = AIVEN_CONFIG
    connect_name = "io.aiven.kafka.connect.s3.AivenKafkaConnectS3SinkConnector"
    task_class = "penstock_s3.sink.aiven:AivenS3SinkTask"

    def validate(self, props: Mapping[str, str]) -> list[ConfigValue]:
        """Aiven's keys, and those of Penstock's own that are set."""
        return validate_aiven(props)

    def plan(self, props: Mapping[str, str], records: Sequence[SinkRecord]) -> Iterator[PlannedStep]:
        """The objects that these records would go to."""
        from penstock_s3.sink.checking import planned

        settings = self._settings(props)
        envelope = envelope_of(settings)
        return planned(settings, records, lambda part: [_sound(envelope.around(part))])

    def _settings(self, props: Mapping[str, str]) -> SinkSettings:
        return aiven_settings(props)


class AivenS3SinkTask(S3SinkTask):
    """Puts envelopes around values; the rest is as in the other sink."""

    CONFIG: ClassVar[ConfigDef] = AIVEN_CONFIG
    connect_name = "io.aiven.kafka.connect.s3.S3SinkTask"

    _envelope: Envelope | None = None

    def settings(self) -> SinkSettings:
        return aiven_settings(self.props)

    def put(self, records: SinkBatch) -> None:
        """Write a batch. A record of which nothing can be written is reported, or fails the task."""
        super().put(SinkBatch([kept for part in records.slices for kept in self._enveloped(part)]))

    def _enveloped(self, part: SinkSlice) -> list[SinkSlice]:
        if self._envelope is None:
            self._envelope = envelope_of(self.settings())
        found = self._envelope.around(part)
        if not found.errors:
            return [found.part]
        reporter = self.context.errant_record_reporter
        for place, error in sorted(found.errors.items()):
            if reporter is None:
                raise error
            reporter.report(part.record(place), error)
        ends = [-1, *sorted(found.errors), len(part)]
        return [cut(found.part, before + 1, after) for before, after in pairwise(ends) if after > before + 1]


def envelope_of(settings: SinkSettings) -> Envelope:
    """The envelope that the format asks for."""
    assert settings.format.envelope is not None
    return Envelope(settings.format.envelope, settings.format.kind)


def _sound(found: Enveloped) -> SinkSlice:
    for error in found.errors.values():
        raise error
    return found.part
