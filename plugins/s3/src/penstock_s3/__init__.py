"""The plugin door of penstock-s3."""

from __future__ import annotations

from penstock.api import Plugin, hookimpl

__version__ = "0.1.0"


@hookimpl
def penstock_sinks() -> list[Plugin]:
    """Records of topics to objects of a bucket."""
    return [
        Plugin("penstock_s3.sink.connector:S3SinkConnector", connect_name="io.confluent.connect.s3.S3SinkConnector"),
        Plugin(
            "penstock_s3.sink.aiven:AivenKafkaConnectS3SinkConnector",
            connect_name="io.aiven.kafka.connect.s3.AivenKafkaConnectS3SinkConnector",
        ),
    ]


@hookimpl
def penstock_sources() -> list[Plugin]:
    """Objects that a sink wrote, back to topics."""
    return [
        Plugin("penstock_s3.source.connector:S3SourceConnector"),
        Plugin(
            "penstock_s3.source.connector:AivenS3SourceConnector",
            connect_name="io.aiven.kafka.connect.s3.source.S3SourceConnector",
            short_names=False,
        ),
    ]
