"""The task of each connector: SpoolDir's, by format."""

from __future__ import annotations

from typing import ClassVar

from penstock.api import ConfigDef, ConfigException, DataException, ParsedConfig
from penstock_file.spooldir import names
from penstock_file.spooldir.csv_dialect import Dialect
from penstock_file.spooldir.csv_format import CsvFormat, CsvOptions
from penstock_file.spooldir.json_formats import JsonFormat, SchemalessJsonFormat
from penstock_file.spooldir.keys import CHARSET_KEYS, GENERAL_KEYS
from penstock_file.spooldir.plain_formats import BinaryFormat, LineFormat
from penstock_file.spooldir.rows import Format
from penstock_file.spooldir.schema_keys import CSV_KEYS, SCHEMA_KEYS
from penstock_file.spooldir.settings import Schemas, date_reader
from penstock_file.spooldir.task import SpoolDirTask

PLAIN_CONFIG = GENERAL_KEYS
TEXT_CONFIG = GENERAL_KEYS.including(CHARSET_KEYS)
JSON_CONFIG = GENERAL_KEYS.including(SCHEMA_KEYS)
CSV_CONFIG = JSON_CONFIG.including(CSV_KEYS)

_PACKAGE = "com.github.jcustenborder.kafka.connect.spooldir"


def csv_options(config: ParsedConfig) -> CsvOptions:
    """Raises ConfigException."""
    return CsvOptions(
        dialect=Dialect.of(config),
        charset=config.get_string(names.CSV_CHARSET),
        skip_lines=max(0, config.get_int(names.CSV_SKIP_LINES)),
        has_header=config.get_bool(names.CSV_FIRST_ROW_AS_HEADER),
        case_sensitive=config.get_bool(names.CSV_CASE_SENSITIVE),
    )


def csv_format(config: ParsedConfig) -> CsvFormat:
    """Raises ConfigException."""
    schemas = Schemas.of(config)
    try:
        return CsvFormat(csv_options(config), schemas, *date_reader(config))
    except DataException as error:
        raise ConfigException(f"'{names.VALUE_SCHEMA}' cannot be read from CSV: {error}") from error


def json_format(config: ParsedConfig) -> JsonFormat:
    """Raises ConfigException."""
    schemas = Schemas.of(config)
    try:
        return JsonFormat(schemas, *date_reader(config))
    except DataException as error:
        raise ConfigException(f"'{names.VALUE_SCHEMA}' cannot be read from JSON: {error}") from error


class SpoolDirCsvSourceTask(SpoolDirTask):
    """CSV."""

    CONFIG: ClassVar[ConfigDef] = CSV_CONFIG
    connect_name = f"{_PACKAGE}.SpoolDirCsvSourceTask"

    def make_format(self) -> Format:
        """CSV with its schemas."""
        return csv_format(self.config)


class SpoolDirJsonSourceTask(SpoolDirTask):
    """JSON with schemas."""

    CONFIG: ClassVar[ConfigDef] = JSON_CONFIG
    connect_name = f"{_PACKAGE}.SpoolDirJsonSourceTask"

    def make_format(self) -> Format:
        """JSON with its schemas."""
        return json_format(self.config)


class SpoolDirSchemaLessJsonSourceTask(SpoolDirTask):
    """JSON as text."""

    CONFIG: ClassVar[ConfigDef] = TEXT_CONFIG
    connect_name = f"{_PACKAGE}.SpoolDirSchemaLessJsonSourceTask"

    def make_format(self) -> Format:
        """JSON in the charset given."""
        return SchemalessJsonFormat(self.config.get_string(names.FILE_CHARSET))


class SpoolDirLineDelimitedSourceTask(SpoolDirTask):
    """Lines."""

    CONFIG: ClassVar[ConfigDef] = TEXT_CONFIG
    connect_name = f"{_PACKAGE}.SpoolDirLineDelimitedSourceTask"

    def make_format(self) -> Format:
        """Lines in the charset given."""
        return LineFormat(self.config.get_string(names.FILE_CHARSET))


class SpoolDirBinaryFileSourceTask(SpoolDirTask):
    """Whole files."""

    CONFIG: ClassVar[ConfigDef] = PLAIN_CONFIG
    connect_name = f"{_PACKAGE}.SpoolDirBinaryFileSourceTask"

    def make_format(self) -> Format:
        """Files as they are."""
        return BinaryFormat()
