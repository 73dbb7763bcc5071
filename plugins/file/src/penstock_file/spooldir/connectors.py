"""SpoolDir's connectors, by format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from penstock.api import ConfigDef, ParsedConfig
from penstock_file.spooldir import names, tasks
from penstock_file.spooldir.connector import Check, SpoolDirConnector
from penstock_file.spooldir.generating import GeneratingConnector
from penstock_file.spooldir.inference import CsvSampler, JsonSampler, Sampler
from penstock_file.spooldir.keys import OWN_KEYS
from penstock_file.spooldir.schema_keys import OWN_CSV_KEYS

_PACKAGE = "com.github.jcustenborder.kafka.connect.spooldir"


class SpoolDirCsvSourceConnector(GeneratingConnector):
    """Every row of a CSV file becomes a struct."""

    CONFIG: ClassVar[ConfigDef] = tasks.CSV_CONFIG
    OWN: ClassVar[ConfigDef] = OWN_KEYS.including(OWN_CSV_KEYS)
    CHECKS: ClassVar[Sequence[tuple[str, Check]]] = (
        *GeneratingConnector.CHECKS,
        (names.CSV_SEPARATOR, tasks.csv_options),
        (
            names.VALUE_SCHEMA,
            lambda config: None if config.get_bool(names.SCHEMA_GENERATION) else tasks.csv_format(config),
        ),
    )
    connect_name = f"{_PACKAGE}.SpoolDirCsvSourceConnector"
    task_class = "penstock_file.spooldir.tasks:SpoolDirCsvSourceTask"

    def sampler(self, config: ParsedConfig) -> Sampler:
        """Looks at rows."""
        return CsvSampler(tasks.csv_options(config))


class SpoolDirJsonSourceConnector(GeneratingConnector):
    """Every JSON object of a file becomes a struct."""

    CONFIG: ClassVar[ConfigDef] = tasks.JSON_CONFIG
    CHECKS: ClassVar[Sequence[tuple[str, Check]]] = (
        *GeneratingConnector.CHECKS,
        (
            names.VALUE_SCHEMA,
            lambda config: None if config.get_bool(names.SCHEMA_GENERATION) else tasks.json_format(config),
        ),
    )
    connect_name = f"{_PACKAGE}.SpoolDirJsonSourceConnector"
    task_class = "penstock_file.spooldir.tasks:SpoolDirJsonSourceTask"

    def sampler(self, config: ParsedConfig) -> Sampler:  # noqa: ARG002
        """Looks at the first object."""
        return JsonSampler()


class SpoolDirSchemaLessJsonSourceConnector(SpoolDirConnector):
    """Every JSON value of a file becomes a text."""

    CONFIG: ClassVar[ConfigDef] = tasks.TEXT_CONFIG
    connect_name = f"{_PACKAGE}.SpoolDirSchemaLessJsonSourceConnector"
    task_class = "penstock_file.spooldir.tasks:SpoolDirSchemaLessJsonSourceTask"


class SpoolDirLineDelimitedSourceConnector(SpoolDirConnector):
    """Every line of a file becomes a text."""

    CONFIG: ClassVar[ConfigDef] = tasks.TEXT_CONFIG
    connect_name = f"{_PACKAGE}.SpoolDirLineDelimitedSourceConnector"
    task_class = "penstock_file.spooldir.tasks:SpoolDirLineDelimitedSourceTask"


class SpoolDirBinaryFileSourceConnector(SpoolDirConnector):
    """Every file becomes one record."""

    CONFIG: ClassVar[ConfigDef] = tasks.PLAIN_CONFIG
    connect_name = f"{_PACKAGE}.SpoolDirBinaryFileSourceConnector"
    task_class = "penstock_file.spooldir.tasks:SpoolDirBinaryFileSourceTask"
